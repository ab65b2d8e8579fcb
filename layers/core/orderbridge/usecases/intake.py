"""Accept a signed sales order: every check in its order, then one conditional write (DESIGN sections 2 and 3)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from orderbridge.domain.orders import (
    MAX_REFERENCE_LENGTH,
    Order,
    OrderKey,
    SalesOrder,
    order_reference,
    parse_sales_order,
)
from orderbridge.domain.partners import CLIENT_ID, Partner
from orderbridge.domain.problems import Conflict, Forbidden, InvalidFields, MalformedRequest, Unauthenticated
from orderbridge.domain.signatures import (
    BadSignature,
    BadTimestamp,
    decode_signature,
    is_fresh,
    string_to_sign,
    timestamp_to_milliseconds,
    verify_signature,
)
from orderbridge.domain.times import Clock, after, business_date, to_iso
from orderbridge.ports import OrderIntakeStore, PartnerDirectory
from orderbridge.usecases.authentication import TokenVerifier, active_partner, invalid_token
from orderbridge.usecases.codes import CodeAllocator

_BEARER = re.compile(r"Bearer +(\S+) *", re.IGNORECASE)
_IDEMPOTENCY_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_REFERENCE_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came: header names in lower case, one value each, and the exact body bytes."""

    headers: Mapping[str, str]
    body: bytes

    def required_header(self, name: str) -> str:
        value = self.headers.get(name.lower(), "")
        if not value.strip():
            raise MalformedRequest("missing_header", f"The header {name} is required.")
        return value


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

    partners: PartnerDirectory
    tokens: TokenVerifier
    codes: CodeAllocator
    orders: OrderIntakeStore
    clock: Clock
    business_time_zone: str
    sweep_grace_seconds: float

    def __call__(self, request: SignedRequest) -> AcceptedOrder:
        now = self.clock()
        partner = self._caller(request)
        timestamp = self._fresh_timestamp(request, now)
        signed_by = self._verified_signature(request, partner, timestamp)
        content = parse_sales_order(request.body)
        key = OrderKey(
            partner.client_id,
            order_reference(content, self._idempotency_key(request, content), timestamp, request.body),
        )
        return self._store(key, content, partner, signed_by, now)

    def _caller(self, request: SignedRequest) -> Partner:
        authorization = _BEARER.fullmatch(request.headers.get("authorization", ""))
        if authorization is None:
            raise invalid_token()
        claims = self.tokens.claims(authorization.group(1))
        client_id = request.required_header("X-CLIENT-ID")
        if not CLIENT_ID.fullmatch(client_id):
            raise MalformedRequest("invalid_header", "X-CLIENT-ID is not a client id.")
        if not hmac.compare_digest(client_id, claims.client_id):
            raise Forbidden("client_mismatch", "X-CLIENT-ID is not the client of the access token.")
        return active_partner(self.partners, claims)

    def _fresh_timestamp(self, request: SignedRequest, now: datetime) -> str:
        timestamp = request.required_header("X-TIMESTAMP")
        try:
            sent_ms = timestamp_to_milliseconds(timestamp)
        except BadTimestamp as error:
            raise MalformedRequest("invalid_header", str(error)) from error
        if not is_fresh(sent_ms, int(now.timestamp() * 1000)):
            raise Unauthenticated("stale_timestamp", "X-TIMESTAMP is more than 300 seconds away from the present time.")
        return timestamp

    def _verified_signature(self, request: SignedRequest, partner: Partner, timestamp: str) -> str:
        signature = request.required_header("X-SIGNATURE")
        try:
            key = verify_signature(
                partner.active_keys(), string_to_sign(partner.client_id, timestamp), decode_signature(signature)
            )
        except BadSignature as error:
            raise Unauthenticated(
                "invalid_signature", "X-SIGNATURE is not valid for this client and timestamp."
            ) from error
        return key.kid

    def _idempotency_key(self, request: SignedRequest, content: SalesOrder) -> str | None:
        # With a purchase_order_no the key is ignored (DESIGN invariant 4).
        if content.purchase_order_no is not None or "idempotency-key" not in request.headers:
            return None
        idempotency_key = request.headers["idempotency-key"].strip()
        if not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
            raise MalformedRequest(
                "invalid_header", f"Idempotency-Key must be 1 to {MAX_REFERENCE_LENGTH} printable characters."
            )
        return idempotency_key

    def _store(
        self, key: OrderKey, content: SalesOrder, partner: Partner, signed_by: str, now: datetime
    ) -> AcceptedOrder:
        day = business_date(now, self.business_time_zone)
        order = Order(
            key=key,
            code=self.codes.take(day, now),
            content=content,
            content_hash=content.content_hash(),
            created_at=to_iso(now),
            order_date=day.isoformat(),
            status="DRAFT",
            channels=partner.channels_for(content.site_code),
            signed_by=signed_by,
            due_at=after(now, self.sweep_grace_seconds),
        )
        existing = self.orders.put_if_absent(order)
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
