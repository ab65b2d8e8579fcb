"""Finds an order at SIRCLO: Get Order over the window of its order_date, page by page, in either revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orderbridge.domain.lookups import Absent, Ambiguous, Finding, Found, LookFailed
from orderbridge.platforms.adapter import secrets_of
from orderbridge.platforms.paging import ListFailed, Page, all_rows
from orderbridge.platforms.reading import read_document
from orderbridge.platforms.sirclo import Credentials, Settings
from orderbridge.platforms.sirclo.mapper import external_id_of, order_number
from orderbridge.platforms.sirclo.signing import signed_headers
from orderbridge.platforms.transport import Call, Conversation, Deadline

PAGE_SIZE = 100
"""Both revisions allow 100 at most."""

WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OrderList:
    """The orders of one account whose order_date lies within a day of `order_date`."""

    conversation: Conversation
    settings: Settings
    credentials: Credentials
    order_date: datetime
    deadline: Deadline

    def find(self, order_id: str) -> Finding:
        """The order under our id; Absent only after a complete, readable list without it."""
        try:
            ids = self._ids_of(order_id)
        except ListFailed as failed:
            return LookFailed(failed.reason, failed.retry_after)
        if len(ids) > 1:
            return Ambiguous(tuple(sorted(ids)))
        return Found(ids.pop()) if ids else Absent()

    def first_page(self) -> Page:
        """The first page of the window, read for its own sake; raises `ListFailed`."""
        return self._page(0)

    def _ids_of(self, order_id: str) -> set[str]:
        rows = all_rows(self._page, external_id_of)
        return {external_id_of(row) or "" for row in rows if order_number(row) == order_id}

    def _page(self, number: int) -> Page:
        window = Window(self.order_date - WINDOW, self.order_date + WINDOW)
        return orders_page(self.conversation, self.settings, self.credentials, window, number, self.deadline)


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which orders have their order_date."""

    since: datetime
    until: datetime


def orders_page(
    conversation: Conversation,
    settings: Settings,
    credentials: Credentials,
    window: Window,
    number: int,
    deadline: Deadline,
) -> Page:
    """A page, from 0, of the orders in a window; raises `ListFailed`."""
    target = _target(settings, window, number)
    uri = conversation.path_prefix + target
    call = Call("GET", target, signed_headers(settings.revision, credentials, uri))
    call_deadline = deadline.sooner(float(settings.timeout_s))
    return page_in(read_document(conversation, call, call_deadline, secrets_of(credentials)), number * PAGE_SIZE)


def _target(settings: Settings, window: Window, number: int) -> str:
    times = f"since={_moment(window.since)}&until={_moment(window.until)}"
    if settings.revision == "2019-07":
        # pageNo is the number of the page, whatever its description says (TRAPS C3).
        return f"/v1/partner/page/{number + 1}?{times}&perpage={PAGE_SIZE}"
    return f"/v1/partner/order?{times}&limit={PAGE_SIZE}&offset={number * PAGE_SIZE}&withDO=false"


def _moment(moment: datetime) -> str:
    """RFC 3339 in UTC with a Z: nothing in it is encoded in a query, so that what is sent is what is signed."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def page_in(document: Any, rows_before: int) -> Page:
    """A page of a SIRCLO list; raises `ListFailed` for an answer that is none."""
    rows = document.get("data") if isinstance(document, Mapping) else None
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
