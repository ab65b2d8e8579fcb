"""Ngorder's create call; apart from the other calls, because every cold start of its forwarder needs it."""

from __future__ import annotations

from typing import Any, Literal

from orderbridge.calls.endpoints import Day, Endpoint, InBody, Model, Request
from orderbridge.platforms.ngorder import ProductStatus


class OrderLine(Model):
    """One of the `products` of Create Order; `id` is a variant's (traps D3)."""

    id: int
    qty: int
    product_status: ProductStatus
    warehouse_id: int | None = None


class OrderExpedition(Model):
    """`expedition` of Create Order; a courier who comes costs money, so none is asked for (traps D63)."""

    id: int
    rate: int
    name: str
    auto_pickup: Literal[False] = False


class OrderPayment(Model):
    """`payment` of Create Order."""

    status: Literal["UNPAID"] = "UNPAID"
    date: Day | None = None
    bank_id: int | None = None
    cost_of_goods_sales: int | None = None


class CreateOrder(Request[Any]):
    """Create Order: asking twice makes two. `send_sms` is a message to a person, at a price (traps D63)."""

    endpoint = Endpoint("Order", "Create Order", "POST", "/api/open/order")

    customer_sender_id: InBody[int]
    customer_receiver_id: InBody[int]
    supplier_id: InBody[int]
    order_date: InBody[Day]
    order_source_id: InBody[int | None] = None
    note: InBody[str]
    is_print: InBody[bool]
    products: InBody[list[OrderLine]]
    expedition: InBody[OrderExpedition]
    payment: InBody[OrderPayment]
    send_sms: InBody[Literal[False]] = False
    source: InBody[Literal["WEB"]]
