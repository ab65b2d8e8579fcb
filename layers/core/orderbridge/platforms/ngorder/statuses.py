"""What Ngorder says about its orders: Get Orders, the cancelled orders, and the orders in shipment (facts 5).

An order that is cancelled vanishes from Get Orders and is in the list of cancelled ones (traps D34). The rows of
the shipment's lists do not repeat the status that was asked for, so each list is one status. How an order is paid and
how far it has come are two things (traps D32, D33): PAID moves no order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, get_args

from orderbridge.calls.asking import AskFailed
from orderbridge.calls.endpoints import Request
from orderbridge.calls.paging import FilterNeeded, ListFailed, Page, Row
from orderbridge.calls.reading import list_failure
from orderbridge.platforms.ngorder.client import NgorderClient
from orderbridge.platforms.ngorder.endpoints import GetCancelledOrders, GetOrders, GetShipments, ShippingStatus
from orderbridge.platforms.ngorder.lookup import CANCELLED_TYPES, PROGRESS_STATUSES
from orderbridge.platforms.ngorder.replies import Unreadable, page_in, whole
from orderbridge.platforms.status_reads import ByDates, StatusList
from orderbridge.status.changes import Meaning, StatusReading, StatusTable, normalised

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


def _reader(request: Request[Any]) -> Callable[[NgorderClient, date, date, int, int], Page]:
    """Reads pages of one of Ngorder's lists."""

    def read(client: NgorderClient, first: date, last: date, number: int, size: int) -> Page:
        # A day more on both sides: an order_date may be a day off (traps D54).
        days = {"start_date": first - _DAY, "end_date": last + _DAY}
        # The number of a page, whatever its name says (traps D13).
        paging = {"per_page": size, "pagination_offset": number + 1}
        try:
            reply = client.reply_to(request.model_copy(update={**days, **paging}))
        except AskFailed as failed:
            raise list_failure(failed) from None
        is_filtered = not isinstance(request, GetOrders) or request.order_progress_status is not None
        if reply.status in (400, 422) and not is_filtered:
            raise FilterNeeded  # traps D30
        return page_in(client.document_in(reply), number + 1, size)

    return read


def list_named(name: str) -> StatusList[NgorderClient]:
    """A list is named ``<what>`` or ``<what>/<which>``."""
    what, _, which = name.partition("/")
    match what:
        case "cancelled":
            request: Request[Any] = GetCancelledOrders.model_validate({"type": which})
            return StatusList(OTHERS_PER_PAGE, _reader(request), lambda row: _cancelled(row, which))
        case "shipping":
            request = GetShipments.model_validate({"status": which})
            return StatusList(OTHERS_PER_PAGE, _reader(request), lambda row: _shipped(row, which))
        case _:
            request = GetOrders.model_validate({"order_progress_status": which or None})
            parts = [f"orders/{each}" for each in PROGRESS_STATUSES]
            return StatusList(ORDERS_PER_PAGE, _reader(request), _ordered, parts)


def _ordered(row: Row) -> StatusReading:
    says = {
        "order": row.get("order_status"),
        "progress": row.get("order_progress_status"),
        "payment": row.get("payment_status"),
    }
    return StatusReading(_external_id(row), says, row.get("awb_number"))


def _cancelled(row: Row, kind: str) -> StatusReading:
    said = row.get("order_status")
    return StatusReading(
        _external_id(row), {"order": said if normalised(said) in _ENDED else kind}, row.get("awb_number")
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


STATUSES = ByDates(
    TABLE,
    (
        "orders",
        *(f"cancelled/{kind}" for kind in CANCELLED_TYPES),
        *(f"shipping/{status}" for status in get_args(ShippingStatus)),
    ),
    list_named,
)
