"""What Ngorder says about its orders: Get Orders, the cancelled orders, and the orders in shipment (facts 5).

An order that is cancelled vanishes from Get Orders and stands in the list of cancelled ones (traps D34). The rows of
the shipment's lists do not repeat the status that was asked for, so each list is one status. How an order is paid and
how far it has come are two things (traps D32, D33): PAID moves no order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, get_args

from orderbridge.calls.asking import AskFailed
from orderbridge.calls.endpoints import Request
from orderbridge.calls.pace import Pace, pace_beside_orders
from orderbridge.calls.paging import ListFailed, Page, Row
from orderbridge.calls.reading import document_in, list_failure
from orderbridge.channels.channel import Channel
from orderbridge.http.deadline import Deadline
from orderbridge.http.transport import Transport
from orderbridge.platforms.adapter import secrets_of
from orderbridge.platforms.ngorder import DEFINITION
from orderbridge.platforms.ngorder.client import NgorderClient
from orderbridge.platforms.ngorder.endpoints import GetCancelledOrders, GetOrders, GetShipments, ShippingStatus
from orderbridge.platforms.ngorder.lookup import CANCELLED_TYPES, PROGRESS_STATUSES, FilterNeeded
from orderbridge.platforms.ngorder.replies import Unreadable, page_in, whole
from orderbridge.platforms.status_reads import CredentialsOf, connected, status_page
from orderbridge.status.changes import Meaning, StatusReading, StatusTable, normalised
from orderbridge.status.ports import StatusPage, StatusQuery

_UNDER_WAY = {
    "ready to ship": Meaning("ACCEPTED", on_its_way=True),
    "pickup request": Meaning("IN_PROCESS", on_its_way=True),
    "unpick": Meaning("IN_PROCESS", on_its_way=True),
    "dropoff": Meaning("IN_PROCESS", on_its_way=True),
    "on process": Meaning("SHIPPED", on_its_way=True),
    "delivered": Meaning("COMPLETED", on_its_way=True),
}

TABLE: StatusTable = {
    "order": {
        "accepted": Meaning("SUBMITTED"),
        "accept": Meaning("SUBMITTED"),
        "canceled": Meaning("CANCELLED"),
        "cancelled": Meaning("CANCELLED"),
        "cancel": Meaning("CANCELLED"),
        "expired": Meaning("CANCELLED", payment="EXPIRED"),
        "rejected": Meaning("REJECTED"),
    },
    "progress": {
        "unpaid": Meaning("SUBMITTED"),
        "unprocessed": Meaning("SUBMITTED"),
        "installment": Meaning(payment="PARTIAL"),
        "no awb": Meaning("ACCEPTED"),
        "on process": Meaning("SHIPPED"),
        "delivered": Meaning("COMPLETED"),
    },
    "payment": {
        "unpaid": Meaning(payment="UNPAID"),
        "waiting payment": Meaning(payment="UNPAID"),
        "waiting confirmation": Meaning(payment="UNPAID"),
        "installment": Meaning(payment="PARTIAL"),
        "paid": Meaning(payment="PAID"),
        "c": Meaning(payment="PAID"),
        "expired": Meaning(payment="EXPIRED"),
        "fail": Meaning(payment="FAILED"),
        "refund rejected": Meaning(payment="REFUND"),
    },
    "shipping": {
        **_UNDER_WAY,
        "returned": Meaning(problem="RETURNED"),
        "lost": Meaning(problem="LOST"),
        "invalid": Meaning(problem="INVALID"),
        "shipment problem": Meaning(problem="SHIPMENT_PROBLEM"),
    },
}

_ENDED = frozenset(word for word, meaning in TABLE["order"].items() if meaning.status in ("CANCELLED", "REJECTED"))
_DAY = timedelta(days=1)
ORDERS_PER_PAGE = 100
OTHERS_PER_PAGE = 50


class Statuses:
    """`StatusPlatform` for Ngorder. A list is named ``<what>`` or ``<what>/<which>``."""

    table = TABLE
    lists = (
        "orders",
        *(f"cancelled/{kind}" for kind in CANCELLED_TYPES),
        *(f"shipping/{status}" for status in get_args(ShippingStatus)),
    )
    days_at_once = 7

    def __init__(self, transport: Transport, credentials: CredentialsOf) -> None:
        self._transport = transport
        self._credentials = credentials

    @contextmanager
    def open(self, channel: Channel) -> Iterator[StatusLists]:
        with connected(DEFINITION, self._transport, self._credentials, channel) as (conversation, settings, account):
            # The deadline is each call's own.
            client = NgorderClient(conversation, settings, account, Deadline.after(0))
            yield StatusLists(client, pace_beside_orders(settings.rate_limit))


@dataclass(frozen=True, slots=True)
class _List:
    """One of Ngorder's lists: its call, how many rows it gives at once, and what one of them says."""

    request: Request[Any]
    per_page: int
    reading: Callable[[Row], StatusReading]


@dataclass(frozen=True, slots=True)
class StatusLists:
    """`StatusAccess` for one shop."""

    client: NgorderClient
    pace: Pace

    def page(self, query: StatusQuery, list_name: str, position: int) -> StatusPage:
        chosen = _list_named(list_name)
        # A day more on both sides: an order_date may be a day off (traps D54).
        days = {"start_date": query.first_day - _DAY, "end_date": query.last_day + _DAY}

        def read(number: int, size: int) -> Page:
            # The number of a page, whatever its name says (traps D13).
            paging = {"per_page": size, "pagination_offset": number + 1}
            self.pace.wait()
            client = replace(self.client, deadline=Deadline.after(float(self.client.settings.timeout_s)))
            try:
                reply = client.reply_to(chosen.request.model_copy(update={**days, **paging}))
            except AskFailed as failed:
                raise list_failure(failed) from None
            if reply.status in (400, 422) and list_name == "orders":
                raise FilterNeeded
            return page_in(document_in(reply, secrets_of(client.credentials)), number + 1, size)

        try:
            return status_page(read, position, chosen.per_page, chosen.reading)
        except FilterNeeded:
            return StatusPage((), has_more=False, instead=[f"orders/{each}" for each in PROGRESS_STATUSES])


def _list_named(name: str) -> _List:
    what, _, which = name.partition("/")
    match what:
        case "cancelled":
            return _List(
                GetCancelledOrders.model_validate({"type": which}), OTHERS_PER_PAGE, lambda row: _cancelled(row, which)
            )
        case "shipping":
            return _List(
                GetShipments.model_validate({"status": which}), OTHERS_PER_PAGE, lambda row: _shipped(row, which)
            )
        case _:
            return _List(GetOrders.model_validate({"order_progress_status": which or None}), ORDERS_PER_PAGE, _ordered)


def _ordered(row: Row) -> StatusReading:
    says = {
        "order": row.get("order_status"),
        "progress": row.get("order_progress_status"),
        "payment": row.get("payment_status"),
    }
    return StatusReading(_external_id(row), says, row.get("awb_number"))


def _cancelled(row: Row, kind: str) -> StatusReading:
    told = row.get("order_status")
    return StatusReading(
        _external_id(row), {"order": told if normalised(told) in _ENDED else kind}, row.get("awb_number")
    )


def _shipped(row: Row, status: str) -> StatusReading:
    expedition = row.get("expedition")
    awb_number = expedition.get("awb_number") if isinstance(expedition, Mapping) else None
    return StatusReading(_external_id(row), {"shipping": status}, awb_number)


def _external_id(row: Row) -> str:
    try:
        return str(whole(row.get("order_id")))
    except Unreadable:
        raise ListFailed("a row without an order_id") from None
