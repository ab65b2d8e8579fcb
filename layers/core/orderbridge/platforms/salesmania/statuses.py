"""What SalesMania says about an order: Get order by ID, the only call there is for it (facts 2 and 5).

A create call tells no id, so only the orders are asked about whose id a person has given (`forwards resolve --sent`).
``Lunas`` is "paid in full" among statuses of fulfilment: it proves no delivery, so it completes an order only after
``Terkirim`` (traps B7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from orderbridge.calls.pace import Pace, pace_beside_orders
from orderbridge.calls.paging import ListFailed
from orderbridge.calls.reading import document_in
from orderbridge.channels.channel import Channel
from orderbridge.channels.outcomes import Refused
from orderbridge.http.exchange import CallFailed, ReplyTooLarge
from orderbridge.http.transport import Transport
from orderbridge.platforms.adapter import attempt_deadline
from orderbridge.platforms.salesmania import DEFINITION
from orderbridge.platforms.salesmania.account import Account
from orderbridge.platforms.salesmania.endpoints import GetOrder
from orderbridge.platforms.salesmania.session import LoginFailed, Sessions
from orderbridge.platforms.status_reads import CredentialsOf, account_of, told_as_status_read
from orderbridge.status.changes import Meaning, StatusReading, StatusTable, normalised
from orderbridge.status.ports import StatusPage, StatusQuery, StatusReadFailed

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

    def page(self, query: StatusQuery, list_name: str, position: int) -> StatusPage:  # noqa: ARG002 - there is one list
        if position >= len(query.external_ids):
            return StatusPage((), has_more=False)
        external_id = query.external_ids[position]
        readings: list[StatusReading] = []
        unread: list[str] = []
        try:
            readings.extend(self._readings(external_id))
        except StatusReadFailed as failed:
            # The orders behind this one are not left out with it, however often it fails.
            failed.next_position = position + 1
            raise
        except Exception as odd:  # noqa: BLE001 - one odd answer is about one order
            said = str(odd) if isinstance(odd, ListFailed | ReplyTooLarge) else type(odd).__name__
            unread.append(f"order {external_id}: {said}")
        return StatusPage(readings, has_more=position + 1 < len(query.external_ids), unread=unread)

    def _readings(self, external_id: str) -> Iterator[StatusReading]:
        """What SalesMania tells of an order, nothing where it has none under this id.

        Raises `StatusReadFailed` where it does not answer at all, now or whoever asks; whatever else is raised is about
        this order.
        """
        self.pace.wait()
        account = replace(self.account, deadline=attempt_deadline())
        try:
            reply = account.reply_to(GetOrder(id=external_id))
        except LoginFailed as failed:
            outcome = failed.outcome
            if isinstance(outcome, Refused):
                raise StatusReadFailed(outcome.reason, outcome.retry_after, credentials=outcome.credentials) from None
            raise StatusReadFailed(outcome.reason) from None
        except ReplyTooLarge:
            raise
        except CallFailed as failure:
            raise StatusReadFailed(str(failure)) from None
        if reply.status in (404, 410):
            return
        if reply.status in (401, 403, 429) or reply.status >= 500:
            with told_as_status_read():
                document_in(reply, account.unwanted())
        yield reading_in(external_id, document_in(reply, account.unwanted()))


def reading_in(external_id: str, document: Any) -> StatusReading:
    """What an answer of Get order by ID says; the order stands by itself, or under ``data`` or ``order``.

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
