"""What SIRCLO says about its orders: Get Order over the windows of their order_date (FACTS section 5, TRAPS C16, C22).

``packed`` is "already sent by seller" and should carry the airwaybill_number. ``accepted`` may still wait for payment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from orderbridge.domain.channels import Channel
from orderbridge.domain.status_changes import Meaning, StatusReading, StatusTable
from orderbridge.platforms.endpoints import Request
from orderbridge.platforms.pace import Pace, pace_beside_orders
from orderbridge.platforms.paging import ListFailed, Row
from orderbridge.platforms.sirclo import DEFINITION
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.sirclo.endpoints import GetOrder, GetOrders
from orderbridge.platforms.sirclo.lookup import PAGE_SIZE, page_in
from orderbridge.platforms.sirclo.mapper import external_id_of
from orderbridge.platforms.status_reads import CredentialsOf, connected, status_page, told_as_status_read
from orderbridge.platforms.transport import Deadline, Transport
from orderbridge.ports_status import StatusPage, StatusQuery

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

    def page(self, query: StatusQuery, list_name: str, number: int) -> StatusPage:  # noqa: ARG002 - there is one list
        self.pace.wait()
        client = replace(self.client, deadline=Deadline.after(float(self.client.settings.timeout_s)))
        with told_as_status_read():
            page = page_in(client.document(self._request(query, number)), number * PAGE_SIZE)
            return status_page(page, _reading)

    def _request(self, query: StatusQuery, number: int) -> Request[Any]:
        # A day more on both sides: nothing says in which zone SIRCLO keeps an order_date.
        since, until = _midnight(query.first_day - timedelta(days=1)), _midnight(query.last_day + timedelta(days=2))
        if self.client.settings.revision == "2019-07":
            return GetOrder(page_no=number + 1, since=since, until=until, perpage=PAGE_SIZE)
        offset = number * PAGE_SIZE
        return GetOrders(since=since, until=until, limit=PAGE_SIZE, offset=offset, with_delivery_orders=False)


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _reading(row: Row) -> StatusReading:
    external_id = external_id_of(row)
    if external_id is None:
        raise ListFailed("a row without an id")
    return StatusReading(external_id, {"status": row.get("status")}, row.get("airwaybill_number"))
