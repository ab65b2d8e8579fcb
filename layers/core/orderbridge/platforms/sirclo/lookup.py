"""Finds an order at SIRCLO: Get Order over the window of its order_date, page by page, in either revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orderbridge.domain.lookups import Absent, Ambiguous, Finding, Foreign, Found, LookFailed
from orderbridge.platforms.endpoints import Request
from orderbridge.platforms.paging import ListFailed, Page, Row, all_rows
from orderbridge.platforms.sirclo import Revision
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
        """The order under our id, if it is ours; Absent only after a complete, readable list without it.

        An order that was seen is there, whatever became of the rest of the list.
        """
        found: dict[str, Row] = {}
        try:
            for row in all_rows(self._page, external_id_of):
                if order_number(row) == sent.order_id:
                    found[external_id_of(row) or ""] = row
        except ListFailed as failed:
            if not found:
                return LookFailed(failed.reason, failed.retry_after)
        if len(found) > 1:
            return Ambiguous(tuple(sorted(found)))
        for external_id, row in found.items():
            difference = sent.difference(row)
            return Found(external_id) if difference is None else Foreign(external_id, difference)
        return Absent()

    def first_page(self) -> Page:
        """The first page of the window, read for its own sake; raises `ListFailed`."""
        return self._page(0)

    def _page(self, number: int) -> Page:
        return _page(self.client, Window(self.order_date - WINDOW, self.order_date + WINDOW), number)


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which orders have their order_date."""

    since: datetime
    until: datetime


def _page(client: SircloClient, window: Window, number: int) -> Page:
    """A page, from 0, of the orders in a window; raises `ListFailed`."""
    request = _request(client.settings.revision, window, number)
    return page_in(client.document(request), number * PAGE_SIZE)


def _request(revision: Revision, window: Window, number: int) -> Request[Any]:
    since, until = _moment(window.since), _moment(window.until)
    if revision == "2019-07":
        return GetOrder(page_no=number + 1, since=since, until=until, perpage=PAGE_SIZE)
    return GetOrders(since=since, until=until, limit=PAGE_SIZE, offset=number * PAGE_SIZE, with_delivery_orders=False)


def _moment(moment: datetime) -> str:
    """RFC 3339 in UTC with a Z: nothing in it is encoded in a query, so that what is sent is what is signed."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def page_in(document: Any, rows_before: int) -> Page:
    """A page of a SIRCLO list; raises `ListFailed` for an answer that is none."""
    rows = document.get("data") if isinstance(document, Mapping) else None
    if rows is None and isinstance(document, Mapping) and document.get("total_record") == 0:
        rows = []  # how some servers write a list of nothing; only where they count nothing, too
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ListFailed("the answer is no list of objects")
    total = document.get("total_record")
    offset = document.get("offset")
    if isinstance(offset, int) and offset != rows_before:
        raise ListFailed(f"the answer begins at {offset}, not at {rows_before}")
    known_total = total if isinstance(total, int) and not isinstance(total, bool) else None
    # The document's own sample counts the rows of the page under total_record, so a full page is never the last one.
    announced = known_total is not None and bool(rows) and rows_before + len(rows) < known_total
    return Page(rows, has_more=len(rows) >= PAGE_SIZE or announced, total=known_total)
