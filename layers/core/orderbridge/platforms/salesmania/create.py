"""SalesMania's create call; apart from the other calls, because every cold start of its forwarder needs it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from orderbridge.calls.endpoints import Day, Endpoint, InBody, Model, Request


class OrderedProduct(Model):
    """A line of Add new order: one of the two discounts or none."""

    product_id: int
    qty: Decimal
    unit: str
    price: Decimal
    item_disc_percent: str | None = None
    item_disc_amount: Decimal | None = None
    ext_order_line_id: int


class AddOrder(Request[Any]):
    """Add new order: answers ``{}``, without an id, and nothing keeps a second one out (traps B1, B18)."""

    endpoint = Endpoint("Orders", "Add new order", "POST", "<orders>")

    date: InBody[Day]
    customer_id: InBody[int]
    team_id: InBody[int]
    description: InBody[str]
    ordered_products: InBody[list[OrderedProduct]]
    ext_order_no: InBody[str]
    ext_order_status_name: InBody[str]
