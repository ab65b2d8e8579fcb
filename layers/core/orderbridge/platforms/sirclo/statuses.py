"""What SIRCLO says about its orders: Get Order over the windows of their order_date (facts 5, traps C16, C22).

``packed`` is "already sent by seller" and should carry the airwaybill_number. ``accepted`` may still wait for payment.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from orderbridge.calls.paging import ListFailed, Page, Row
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.sirclo.lookup import PAGE_SIZE, order_page
from orderbridge.platforms.sirclo.mapper import external_id_of
from orderbridge.platforms.status_reads import ByDates, StatusList
from orderbridge.status.changes import Meaning, StatusReading, StatusTable

TABLE: StatusTable = {
    "status": {
        "pending": Meaning("SUBMITTED"),
        "accepted": Meaning("ACCEPTED"),
        "packed": Meaning("SHIPPED"),
        "completed": Meaning("COMPLETED"),
        "canceled": Meaning("CANCELLED"),
        "cancelled": Meaning("CANCELLED"),
    }
}


def _read(client: SircloClient, first: date, last: date, number: int, size: int) -> Page:
    # A day more on both sides: nothing says in which zone SIRCLO keeps an order_date.
    since, until = _midnight(first - timedelta(days=1)), _midnight(last + timedelta(days=2))
    return order_page(client, since, until, number, size)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _reading(row: Row) -> StatusReading:
    external_id = external_id_of(row)
    if external_id is None:
        raise ListFailed("a row without an id")
    return StatusReading(external_id, {"status": row.get("status")}, row.get("airwaybill_number"))


STATUSES = ByDates(TABLE, ("orders",), lambda _: StatusList(PAGE_SIZE, _read, _reading))
