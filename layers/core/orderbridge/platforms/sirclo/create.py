"""SIRCLO's create call in either revision; apart from the others, because every cold start of a forwarder needs it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from orderbridge.calls.endpoints import Endpoint, InBody, Model, Request
from orderbridge.platforms.sirclo.client import SIGNED


class LineItem(Model):
    """A line of 2019-07; ours carry `unit_price` and `raw_price`, equal, and a discount of 0 (traps C1)."""

    id: int
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    raw_price: Decimal
    discount: Decimal


class CreateOrder(Request[Any]):
    """Create Order of 2019-07. SIRCLO refuses an order_id that it knows, so asking twice makes no second order."""

    endpoint = Endpoint("Order API", "Create Order", "POST", "/v1/order", access=SIGNED)

    order_id: InBody[str]
    order_date: InBody[str]
    customer_reference: InBody[str]
    shipment_reference: InBody[str]
    status: InBody[str]
    delivery_street_address: InBody[str]
    delivery_name: InBody[str | None] = None
    delivery_country: InBody[str | None] = None
    delivery_email: InBody[str | None] = None
    delivery_mobile: InBody[str | None] = None
    delivery_method: InBody[str | None] = None
    delivery_region: InBody[str | None] = None
    delivery_city: InBody[str | None] = None
    delivery_post_code: InBody[str | None] = None
    line_items: InBody[list[LineItem]]


class LaterLineItem(Model):
    """A line of 2021-02: `raw_price` is before discount there, `discount` per unit."""

    order_item_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    raw_price: Decimal
    discount: Decimal


class LaterOrder(Model):
    """An order of 2021-02."""

    order_id: str
    order_date: str
    customer_reference: str
    shipment_reference: str
    status: str
    delivery_street_address: str
    delivery_name: str | None = None
    delivery_country: str
    delivery_email: str | None = None
    delivery_mobile: str | None = None
    delivery_method: str
    delivery_region: str
    delivery_city: str
    delivery_suburb: str
    delivery_post_code: str
    line_items: list[LaterLineItem]
    payment_method: str


class CreateOrders(Request[Any]):
    """Create Orders of 2021-02: each succeeds or fails by itself."""

    endpoint = Endpoint("2021-02", "Create orders", "POST", "/v1/partner/order", access=SIGNED)

    orders: InBody[list[LaterOrder]]
