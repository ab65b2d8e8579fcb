"""Examples of requests and answers: the partner document's own sample, through the code that answers in earnest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from orderbridge.entrypoints.answers.cancelled_order import CancellationRecorded
from orderbridge.entrypoints.answers.created_order import SalesOrderCreated
from orderbridge.entrypoints.answers.health import HealthReport
from orderbridge.entrypoints.answers.orders import SalesOrderFound, SalesOrdersFound
from orderbridge.entrypoints.answers.stock import StockFound
from orderbridge.entrypoints.answers.token import Token
from orderbridge.forwarding.forward.cancelling import describe_cancellation
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.orders.order import Order, parse_sales_order
from orderbridge.partners.login import AccessToken
from orderbridge.reading.cancelling import CancelledOrder
from orderbridge.reading.cursors import OrderCursor, StockCursor
from orderbridge.reading.health import Health
from orderbridge.reading.orders import OrderPage
from orderbridge.reading.stock import StockPage
from orderbridge.reading.views import OrderView
from orderbridge.stock.levels import StockLevel
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.values.timeline import TimelineEntry

CLIENT_ID = "partner-client-001"
TIMESTAMP = "1735689600"
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."  # noqa: S105 - the sample of the API's document
SIGNATURE = "<Base64 of the signature>"
IDEMPOTENCY_KEY = '"7c0a4e0e-5d1f-4a8e-9c55-8a0f6f1f2b11"'
SALES_ORDER: dict[str, Any] = {
    "customer_code": "CUST-001",
    "site_code": "SITE-001",
    "sales_name": "John Doe",
    "address": "Jl. Sudirman No. 1, Jakarta",
    "purchase_order_no": "PO-2025-00001",
    "products": [{"product_code": "PROD-001", "quantity": 10}],
}
LOGIN: dict[str, Any] = {"client_id": CLIENT_ID, "client_secret": "secret-key-123"}

_ACCEPTED = "2025-01-01T00:00:00.000Z"
_SENT = "2025-01-01T00:00:02.417Z"
_AT = datetime(2025, 1, 1, tzinfo=UTC)
_MARKETPLACE = ChannelRef("shop-jakarta", "sirclo")
_WHOLESALE = ChannelRef("wholesale", "salesmania")
_KEY = OrderKey(CLIENT_ID, "po:PO-2025-00001")


def _order() -> Order:
    content = parse_sales_order(json.dumps(SALES_ORDER).encode())
    return Order(
        key=_KEY,
        code="SO-20250101-00001",
        content=content,
        content_hash=content.content_hash(),
        created_at=_ACCEPTED,
        order_date="2025-01-01",
        status="SUBMITTED",
        channels=(_MARKETPLACE, _WHOLESALE),
        signed_by="",
    )


def _sent(channel: ChannelRef, external_id: str | None) -> Forward:
    return Forward(
        _KEY, "SO-20250101-00001", channel, ForwardState.SENT, _ACCEPTED, _SENT, due_at=None, external_id=external_id
    )


def _forwards() -> tuple[Forward, ...]:
    return _sent(_MARKETPLACE, "1201"), _sent(_WHOLESALE, None)


def token() -> Token:
    return Token.of(AccessToken(TOKEN, 1704067200))


def created() -> SalesOrderCreated:
    return SalesOrderCreated.of(_order())


def found() -> SalesOrderFound:
    timeline = [TimelineEntry(_SENT, "ForwardSent", channel.name) for channel in (_MARKETPLACE, _WHOLESALE)]
    return SalesOrderFound.of(OrderView(_order(), _forwards(), timeline))


def listed() -> SalesOrdersFound:
    cursor = OrderCursor(_AT.date(), f"{_ACCEPTED}#SO-20250101-00001")
    return SalesOrdersFound.of(OrderPage([_order()], cursor))


def cancelled() -> CancellationRecorded:
    channels = [describe_cancellation(each, platform_cancels=each.channel is _MARKETPLACE) for each in _forwards()]
    return CancellationRecorded.of(CancelledOrder(_order(), "SUBMITTED", channels))


def stock() -> StockFound:
    level = StockLevel(_MARKETPLACE.name, "PROD-001", 120, _ACCEPTED)
    return StockFound.of(StockPage([level], StockCursor("PROD-001")))


def health() -> HealthReport:
    return HealthReport.of(Health([(_MARKETPLACE.name, "active"), (_WHOLESALE.name, "degraded")]))
