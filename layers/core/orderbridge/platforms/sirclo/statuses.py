"""What SIRCLO says about its orders: Get Order over the windows of their order_date (facts 5, traps C16, C22).

``packed`` is "already sent by seller" and should carry the airwaybill_number. ``accepted`` may still wait for payment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from orderbridge.calls.pace import Pace, pace_beside_orders
from orderbridge.calls.paging import ListFailed, Page, Row
from orderbridge.channels.channel import Channel
from orderbridge.http.deadline import Deadline
from orderbridge.http.transport import Transport
from orderbridge.platforms.sirclo import DEFINITION
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.sirclo.lookup import PAGE_SIZE, order_page
from orderbridge.platforms.sirclo.mapper import external_id_of
from orderbridge.platforms.status_reads import CredentialsOf, connected, status_page
from orderbridge.status.changes import Meaning, StatusReading, StatusTable
from orderbridge.status.ports import StatusPage, StatusQuery

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


class Statuses:
    """`StatusPlatform` for SIRCLO, in either revision."""

    table = TABLE
    lists = ("orders",)
    days_at_once = 7

    def __init__(self, transport: Transport, credentials: CredentialsOf) -> None:
        self._transport = transport
        self._credentials = credentials

    @contextmanager
    def open(self, channel: Channel) -> Iterator[StatusLists]:
        with connected(DEFINITION, self._transport, self._credentials, channel) as (conversation, settings, account):
            # The deadline is each call's own.
            client = SircloClient(conversation, settings, account, Deadline.after(0))
            yield StatusLists(client, pace_beside_orders(settings.rate_limit))


@dataclass(frozen=True, slots=True)
class StatusLists:
    """`StatusAccess` for one SIRCLO account."""

    client: SircloClient
    pace: Pace

    def page(self, query: StatusQuery, list_name: str, position: int) -> StatusPage:  # noqa: ARG002 - there is one list
        # A day more on both sides: nothing says in which zone SIRCLO keeps an order_date.
        since, until = _midnight(query.first_day - timedelta(days=1)), _midnight(query.last_day + timedelta(days=2))

        def read(number: int, size: int) -> Page:
            self.pace.wait()
            client = replace(self.client, deadline=Deadline.after(float(self.client.settings.timeout_s)))
            return order_page(client, since, until, number, size)

        return status_page(read, position, PAGE_SIZE, _reading)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _reading(row: Row) -> StatusReading:
    external_id = external_id_of(row)
    if external_id is None:
        raise ListFailed("a row without an id")
    return StatusReading(external_id, {"status": row.get("status")}, row.get("airwaybill_number"))
