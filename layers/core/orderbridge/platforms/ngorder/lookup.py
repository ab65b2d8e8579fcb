"""Finds an order at Ngorder by its mark in the note: Get Orders, and the cancelled orders, which vanish from it.

There is no search for a note, so every order within a day of order_date is read (traps D12, D30, D31, D34).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, get_args

from orderbridge.calls.asking import AskFailed
from orderbridge.calls.endpoints import Request
from orderbridge.calls.paging import FilterNeeded, ListFailed, Page, Row, all_rows
from orderbridge.calls.reading import list_failure
from orderbridge.channels.lookups import Absent, Ambiguous, Finding, Found, LookFailed
from orderbridge.orders.codes import MARKER
from orderbridge.platforms.ngorder.client import NgorderClient
from orderbridge.platforms.ngorder.endpoints import CancelledType, GetCancelledOrders, GetOrders, ProgressStatus
from orderbridge.platforms.ngorder.replies import Unreadable, page_in, whole

PAGE_SIZES: Mapping[type[Request[Any]], int] = {GetOrders: 100, GetCancelledOrders: 50}
PROGRESS_STATUSES: tuple[ProgressStatus, ...] = get_args(ProgressStatus)
CANCELLED_TYPES: tuple[CancelledType, ...] = get_args(CancelledType)
PROGRESS_FILTER = "order_progress_status"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OrderLists:
    """Every list on which an order of one day may be."""

    client: NgorderClient
    order_date: date

    def find(self, code: str) -> Finding:
        """The order whose note carries our mark; Absent only after complete lists on which every row is another order.

        An order that was seen is there, whatever became of the rest of the lists.
        """
        ids: set[int] = set()
        gap: ListFailed | None = None
        try:
            for row in self._rows():
                marks, order_id = _marks(row), _identity(row)
                if marks is None:
                    gap = ListFailed("rows without a note, in which no mark can be found")
                elif code in marks and order_id is None:
                    gap = ListFailed("the order is there, and its order_id cannot be read")
                elif code in marks and order_id is not None:
                    ids.add(order_id)
        except ListFailed as failed:
            gap = failed
        if len(ids) > 1:
            return Ambiguous(tuple(str(order_id) for order_id in sorted(ids)))
        if ids:
            return Found(str(ids.pop()))
        return Absent() if gap is None else LookFailed(gap.reason, gap.retry_after)

    def has_cancelled(self, order_id: str) -> bool:
        """Whether the order is on a list of cancelled orders; raises `ListFailed`."""
        return any(str(_identity(row)) == order_id for row in self._cancelled())

    def _rows(self) -> Iterator[Row]:
        # First the orders, then the cancelled ones: an order that is cancelled meanwhile is on one of them.
        yield from self._orders()
        yield from self._cancelled()

    def _orders(self) -> Iterator[Row]:
        try:
            yield from self._list(GetOrders, {})
        except FilterNeeded:  # it wants an order_progress_status after all (traps D30)
            for status in PROGRESS_STATUSES:
                yield from self._list(GetOrders, {PROGRESS_FILTER: status})

    def _cancelled(self) -> Iterator[Row]:
        for kind in CANCELLED_TYPES:
            yield from self._list(GetCancelledOrders, {"type": kind})

    def _list(self, orders: type[Request[Any]], filters: Mapping[str, str]) -> Iterator[Row]:
        dates = {
            "start_date": (self.order_date - DAY).isoformat(),
            "end_date": (self.order_date + DAY).isoformat(),
        }

        def read(number: int, size: int) -> Page:
            return _page(self.client, orders, {**filters, **dates}, number + 1, size)

        # An order that is cancelled vanishes from Get Orders, and may be taken out of any list by hand.
        return all_rows(read, _identity, PAGE_SIZES[orders], rows_vanish=True)


def _page(
    client: NgorderClient, orders: type[Request[Any]], filters: Mapping[str, str], number: int, size: int
) -> Page:
    """A page, from 1, of a list; raises `ListFailed`, and `FilterNeeded` where Get Orders wants a progress status."""
    # pagination_offset is the number of a page, whatever its name says (traps D13).
    paging = {"per_page": size, "pagination_offset": number}
    try:
        reply = client.reply_to(orders.model_validate({**filters, **paging}))
    except AskFailed as failed:
        raise list_failure(failed) from None
    if reply.status in (400, 422) and orders is GetOrders and PROGRESS_FILTER not in filters:
        raise FilterNeeded
    return page_in(client.document_in(reply), number, size)


def _identity(row: Row) -> int | None:
    try:
        return whole(row.get("order_id"))
    except Unreadable:
        return None


def _marks(row: Row) -> set[str] | None:
    """The marks in a row's note, each as a whole: people write around it, and 00001 is not 000012 (traps D12).

    None where it has no note that can be read.
    """
    if "note" not in row or isinstance(row["note"], Mapping | list):
        return None
    note = row["note"]
    return set(MARKER.findall(note)) if isinstance(note, str) else set()
