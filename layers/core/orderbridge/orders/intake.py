"""Accept a signed sales order: every check in its order, then one conditional write (invariant 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orderbridge.orders.numbering import CodeAllocator
from orderbridge.orders.order import MAX_REFERENCE_LENGTH, Order, SalesOrder, order_reference, parse_sales_order
from orderbridge.partners.call import Call
from orderbridge.partners.callers import Callers, SignedCall
from orderbridge.values.ids import OrderKey
from orderbridge.values.refusals import Conflict, InvalidFields, MalformedRequest
from orderbridge.values.times import Clock, after, business_date, to_iso

if TYPE_CHECKING:
    from orderbridge.orders.ports import OrderIntakeStore


_BARE_KEY = re.compile(r"[!#-~][!-~]*")
# An Item of RFC 8941 that is a String, with its parameters.
_STRING = r'"((?:[ !#-\[\]-~]|\\["\\])*)"'
_ATOM = r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*|-?[0-9]{1,15}|-?[0-9]{1,12}\.[0-9]{1,3}|:[A-Za-z0-9+/=]*:|\?[01]"
_QUOTED_KEY = re.compile(rf"{_STRING}(?:; *[a-z*][a-z0-9_.*-]*(?:=(?:{_STRING}|{_ATOM}))?)*")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class AcceptedOrder:
    """A posted order as it is stored; `replayed` where it had been stored before."""

    order: Order
    replayed: bool


@dataclass(frozen=True, slots=True)
class AcceptOrder:
    """Stores a partner's signed order exactly once and answers with its code."""

    callers: Callers
    codes: CodeAllocator
    orders: OrderIntakeStore
    clock: Clock
    business_time_zone: str
    sweep_grace_seconds: float

    def __call__(self, call: Call) -> AcceptedOrder:
        signed = self.callers.signer(call)
        content = parse_sales_order(call.body)
        # With a purchase_order_no the key is ignored (invariant 4).
        sent_key = call.idempotency_key if content.purchase_order_no is None else None
        idempotency_key = read_idempotency_key(sent_key.strip()) if sent_key is not None else None
        reference = order_reference(content, idempotency_key, signed.timestamp, call.body)
        return self._store(OrderKey.of(signed.partner.client_id, reference), content, signed)

    def _store(self, key: OrderKey, content: SalesOrder, call: SignedCall) -> AcceptedOrder:
        now = self.clock()
        day = business_date(now, self.business_time_zone)
        order = Order(
            key=key,
            code=self.codes.take(day, now),
            content=content,
            content_hash=content.content_hash(),
            created_at=to_iso(now),
            order_date=day.isoformat(),
            status="DRAFT",
            channels=call.partner.channels_for(content.site_code),
            signed_by=call.kid,
            due_at=after(now, self.sweep_grace_seconds),
        )
        try:
            existing = self.orders.put_if_absent(order)
        except Exception:
            # It may have been stored all the same.
            self.codes.abandon(order.code)
            raise
        if existing is None:
            return AcceptedOrder(order, replayed=False)
        if existing.code == order.code:
            # A retried write met itself: the first try had been stored after all.
            return AcceptedOrder(replace(order, created_at=existing.created_at), replayed=False)
        self.codes.give_back(order.code)
        if existing.content_hash != order.content_hash:
            raise _conflict(content)
        return AcceptedOrder(existing, replayed=True)


def read_idempotency_key(sent: str) -> str:
    """The idempotency key as it was sent: a String of RFC 8941, as its draft standard has it, or the bare key.

    Parameters behind the string are passed over. Raises `MalformedRequest`.
    """
    if sent.startswith('"'):
        quoted = _QUOTED_KEY.fullmatch(sent)
        key = _ESCAPED.sub(r"\1", quoted[1]) if quoted is not None else ""
    else:
        key = sent if _BARE_KEY.fullmatch(sent) else ""
    if not 1 <= len(key) <= MAX_REFERENCE_LENGTH:
        raise MalformedRequest(
            "invalid_header",
            f"must be 1 to {MAX_REFERENCE_LENGTH} printable ASCII characters, in quotes or bare.",
            about="idempotency_key",
        )
    return key


def _conflict(content: SalesOrder) -> Conflict | InvalidFields:
    if content.purchase_order_no is not None:
        return Conflict("purchase_order_conflict", "This purchase_order_no belongs to an order with other content.")
    return InvalidFields("idempotency_key_reused", "This Idempotency-Key belongs to an order with other content.")
