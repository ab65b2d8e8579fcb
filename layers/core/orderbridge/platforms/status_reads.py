"""How a platform is asked for statuses: by lists of some days, or order by order, as its module ``statuses`` says."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Generic, TypeVar

from orderbridge import platforms
from orderbridge.calls.asking import AnswerTooLarge, AskFailed
from orderbridge.calls.client import PlatformClient
from orderbridge.calls.pace import Pace, pace_beside_orders
from orderbridge.calls.paging import FilterNeeded, ListFailed, Page, ReadPage, Row, RowTooLarge, page_at, read_rows
from orderbridge.channels.channel import Channel
from orderbridge.channels.outcomes import Refused
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed
from orderbridge.http.transport import Transport
from orderbridge.platforms.adapter import attempt_deadline
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.registry import definition_of
from orderbridge.platforms.values import InvalidValue
from orderbridge.status.changes import StatusReading, StatusTable
from orderbridge.status.ports import StatusAccess, StatusPage, StatusPlatform, StatusQuery, StatusReadFailed

CredentialsOf = Callable[[Channel], Mapping[str, Any]]
ClientT = TypeVar("ClientT", bound=PlatformClient[Any, Any])


@dataclass(frozen=True, slots=True)
class StatusList(Generic[ClientT]):
    """One of a platform's lists of orders: how many rows it gives at once, how a page is read, what a row says.

    `read` gets the client, the first and the last business day that are asked about, the page's number, from 0, and its
    size. `instead` names the lists that are read where this one raises `FilterNeeded`.
    """

    largest: int
    read: Callable[[ClientT, date, date, int, int], Page]
    reading: Callable[[Row], StatusReading]
    instead: Sequence[str] = ()


@dataclass(frozen=True)
class ByDates(Generic[ClientT]):
    """Statuses of a platform that lists its orders by date. Each row is true by itself."""

    table: StatusTable
    lists: Sequence[str]
    list_named: Callable[[str], StatusList[ClientT]]
    days_at_once: int = 7

    def access(self, connect: Callable[[Deadline], ClientT], pace: Pace) -> StatusAccess:
        return _Lists(self.list_named, connect, pace)


@dataclass(frozen=True)
class ByIds(Generic[ClientT]):
    """Statuses of a platform that is asked order by order, by its own ids.

    `read` makes a reading, None where the platform has no such order. `AskFailed` and `StatusReadFailed` end the run;
    whatever else it raises, an answer that is too large among it, is about this order alone.
    """

    table: StatusTable
    read: Callable[[ClientT, str], StatusReading | None]
    lists: Sequence[str] = ("order by id",)
    days_at_once: int = 31

    def access(self, connect: Callable[[Deadline], ClientT], pace: Pace) -> StatusAccess:
        return _Orders(self.read, connect, pace)


def status_platform(name: str, credentials: CredentialsOf, *, allow_loopback_http: bool = False) -> StatusPlatform:
    """The platform of this name, ready to be asked; raises `InvalidValue` for a name that is none.

    How it is asked is ``STATUSES`` in the platform's module ``statuses``.
    """
    definition = definition_of(name)
    stated = importlib.import_module(f"{platforms.__name__}.{name}.statuses").STATUSES
    return Statuses(definition, stated, Transport(allow_loopback_http=allow_loopback_http), credentials)


class Statuses:
    """`StatusPlatform` by what a platform states."""

    def __init__(
        self,
        definition: PlatformDefinition[Any, Any],
        stated: ByDates[Any] | ByIds[Any],
        transport: Transport,
        credentials: CredentialsOf,
    ) -> None:
        self.table = stated.table
        self.lists = stated.lists
        self.days_at_once = stated.days_at_once
        self._definition = definition
        self._stated = stated
        self._transport = transport
        self._credentials = credentials
        self._make = definition.client_maker(transport)

    @contextmanager
    def open(self, channel: Channel) -> Iterator[StatusAccess]:
        with as_status_failures():
            settings = self._definition.read_settings(channel.settings)
            credentials = self._definition.read_credentials(self._credentials(channel))
            conversation = self._transport.conversation(settings.base_url)
        with conversation:
            connect = partial(self._make, conversation, settings, credentials)
            yield self._stated.access(connect, pace_beside_orders(settings.rate_limit))


@dataclass(frozen=True, slots=True)
class _Lists(Generic[ClientT]):
    """`StatusAccess` of a platform that lists its orders."""

    list_named: Callable[[str], StatusList[ClientT]]
    connect: Callable[[Deadline], ClientT]
    pace: Pace

    def page(self, query: StatusQuery, list_name: str, position: int) -> StatusPage:
        chosen = self.list_named(list_name)

        def read(number: int, size: int) -> Page:
            self.pace.wait()
            return chosen.read(self.connect(attempt_deadline()), query.first_day, query.last_day, number, size)

        try:
            return status_page(read, position, chosen.largest, chosen.reading)
        except FilterNeeded:
            return StatusPage((), has_more=False, instead=chosen.instead)


@dataclass(frozen=True, slots=True)
class _Orders(Generic[ClientT]):
    """`StatusAccess` of a platform that is asked order by order; each page is one order."""

    read: Callable[[ClientT, str], StatusReading | None]
    connect: Callable[[Deadline], ClientT]
    pace: Pace

    def page(self, query: StatusQuery, list_name: str, position: int) -> StatusPage:  # noqa: ARG002 - there is one list
        if position >= len(query.external_ids):
            return StatusPage((), has_more=False)
        external_id = query.external_ids[position]
        readings: list[StatusReading] = []
        unread: list[str] = []
        self.pace.wait()
        try:
            reading = self.read(self.connect(attempt_deadline()), external_id)
            readings += [] if reading is None else [reading]
        except (ListFailed, AnswerTooLarge) as odd:
            unread.append(f"order {external_id}: {odd}")
        except (AskFailed, StatusReadFailed) as failed:
            ended = status_failure(failed) if isinstance(failed, AskFailed) else failed
            # The orders behind this one are not left out with it, however often it fails.
            ended.next_position = position + 1
            raise ended from None
        except Exception as odd:  # noqa: BLE001 - one odd answer is about one order
            unread.append(f"order {external_id}: {type(odd).__name__}")
        return StatusPage(readings, has_more=position + 1 < len(query.external_ids), unread=unread)


def status_page(read: ReadPage, position: int, largest: int, reading: Callable[[Row], StatusReading]) -> StatusPage:
    """The page of a list at a position, as large as fits (`paging`); rows that cannot be read are named and skipped.

    Raises `StatusReadFailed` for a page that is not read, for an empty one behind which another should follow, and
    where the first page has several rows of which none can be read: that may be another list.
    """
    with as_status_failures():
        try:
            page = page_at(read, position, largest)
        except RowTooLarge as too_large:
            return StatusPage((), has_more=True, unread=[too_large.reason], next_position=position + 1)
        if page.has_more and not page.rows and not page.odd:
            raise ListFailed("an empty page, and more should follow")
        found, unread = read_rows(page, reading)
        readings = [each for each in found if each is not None]
        if not position and not readings and len(unread) > 1:
            reason = f"none of {len(unread)} rows can be read: {unread[-1]}"
            raise StatusReadFailed(reason, next_position=page.end if page.has_more else None)
        return StatusPage(readings, page.has_more, unread=unread, next_position=page.end, total=page.total)


@contextmanager
def as_status_failures() -> Iterator[None]:
    """Raises `StatusReadFailed` for a list that was not read."""
    try:
        yield
    except ListFailed as failed:
        raise StatusReadFailed(failed.reason, failed.retry_after, credentials=failed.credentials) from None
    except AskFailed as failed:
        raise status_failure(failed) from None
    except (CallFailed, InvalidValue, ChannelUnusable) as failure:
        raise StatusReadFailed(str(failure)) from None


def status_failure(failed: AskFailed) -> StatusReadFailed:
    """A call without an answer, in the words of the status sync."""
    if isinstance(failed.outcome, Refused):
        refused = failed.outcome
        return StatusReadFailed(refused.reason, refused.retry_after, credentials=refused.credentials)
    return StatusReadFailed(str(failed))
