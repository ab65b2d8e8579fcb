"""What SalesMania says about an order: Get order by ID, the only call there is for it (FACTS sections 2 and 5).

A create call tells no id, so only the orders are asked about whose id a person has given (`forwards resolve --sent`).
``Lunas`` is "paid in full" among statuses of fulfilment: it proves no delivery, so it completes an order only after
``Terkirim`` (TRAPS B7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from orderbridge.domain.channels import Channel
from orderbridge.domain.outcomes import Refused
from orderbridge.domain.status_changes import Meaning, StatusReading, StatusTable, normalised
from orderbridge.platforms.adapter import attempt_deadline
from orderbridge.platforms.pace import Pace, pace_beside_orders
from orderbridge.platforms.reading import document_in
from orderbridge.platforms.salesmania import DEFINITION
from orderbridge.platforms.salesmania.account import Account
from orderbridge.platforms.salesmania.session import LoginFailed, Sessions
from orderbridge.platforms.status_reads import CredentialsOf, account_of, told_as_status_read
from orderbridge.platforms.transport import Transport
from orderbridge.ports_status import StatusPage, StatusQuery, StatusReadFailed

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


class Statuses:
    """`StatusPlatform` for SalesMania."""

    table = TABLE
    lists = ("order by id",)
    days_at_once = 31

    def __init__(self, transport: Transport, credentials: CredentialsOf) -> None:
        self._transport = transport
        self._credentials = credentials
        self._sessions = Sessions()

    @contextmanager
    def open(self, channel: Channel) -> Iterator[OrdersById]:
        settings, credentials = account_of(DEFINITION, self._credentials, channel)
        account = Account(self._transport, self._sessions, settings, credentials, attempt_deadline())
        yield OrdersById(account, pace_beside_orders(settings.rate_limit))


@dataclass(frozen=True, slots=True)
class OrdersById:
    """`StatusAccess` for one SalesMania database; each page is one order."""

    account: Account
    pace: Pace

    def page(self, query: StatusQuery, list_name: str, number: int) -> StatusPage:  # noqa: ARG002 - there is one list
        if number >= len(query.external_ids):
            return StatusPage((), has_more=False)
        external_id = query.external_ids[number]
        document = self._order(external_id)
        readings = [] if document is None else [reading_in(external_id, document)]
        return StatusPage(readings, has_more=number + 1 < len(query.external_ids))

    def _order(self, external_id: str) -> Any:
        """The order as SalesMania tells it; None where it has none under this id."""
        self.pace.wait()
        account = replace(self.account, deadline=attempt_deadline())
        try:
            with told_as_status_read():
                reply = account.call("GET", f"{account.settings.paths.orders}/{quote(external_id, safe='')}")
                return None if reply.status in (404, 410) else document_in(reply, account.unwanted())
        except LoginFailed as failed:
            outcome = failed.outcome
            if isinstance(outcome, Refused):
                raise StatusReadFailed(outcome.reason, outcome.retry_after, credentials=outcome.credentials) from None
            raise StatusReadFailed(outcome.reason) from None


def reading_in(external_id: str, document: Any) -> StatusReading:
    """What an answer of Get order by ID says; the order stands by itself, or under ``data`` or ``order``."""
    order = document
    for name in ("data", "order"):
        if isinstance(order, Mapping) and isinstance(order.get(name), Mapping):
            order = order[name]
    if not isinstance(order, Mapping):
        raise StatusReadFailed("the answer is no order")
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
