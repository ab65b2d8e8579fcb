"""Orders read."""

from __future__ import annotations

from typing import Literal

from orderbridge.platforms.endpoints import (
    Answer,
    Done,
    Endpoint,
    InQuery,
    Request,
    Rows,
)
from orderbridge.platforms.ngorder.endpoints.paging import Paged
from orderbridge.platforms.ngorder.values import Day, Moment, Money, Text, Whole

ProgressStatus = Literal["UNPAID", "NO AWB", "ON PROCESS", "DELIVERED", "UNPROCESSED", "INSTALLMENT"]


class ListedOrderLine(Answer):
    """One of the `products` of a listed order."""

    product_meta_id: Whole | None = None
    name: Text | None = None
    price: Money | None = None
    quantity: Whole | None = None


class ListedOrder(Answer):
    """A row of Get Orders."""

    order_id: Whole
    po_number: Whole | None = None
    shop_id: Whole | None = None
    order_date: Moment | None = None
    sender_name: Text | None = None
    sender_address: Text | None = None
    receiver_name: Text | None = None
    receiver_address: Text | None = None
    total_amount: Money | None = None
    shipping_rate: Text | None = None
    shipping_logistic: Text | None = None
    weight: Whole | None = None
    note: Text | None = None
    origin_name: Text | None = None
    origin_address: Text | None = None
    cost_of_goods_sold: Money | None = None
    order_source: Text | None = None
    other_cost_amount: Money | None = None
    order_progress_status: Text | None = None
    order_status: Text | None = None
    order_category: Text | None = None
    payment_status: Text | None = None
    payment_date: Moment | None = None
    products: list[ListedOrderLine] | None = None
    shopee: object | None = None
    created_by_name: Text | None = None
    created_at: Moment | None = None
    updated_by_name: Text | None = None
    updated_at: Moment | None = None
    awb_number: Text | None = None


class Payment(Answer):
    """A row of Get Payment Histories."""

    payment_id: Whole
    bank_id: Whole | None = None
    bank_name: Text | None = None
    account_number: Text | None = None
    paid_at: Moment | None = None
    created_at: Moment | None = None
    nominal: Money | None = None
    status: Text | None = None


class AdminRevenue(Answer):
    """A row of Get Admin Revenue."""

    user_id: Whole
    name: Text | None = None
    level: Text | None = None
    net_sales: Money | None = None
    gross_profit: Money | None = None
    order_count: Whole | None = None
    item_sold: Whole | None = None


class OrderFilters(Paged):
    """Which orders are listed or downloaded."""

    keyword: InQuery[str | None] = None
    payment_status: InQuery[Literal["UNPAID", "PAID", "INSTALLMENT"] | None] = None
    order_progress_status: InQuery[ProgressStatus | None] = None
    order_category: InQuery[
        Literal["APP", "PRIVOR", "STORE_FRONT", "SHOPEE", "QUICK_ORDER", "UNCATEGORIZED"] | None
    ] = None
    order_source_id: InQuery[int | None] = None
    type: InQuery[
        Literal[
            "ORDER_ID",
            "CUSTOMER_NAME",
            "AWB_NUMBER",
            "CUSTOMER_PHONE",
            "SHOPEE_INVOICE",
            "PRODUCT_NAME",
            "SKU",
            "SHIPPER_TRACKING",
        ]
        | None
    ] = None
    order_by: InQuery[Literal["ORDER_DATE", "PAYMENT_DATE"] | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None
    user_id: InQuery[int | None] = None
    bank_id: InQuery[int | None] = None
    warehouse_id: InQuery[int | None] = None
    customer_category_code: InQuery[str | None] = None
    expedition_id: InQuery[int | None] = None
    pickup: InQuery[int | None] = None
    print_status: InQuery[Literal["Y", "N"] | None] = None


class GetOrders(Request[Rows[ListedOrder]], OrderFilters):
    """Get Orders: the last 30 days unless a window is given, without cancelled ones (traps D30, D31)."""

    endpoint = Endpoint("Order", "Get Orders", "GET", "/api/open/order")

    product_type: InQuery[Literal["S", "R", "PO"] | None] = None


class GetPaymentHistory(Request[Rows[Payment]]):
    """Get Payment Histories: `id` is an order, or a payment, as `status` says."""

    endpoint = Endpoint("Order", "Get Payment Histories", "GET", "/api/open/order/payment-history")

    id: InQuery[int]
    status: InQuery[Literal["ORDER", "PAYMENT"] | None] = None


class GetAdminRevenue(Request[Rows[AdminRevenue]]):
    """Get Admin Revenue."""

    endpoint = Endpoint("Order", "Get Admin Revenue", "GET", "/api/open/order/admin-revenue")

    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None


class DownloadOrders(Request[Done], OrderFilters):
    """Download: sent by mail, unless `without_being_sent`."""

    endpoint = Endpoint("Order", "Download", "GET", "/api/open/order/download")

    without_being_sent: InQuery[bool | None] = None
