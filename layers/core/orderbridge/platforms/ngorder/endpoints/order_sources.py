"""Marketplaces, order sources and order costs."""

from __future__ import annotations

from typing import Literal

from orderbridge.platforms.endpoints import (
    Answer,
    Endpoint,
    InBody,
    InQuery,
    Request,
    Rows,
)
from orderbridge.platforms.ngorder.values import Money, Text, Whole


class Marketplace(Answer):
    """A row of Get Marketplaces."""

    marketplace_id: Whole
    marketplace_name: Text | None = None


class OrderSourceNote(Answer):
    """What Create Order Source and Update Order Source answer."""

    order_source_id: Whole
    note: Text | None = None


class OrderSource(Answer):
    """A row of Get Order Sources."""

    id: Whole
    marketplace_id: Whole | None = None
    marketplace_name: Text | None = None
    note: Text | None = None
    status: Text | None = None


class OrderCostName(Answer):
    """What Create Order Cost and Update Order Cost answer."""

    order_cost_id: Text
    name: Text | None = None


class OrderCost(Answer):
    """A row of Get Order Costs."""

    order_cost_id: Text
    title: Text | None = None
    category: Text | None = None
    type: Text | None = None
    name: Text | None = None
    percentage: Whole | None = None
    nominal: Money | None = None


class GetMarketplaces(Request[Rows[Marketplace]]):
    """Get Marketplaces."""

    endpoint = Endpoint("Marketplace", "Get Marketplaces", "GET", "/api/open/marketplace")


class CreateOrderSource(Request[OrderSourceNote]):
    """Create Order Source."""

    endpoint = Endpoint("Order Source", "Create Order Source", "POST", "/api/open/order-source/create")

    marketplace_id: InBody[int]
    note: InBody[str]


class GetOrderSources(Request[Rows[OrderSource]]):
    """Get Order Sources; its method and address are lost from the document, and these are inferred."""

    endpoint = Endpoint("Order Source", "Get Order Sources", "GET", "/api/open/order-source")

    status: InQuery[Literal["Y", "N"] | None] = None


class UpdateOrderSource(Request[OrderSourceNote]):
    """Update Order Source."""

    endpoint = Endpoint("Order Source", "Update Order Source", "PATCH", "/api/open/order-source/update")

    order_source_id: InBody[int]
    marketplace_id: InBody[int | None] = None
    note: InBody[str | None] = None
    status: InBody[Literal["Y", "N"] | None] = None


class CreateOrderCost(Request[OrderCostName]):
    """Create Order Cost."""

    endpoint = Endpoint("Order Cost", "Create Order Cost", "POST", "/api/open/order-cost/create")

    category: InBody[Literal["DISCOUNT", "OTHER COST"]]
    name: InBody[str]
    type: InBody[Literal["NOMINAL", "PERCENTAGE"]]
    nominal: InBody[int | None] = None
    percentage: InBody[int | None] = None


class GetOrderCosts(Request[Rows[OrderCost]]):
    """Get Order Costs."""

    endpoint = Endpoint("Order Cost", "Get Order Costs", "GET", "/api/open/order-cost")


class UpdateOrderCost(Request[OrderCostName]):
    """Update Order Cost: the only PUT there is."""

    endpoint = Endpoint("Order Cost", "Update Order Cost", "PUT", "/api/open/order-cost/update")

    order_cost_id: InBody[str]
    category: InBody[Literal["DISCOUNT", "OTHER COST"] | None] = None
    name: InBody[str | None] = None
    nominal: InBody[int | None] = None
    percentage: InBody[int | None] = None
    type: InBody[Literal["NOMINAL", "PERCENTAGE"] | None] = None
