"""Accept a signed sales order: every check in its order, then one conditional write (DESIGN sections 2 and 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orderbridge.domain.orders import (
    MAX_REFERENCE_LENGTH,
    Order,
    OrderKey,
    SalesOrder,
    order_reference,
    parse_sales_order,
)
from orderbridge.domain.problems import Conflict, InvalidFields, MalformedRequest
from orderbridge.domain.times import Clock, after, business_date, to_iso
from orderbridge.usecases.callers import ApiRequest, Callers, SignedCall
from orderbridge.usecases.codes import CodeAllocator

if TYPE_CHECKING:
    from orderbridge.ports import OrderIntakeStore

_IDEMPOTENCY_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_REFERENCE_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class AcceptedOrder:
    """The answer to a posted order; `replayed` where the order had been stored before."""

    order: Order
    replayed: bool

    def body(self) -> dict[str, object]:
        return {
            "message": "Sales order created successfully",
            "data": {"code": self.order.code, "status": "DRAFT", "created_at": self.order.created_at},
        }


@dataclass(frozen=True, slots=True)
class AcceptOrder:
    """Stores a partner's signed order exactly once and answers with its code."""

    callers: Callers
    codes: CodeAllocator
    orders: OrderIntakeStore
    clock: Clock
    business_time_zone: str
    sweep_grace_seconds: float

    def __call__(self, request: ApiRequest) -> AcceptedOrder:
        call = self.callers.signer(request)
        content = parse_sales_order(request.body)
        idempotency_key = self._idempotency_key(request, content)
        reference = order_reference(content, idempotency_key, call.timestamp, request.body)
        return self._store(OrderKey(call.partner.client_id, reference), content, call)

    def _idempotency_key(self, request: ApiRequest, content: SalesOrder) -> str | None:
        # With a purchase_order_no the key is ignored (DESIGN invariant 4).
        if content.purchase_order_no is not None or "idempotency-key" not in request.headers:
            return None
        idempotency_key = request.headers["idempotency-key"].strip()
        if not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
            raise MalformedRequest(
                "invalid_header", f"Idempotency-Key must be 1 to {MAX_REFERENCE_LENGTH} printable characters."
            )
        return idempotency_key

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
            raise _conflict(key)
        return AcceptedOrder(existing, replayed=True)


def _conflict(key: OrderKey) -> Conflict | InvalidFields:
    if key.reference.startswith("po:"):
        return Conflict("purchase_order_conflict", "This purchase_order_no belongs to an order with other content.")
    return InvalidFields("idempotency_key_reused", "This Idempotency-Key belongs to an order with other content.")
