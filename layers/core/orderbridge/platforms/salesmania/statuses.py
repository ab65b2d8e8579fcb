"""What SalesMania says about an order: Get order by ID, the only call there is for it (facts 2 and 5).

A create call tells no id, so only the orders are asked about whose id a person has given (`forwards resolve --sent`).
``Lunas`` is "paid in full" among statuses of fulfilment: it proves no delivery, so it completes an order only after
``Terkirim`` (traps B7).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from orderbridge.calls.paging import ListFailed
from orderbridge.platforms.salesmania.client import SalesmaniaClient
from orderbridge.platforms.salesmania.endpoints import GetOrder
from orderbridge.platforms.status_reads import ByIds, as_status_failures
from orderbridge.status.changes import Meaning, StatusReading, StatusTable, normalised

TABLE: StatusTable = {
    "status": {
        "baru": Meaning("SUBMITTED"),
        "diproses": Meaning("IN_PROCESS"),
        "terkirim": Meaning("SHIPPED"),
        "lunas": Meaning("COMPLETED", only_after="SHIPPED", payment="PAID"),
        "batal": Meaning("CANCELLED"),
    },
    "total paid": {
        "in part": Meaning(payment="PARTIAL"),
    },
}


def read(client: SalesmaniaClient, external_id: str) -> StatusReading | None:
    """What SalesMania says of an order, None where it has none under this id.

    Raises `AskFailed` where it does not answer, `StatusReadFailed` where it answers nobody, now or for this account,
    and `ListFailed` where the answer is no order.
    """
    reply = client.reply_to(GetOrder(id=external_id))
    if reply.status in (404, 410):
        return None
    if reply.status in (401, 403, 429) or reply.status >= 500:
        with as_status_failures():
            client.document_in(reply)
    return reading_in(external_id, client.document_in(reply))


def reading_in(external_id: str, document: Any) -> StatusReading:
    """What an answer of Get order by ID says; the order is by itself, or under ``data`` or ``order``.

    Raises `ListFailed` where it is no order.
    """
    order = document
    for name in ("data", "order"):
        if isinstance(order, Mapping) and isinstance(order.get(name), Mapping):
            order = order[name]
    if not isinstance(order, Mapping):
        raise ListFailed("the answer is no order")
    status = order.get("status")
    says = {"status": status}
    if normalised(status) != "lunas" and _is_positive(order.get("total_paid")):
        says["total paid"] = "in part"
    return StatusReading(external_id, says)


def _is_positive(amount: Any) -> bool:
    try:
        return not isinstance(amount, bool) and Decimal(amount) > 0
    except (TypeError, ValueError, InvalidOperation):
        return False


STATUSES = ByIds(TABLE, read)
