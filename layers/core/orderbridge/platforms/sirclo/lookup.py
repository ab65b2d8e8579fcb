"""Finds an order at SIRCLO: Get Order over the window of its order_date, page by page, in either revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orderbridge.calls.endpoints import Request
from orderbridge.calls.paging import ListFailed, Page, Row, all_rows
from orderbridge.channels.lookups import Absent, Ambiguous, Finding, Foreign, Found, LookFailed
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.sirclo.endpoints import GetOrder, GetOrders
from orderbridge.platforms.sirclo.identity import SentOrder
from orderbridge.platforms.sirclo.mapper import external_id_of, order_number

PAGE_SIZE = 100
"""Both revisions allow 100 at most."""

WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OrderList:
    """The orders of one account whose order_date lies within a day of `order_date`."""

    client: SircloClient
    order_date: datetime

    def find(self, sent: SentOrder) -> Finding:
        """The order under our id, if it is ours; Absent only after a complete list of which every row is another order.

        An order that was seen is there, whatever became of the rest of the list. SIRCLO keeps cancelled orders on its
        list, so none vanishes while it is read.
        """
        found: dict[str, Row] = {}
        gap: ListFailed | None = None
        try:
            for row in all_rows(self._read, external_id_of, PAGE_SIZE):
                external_id = external_id_of(row)
                if order_number(row) != sent.order_id:
                    if not _is_anothers(row, sent.order_id):
                        gap = ListFailed("a row does not say which order it is")
                elif external_id is None:
                    gap = ListFailed("the order is there, and its id cannot be read")
                else:
                    found[external_id] = row
        except ListFailed as failed:
            gap = failed
        if len(found) > 1:
            return Ambiguous(tuple(sorted(found)))
        for external_id, row in found.items():
            difference = sent.difference(row)
            return Found(external_id, sent.change(row)) if difference is None else Foreign(external_id, difference)
        return Absent() if gap is None else LookFailed(gap.reason, gap.retry_after)

    def first_page(self) -> Page:
        """The first page of the window, read for its own sake; raises `ListFailed`."""
        return self._read(0, PAGE_SIZE)

    def _read(self, number: int, size: int) -> Page:
        return order_page(self.client, self.order_date - WINDOW, self.order_date + WINDOW, number, size)


def _is_anothers(row: Row, ours: str) -> bool:
    """Whether a row surely is another order: it says a number, or that it has none, and ours nowhere."""
    numbers = [row[name] for name in ("order_id", "order_number") if name in row]
    return (
        bool(numbers)
        and all(number is None or isinstance(number, str | int) for number in numbers)
        and ours not in numbers
    )


def order_page(client: SircloClient, since: datetime, until: datetime, number: int, size: int) -> Page:
    """A page, from 0, of the orders whose order_date lies in a window; raises `ListFailed`."""
    window = {"since": _moment(since), "until": _moment(until)}
    request: Request[Any]
    if client.settings.revision == "2019-07":
        request = GetOrder(page_no=number + 1, perpage=size, **window)
    else:
        request = GetOrders(limit=size, offset=number * size, with_delivery_orders=False, **window)
    return page_in(client.document(request), number * size, size)


def _moment(moment: datetime) -> str:
    """RFC 3339 in UTC with a Z: nothing in it is encoded in a query, so that what is sent is what is signed."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def page_in(document: Any, rows_before: int, asked: int = PAGE_SIZE) -> Page:
    """A page of at most `asked` rows of a SIRCLO list; raises `ListFailed` for an answer that is none.

    ``{"data": null}`` is how some servers write a list of nothing. It is an empty page where the answer counts rows,
    and the end of a list of which there was a page before; a first page of null that counts nothing proves nothing.
    """
    if not isinstance(document, Mapping):
        raise ListFailed("the answer is no list of objects")
    rows, total = document.get("data"), _count(document.get("total_record"))
    if rows is None and (total is not None or (rows_before and _is_null(document))):
        rows = []
    if not isinstance(rows, list):
        raise ListFailed("the answer is no list of objects")
    objects = [row for row in rows if isinstance(row, Mapping)]
    offset, limit = document.get("offset"), _count(document.get("limit"))
    if isinstance(offset, int) and offset != rows_before:
        raise ListFailed(f"the answer begins at {offset}, not at {rows_before}")
    size = limit if limit is not None and 0 < limit < asked else asked
    # The document's own sample counts the rows of the page under total_record: such a count is no total of the list,
    # and a full page is never the last one.
    until = rows_before + len(rows)
    announced = total is not None and bool(rows) and until < total
    known_total = total if total is not None and total >= until else None
    return Page(objects, len(rows) >= size or announced, known_total, len(rows) - len(objects), size)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _is_null(document: Mapping[str, Any]) -> bool:
    """Whether an answer is a list of nothing, and not a failure in words."""
    words = document.get("message")
    return "data" in document and (not words or str(words).strip().casefold() in ("success", "ok"))
