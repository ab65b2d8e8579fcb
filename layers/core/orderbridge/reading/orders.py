"""Let a partner read its own orders (docs/interfaces.md#http-api)."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, get_args

from orderbridge.orders.codes import ORDER_CODE
from orderbridge.orders.order import MAX_REFERENCE_LENGTH, Order, OrderStatus
from orderbridge.partners.partner import Partner
from orderbridge.reading.cursors import OrderCursor
from orderbridge.reading.ports import OrderReads
from orderbridge.reading.views import OrderView
from orderbridge.values.ids import OrderKey
from orderbridge.values.refusals import FieldError, InvalidFields, NotFound
from orderbridge.values.text import UnseenCharacter, checked_code
from orderbridge.values.times import Clock, business_date, from_iso, to_iso

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
DAYS_PER_PAGE = 62
ORDERS_READ_PER_PAGE = 1000
LONGEST_CODE = 32
YEARS = (2000, 2999)
LIMIT_EXPECTED = f"must be a whole number from 1 to {MAX_LIMIT}"
CURSOR_EXPECTED = "must be a next_cursor of this list"
MOMENT_EXPECTED = "must be an ISO 8601 time with a zone; in a URL a + is written %2B"


@dataclass(frozen=True, slots=True)
class FindOrder:
    """One order of the calling partner by its code; another partner's is not found."""

    orders: OrderReads
    clock: Clock
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, client_id: str, code: str) -> OrderView:
        match = ORDER_CODE.fullmatch(code) if code.isascii() and len(code) <= LONGEST_CODE else None
        if match is None:
            raise order_not_found()
        if self._is_of_late(match[1]):
            key = key_of_code(self.orders, code, self.sleep)
        else:
            key = self.orders.key_of_code(code)
        if key is None or not hmac.compare_digest(key.client_id, client_id):
            raise order_not_found()
        view = self.orders.view(key)
        if view is None:
            raise order_not_found()
        return view

    def _is_of_late(self, day: str) -> bool:
        """Whether a code's day is today's in some time zone: only then the order may just have been accepted."""
        now = self.clock()
        return day in {f"{now + timedelta(days=days):%Y%m%d}" for days in (-1, 0, 1)}


def order_not_found() -> NotFound:
    """The answer for an unknown order and for another partner's alike."""
    return NotFound("not_found", "There is no such sales order.")


def read_query(query: Mapping[str, str], parameters: Mapping[str, tuple[Callable[[str], Any], str]]) -> dict[str, Any]:
    """What is in a query string: each parameter's reader, which raises ValueError, and the words for that.

    A blank parameter is refused, whatever it is for: passed over, it would ask for everything. Raises `InvalidFields`
    with every parameter that is wrong, at once.
    """
    errors = [FieldError(f"/{name}", "there is no such parameter") for name in sorted(query.keys() - parameters.keys())]
    values: dict[str, Any] = {}
    for name, (read, expected) in parameters.items():
        if name in query:
            try:
                values[name] = read(query[name])
            except UnseenCharacter as unseen:
                errors.append(FieldError(f"/{name}", str(unseen)))
            except ValueError:
                errors.append(FieldError(f"/{name}", expected))
            else:
                if values[name] == "":
                    errors.append(FieldError(f"/{name}", "must not be blank"))
    if errors:
        raise InvalidFields("invalid_fields", "The query has invalid parameters; see errors.", errors=errors)
    return values


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which of its orders a partner wants to see. Times are inclusive from, exclusive to."""

    purchase_order_no: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: OrderStatus | None = None
    limit: int = DEFAULT_LIMIT
    cursor: OrderCursor | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> OrderFilter:
        """The filter in a query string; raises `InvalidFields` with every parameter that is wrong, at once."""
        values = read_query(
            query,
            {
                "purchase_order_no": code_of_at_most(MAX_REFERENCE_LENGTH),
                "from": (_moment, MOMENT_EXPECTED),
                "to": (_moment, MOMENT_EXPECTED),
                "status": (_status, f"must be one of {', '.join(get_args(OrderStatus))}"),
                "limit": (read_limit, LIMIT_EXPECTED),
                "cursor": (OrderCursor.decode, CURSOR_EXPECTED),
            },
        )
        return cls(since=values.pop("from", None), until=values.pop("to", None), **values)

    def admits(self, order: Order) -> bool:
        created = from_iso(order.created_at)
        return (
            (self.since is None or created >= self.since)
            and (self.until is None or created < self.until)
            and (self.status is None or order.status == self.status)
        )


def _status(text: str) -> OrderStatus:
    for status in get_args(OrderStatus):
        if text == status:
            found: OrderStatus = status
            return found
    raise ValueError(text)


def code_of_at_most(longest: int) -> tuple[Callable[[str], str], str]:
    """The reader of a parameter that is a code, and what is expected of it (`read_query`)."""

    def read(text: str) -> str:
        code = checked_code(text)
        if len(code) > longest:
            raise ValueError(text)
        return code

    return read, f"must have at most {longest} characters"


def _moment(text: str) -> datetime:
    try:
        moment = from_iso(text)
    except OverflowError as error:  # the first or last day of the calendar, moved beyond it by its zone
        raise ValueError(text) from error
    if not YEARS[0] <= moment.year <= YEARS[1]:
        raise ValueError(text)
    return moment


def read_limit(text: str) -> int:
    """The size of a page in a query string; raises ValueError."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_LIMIT)) and 1 <= int(text) <= MAX_LIMIT):
        raise ValueError(text)
    return int(text)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders, newest first, and where the list goes on."""

    orders: Sequence[Order]
    next_cursor: OrderCursor | None


@dataclass(frozen=True, slots=True)
class ListOrders:
    """The calling partner's orders, newest first, a page at a time.

    The index holds one partition per partner and business day, so a page looks at a bounded number of days and orders;
    it may be short, even empty, and still have a next one.
    """

    orders: OrderReads
    clock: Clock
    business_time_zone: str

    def __call__(self, partner: Partner, wanted: OrderFilter) -> OrderPage:
        if wanted.purchase_order_no is not None:
            found = self.orders.read_order(OrderKey.of(partner.client_id, f"po:{wanted.purchase_order_no}"))
            listed = [] if found is None else [found]
            return OrderPage([order for order in listed if wanted.admits(order)], None)
        return self._page(partner, wanted)

    def _page(self, partner: Partner, wanted: OrderFilter) -> OrderPage:
        collected: list[Order] = []
        last: Order | None = None
        read = 0
        first_day = business_date(from_iso(partner.registered_at), self.business_time_zone)
        days = list(self._days(wanted, first_day))
        for day in days[:DAYS_PER_PAGE]:
            for order in self.orders.of_day(partner.client_id, day, _start(wanted, day)):
                if len(collected) == wanted.limit or read == ORDERS_READ_PER_PAGE:
                    return OrderPage(collected, _cursor_after(last, day))
                last, read = order, read + 1
                if wanted.admits(order):
                    collected.append(order)
        rest = days[DAYS_PER_PAGE:]
        return OrderPage(collected, OrderCursor(rest[0], None) if rest else None)

    def _days(self, wanted: OrderFilter, first_day: date) -> Iterator[date]:
        newest = business_date(wanted.until or self.clock(), self.business_time_zone)
        newest = min(newest, business_date(self.clock(), self.business_time_zone))
        if wanted.cursor is not None:
            newest = min(newest, wanted.cursor.day)
        oldest = first_day
        if wanted.since is not None:
            oldest = max(oldest, business_date(wanted.since, self.business_time_zone))
        while newest >= oldest:
            yield newest
            newest -= timedelta(days=1)


def _start(wanted: OrderFilter, day: date) -> str | None:
    """The created key behind which a day's list begins; None: at its newest order."""
    # Orders are created at whole milliseconds: before the next one that is not before `until`.
    starts = [to_iso(wanted.until + timedelta(microseconds=999))] if wanted.until is not None else []
    if wanted.cursor is not None and wanted.cursor.day == day and wanted.cursor.after is not None:
        starts.append(wanted.cursor.after)
    return min(starts, default=None)


def _cursor_after(last: Order | None, day: date) -> OrderCursor:
    # The last order read may be of a newer day than the one at which the page ended.
    if last is not None and last.order_date == day.isoformat():
        return OrderCursor(day, f"{last.created_at}#{last.code}")
    return OrderCursor(day, None)


LATE_INDEX_SECONDS = 1.0
LATE_INDEX_POLL_SECONDS = 0.1


def key_of_code(orders: OrderReads, code: str, sleep: Callable[[float], None]) -> OrderKey | None:
    """An order's key, looked up again for up to a second; None where no order has this code."""
    waited = 0.0
    while (key := orders.key_of_code(code)) is None and waited < LATE_INDEX_SECONDS:
        sleep(LATE_INDEX_POLL_SECONDS)
        waited += LATE_INDEX_POLL_SECONDS
    return key
