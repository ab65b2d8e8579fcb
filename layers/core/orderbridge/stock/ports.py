"""What the stock sync needs of the world, as Protocols."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel
    from orderbridge.stock.drift import PushResult, PushTarget
    from orderbridge.stock.levels import StockLevel
    from orderbridge.stock.lists import ListedLevel, Snapshot, StockPage
    from orderbridge.stock.runs import StockRun


class StockLevels(Protocol):
    """The levels that are kept, and the products that channels map; every read is strongly consistent."""

    def levels(self, channel: str) -> Iterator[StockLevel]:
        """Every level of a channel, by product code."""
        ...

    def find(self, channel: str, codes: Collection[str]) -> Mapping[str, StockLevel]: ...

    def products(self, channel: Channel) -> Iterator[tuple[str, Any]]:
        """Every product code that a channel maps with its mapping's value, by product code."""
        ...

    def mapped(self, channel: Channel, codes: Collection[str]) -> Mapping[str, Any]:
        """The values of those of these codes that a channel maps."""
        ...

    def sites(self, channel: Channel) -> Iterator[Any]:
        """The values of a channel's site mappings; nothing is read before the first is asked for."""
        ...

    def write(self, run: StockRun, levels: Sequence[StockLevel], gone: Sequence[str] = ()) -> None:
        """Store these levels of the run's channel and drop those of the codes that are `gone`.

        A level that a later read has stored meanwhile stays. Raises `LeaseLost`, having written nothing more, where
        the channel is no longer this run's.
        """
        ...


class StockRuns(Protocol):
    """The runs of each channel: one at a time."""

    def read(self, channels: Collection[str]) -> Mapping[str, StockRun]:
        """What is kept of these channels' runs; a channel that has none is not among them."""
        ...

    def save(self, run: StockRun) -> StockRun:
        """Store the run and return it at its new revision; raises `LeaseLost` where it is no longer as was read."""
        ...

    def keep_snapshot(self, channel: str, snapshot_id: str, snapshot: Snapshot) -> int:
        """Keep a snapshot for another invocation, for a day; in how many parts it lies."""
        ...

    def kept_snapshot(self, channel: str, snapshot_id: str, parts: int) -> Snapshot | None:
        """The snapshot that was kept; None where a part of it is gone."""
        ...


class StockAccess(Protocol):
    """A platform's stock for one channel and one run. Every call keeps to the channel's rate.

    Reads raise `StockReadFailed` where the platform does not answer as it should.
    """

    @property
    def reads_single_products(self) -> bool:
        """Whether `read` can be asked; else levels come from the list alone."""
        ...

    @property
    def warehouses(self) -> frozenset[int] | None:
        """Those whose levels count, because orders can be sent from them; None where all do, or there are none."""
        ...

    def product_key(self, value: Any) -> str:
        """The platform's key of a mapped product, as the list has it; raises `UnusableMapping`."""
        ...

    def page(self, position: int) -> StockPage:
        """The page of the list that begins at a position, from 0; a page that is too large comes as a smaller one."""
        ...

    def read(self, product: str, *, in_warehouses: bool) -> ListedLevel:
        """One product as it is now, the warehouses that count together; unreadable where it cannot be reported."""
        ...

    def push(self, targets: Sequence[PushTarget]) -> Iterator[PushResult]:
        """Set each product to its level, absolutely, and read it back; never raises for what the platform does."""
        ...


class StockPlatforms(Protocol):
    def open(self, channel: Channel, sites: Iterable[Any]) -> AbstractContextManager[StockAccess]:
        """The stock of a channel's account; `sites` are the values of its site mappings.

        Raises `StockReadFailed` where it cannot be reached at all.
        """
        ...
