"""What the steps of one run share: the channel, the lease on it, the time that is left, and the report."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

from orderbridge.channels.channel import Channel
from orderbridge.stock.drift import PushResult, PushTarget
from orderbridge.stock.lists import ListedLevel, StockPage, StockReadFailed
from orderbridge.stock.ports import StockAccess, StockLevels, StockRuns
from orderbridge.stock.runs import RunReport, StockRun
from orderbridge.values.events import Event
from orderbridge.values.times import Clock, to_iso

T = TypeVar("T")


class OutOfTime(Exception):
    """The invocation's time is over; another one goes on where this one stopped."""


@dataclass(slots=True)
class RunSession:
    """One run of one channel, for as long as this invocation works on it."""

    channel: Channel
    channels: Sequence[Channel]
    """All channels: the sources among them say what is right."""
    access: StockAccess
    levels: StockLevels
    runs: StockRuns
    publish: Callable[[Sequence[Event]], None]
    clock: Clock
    seconds_left: Callable[[], float]
    run: StockRun
    report: RunReport = field(default_factory=RunReport)

    @property
    def name(self) -> str:
        return self.channel.name

    def now(self) -> str:
        return to_iso(self.clock())

    def save(self, **changes: Any) -> None:
        """Store the run with these changes; raises `LeaseLost`."""
        self.run = self.runs.save(replace(self.run, **changes))

    def go_on(self) -> None:
        """Before each further step: raises `OutOfTime`, or `LeaseLost` where the lease could not be prolonged."""
        if self.seconds_left() <= 0:
            raise OutOfTime
        self.keep_lease()

    def keep_lease(self) -> None:
        """Prolong the lease where little of it is left; raises `LeaseLost`."""
        renewed = self.run.renewed(self.clock())
        if renewed is not self.run:
            self.run = self.runs.save(renewed)


@dataclass(frozen=True, slots=True)
class GuardedAccess:
    """A platform's `StockAccess` whose calls raise nothing but `StockReadFailed` and `UnusableMapping`.

    A defect that an answer brings to light is a read or a push that failed. It is named by its type alone, since its
    message may quote the answer.
    """

    access: StockAccess

    @property
    def reads_single_products(self) -> bool:
        return self.access.reads_single_products

    @property
    def warehouses(self) -> frozenset[int] | None:
        return self.access.warehouses

    def product_key(self, value: Any) -> str:
        return self.access.product_key(value)

    def page(self, position: int) -> StockPage:
        with _foreseen("the page"):
            return self.access.page(position)

    def read(self, product: str, *, in_warehouses: bool) -> ListedLevel:
        with _foreseen(f"product {product}"):
            return self.access.read(product, in_warehouses=in_warehouses)

    def push(self, targets: Sequence[PushTarget]) -> Iterator[PushResult]:
        left = {target.product for target in targets}
        try:
            for result in self.access.push(targets):
                left.discard(result.product)
                yield result
        except Exception as failure:  # noqa: BLE001 - whatever it is, what was pushed before it is to be written down
            # Whether the others were set nobody knows.
            reason = f"the push broke off: {type(failure).__name__}"
            for product in sorted(left):
                yield PushResult(product, None, reason, refused=True)


@contextmanager
def _foreseen(what: str) -> Iterator[None]:
    try:
        yield
    except StockReadFailed:
        raise
    except Exception as failure:
        raise StockReadFailed(f"{what} could not be read: {type(failure).__name__}") from failure


def side_by_side(*streams: Iterable[tuple[str, T]]) -> Iterator[tuple[str, list[T | None]]]:
    """Streams of (key, value), each in the order of its keys, as one: every key once, with each stream's value or None.

    Holds one item of each stream at a time.
    """
    tagged = (_tagged(stream, place) for place, stream in enumerate(streams))
    for key, found in groupby(heapq.merge(*tagged, key=itemgetter(0)), key=itemgetter(0)):
        values: list[T | None] = [None] * len(streams)
        for _, place, value in found:
            values[place] = value
        yield key, values


def _tagged(stream: Iterable[tuple[str, T]], place: int) -> Iterator[tuple[str, int, T]]:
    return ((key, place, value) for key, value in stream)
