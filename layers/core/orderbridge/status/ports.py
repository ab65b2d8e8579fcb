"""What the status sync needs of the world, as Protocols."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from orderbridge.orders.codes import business_day

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel
    from orderbridge.forwarding.forward.states import Forward
    from orderbridge.status.changes import StatusReading, StatusTable
    from orderbridge.status.runs import StatusRun
    from orderbridge.values.ids import ForwardKey


class StatusReadFailed(Exception):
    """A page that was not read; the message says why, and is fit to be kept."""

    def __init__(
        self,
        reason: str,
        retry_after: float | None = None,
        *,
        credentials: bool = False,
        next_position: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.credentials = credentials
        self.next_position = next_position
        """Where the list goes on behind what was not read, where that is known."""


@dataclass(frozen=True, slots=True)
class StatusQuery:
    """Which orders are asked about: those of these business days, or, where a platform has no list, those ids."""

    first_day: date
    last_day: date
    external_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class StatusPage:
    """One page of a list. Each row is true by itself; that an order is on no page says nothing about it.

    `instead` names lists that are to be read in the place of this one. `unread` has for each row that could not be read
    why it could not. `next_position` is where the next page begins (None: one further), `total` how many rows the
    platform says there are in all.
    """

    readings: Sequence[StatusReading]
    has_more: bool
    instead: Sequence[str] = ()
    unread: Sequence[str] = ()
    next_position: int | None = None
    total: int | None = None


class StatusAccess(Protocol):
    """A platform's words on its orders, for one channel and one run. Every call keeps to the channel's rate."""

    def page(self, query: StatusQuery, list_name: str, position: int) -> StatusPage:
        """The page of one of the platform's lists that begins at a position, from 0; raises `StatusReadFailed`.

        Positions count rows; a page that is too large to be read comes as a smaller one.
        """
        ...


class StatusPlatform(Protocol):
    """What a platform says about its orders, and how it is asked."""

    table: StatusTable
    lists: Sequence[str]
    """Every list on which an order may be, in the order in which they are read."""
    days_at_once: int
    """How many business days are asked for at once."""

    def open(self, channel: Channel) -> AbstractContextManager[StatusAccess]:
        """The statuses of a channel's account. Raises `StatusReadFailed` where it cannot be reached at all."""
        ...


@dataclass(frozen=True, slots=True)
class OpenForward:
    """A forward that its platform may still say something new about: what never changes of it."""

    key: ForwardKey
    external_id: str
    since: str
    """By what they are sorted (`open_since`): ``<business date>#<code>``."""

    @property
    def day(self) -> date:
        return business_day(self.since.partition("#")[2])


class OpenForwards(Protocol):
    """The forwards whose platforms may still say something new; eventually consistent. Sorted by `since`."""

    def open_forwards(self, channel: Channel, after: str, limit: int) -> Iterable[OpenForward]:
        """Up to `limit` of a channel's open forwards from behind `after`."""
        ...

    def completed_forwards(self, channel: Channel, after: str, limit: int, since: str) -> Iterable[OpenForward]:
        """Up to `limit` of those that were COMPLETED at `since` or later, from behind `after`."""
        ...

    def read(self, keys: Collection[ForwardKey]) -> Iterable[Forward]:
        """These forwards as they are now, in no order."""
        ...


class StatusRuns(Protocol):
    """The runs of each channel: one at a time."""

    def read(self, channel: str) -> StatusRun:
        """What is kept of a channel's runs; a new one where nothing is."""
        ...

    def save(self, run: StatusRun) -> StatusRun:
        """Store the run and return it at its new revision; raises `LeaseLost` where it is no longer as was read."""
        ...
