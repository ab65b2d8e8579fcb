"""Cancelled orders, which vanish from Get Orders (traps D34)."""

from __future__ import annotations

from typing import Literal

from orderbridge.platforms.endpoints import (
    Answer,
    Endpoint,
    InBody,
    InPath,
    InQuery,
    Request,
    Rows,
    Undocumented,
)
from orderbridge.platforms.ngorder.endpoints.paging import Paged
from orderbridge.platforms.ngorder.values import Day, Flag, Moment, Money, Text, Whole

CancelledType = Literal["CANCEL", "REJECTED", "EXPIRED"]


class CancelledNumber(Answer):
    """What Cancel an Order answers."""

    order_id: Whole
    po_number: Whole | None = None


class CancelledOrderLine(Answer):
    """One of the `products` of a cancelled order."""

    product_meta_id: Whole | None = None
    sku: Text | None = None
    name: Text | None = None
    price: Money | None = None
    quantity: Whole | None = None
    thumbnail_url: Text | None = None
    color: Text | None = None
    size: Text | None = None


class CancelledOrder(Answer):
    """A row of Get Canceled Orders."""

    order_id: Whole
    po_number: Whole | None = None
    username: Text | None = None
    invoice: Text | None = None
    shop_id: Whole | None = None
    order_date: Moment | None = None
    sender_name: Text | None = None
    sender_category: Text | None = None
    sender_category_code: Text | None = None
    sender_address: Text | None = None
    receiver_name: Text | None = None
    receiver_address: Text | None = None
    receiver_phone: Text | None = None
    total_amount: Money | None = None
    remaining_amount: Money | None = None
    shipping_id: Whole | None = None
    shipping_rate: Text | None = None
    shipping_logistic: Text | None = None
    shipping_cost: Whole | None = None
    weight: Whole | None = None
    note: Text | None = None
    origin_name: Text | None = None
    origin_address: Text | None = None
    order_source: Text | None = None
    other_cost_amount: Money | None = None
    order_progress_status: Text | None = None
    order_status: Text | None = None
    order_category: Text | None = None
    payment_status: Text | None = None
    payment_date: Moment | None = None
    products: list[CancelledOrderLine] | None = None
    shopee: object | None = None
    created_by_name: Text | None = None
    created_at: Moment | None = None
    updated_by_name: Text | None = None
    updated_at: Moment | None = None
    awb_number: Text | None = None
    product_status: Text | None = None
    cost_of_goods_sales: Money | None = None
    order_cost: object | None = None
    bank_name: Text | None = None
    warehouse_name: Text | None = None
    cod_status: Flag | None = None


class CancelOrder(Request[CancelledNumber]):
    """Cancel an Order."""

    endpoint = Endpoint("Cancel Order", "Cancel an Order", "POST", "/api/open/order/cancel")

    id: InBody[int]


class GetCancelledOrders(Request[Rows[CancelledOrder]], Paged):
    """Get Canceled Orders: at most 50 a page; rejected and expired ones are lists of their own."""

    endpoint = Endpoint("Cancel Order", "Get Canceled Orders", "GET", "/api/open/order-cancel")

    type: InQuery[CancelledType | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None


class DownloadCancelledOrders(Request[Undocumented]):
    """Download Canceled Orders."""

    endpoint = Endpoint("Cancel Order", "Download Canceled Orders", "GET", "/api/open/order-cancel/download")

    type: InQuery[CancelledType | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None


class ReturnCancelledOrder(Request[Undocumented]):
    """Return Canceled Order."""

    endpoint = Endpoint("Cancel Order", "Return Canceled Order", "POST", "/api/open/order-cancel/return")

    id: InBody[int]


class DeleteCancelledOrder(Request[Undocumented]):
    """Delete Canceled Order, for good; its id stands in the address and in the body."""

    endpoint = Endpoint("Cancel Order", "Delete Canceled Order", "DELETE", "/api/open/order-cancel/{order_id}")

    order_id: InPath[int]
    id: InBody[int]
