"""Orders read with everything that belongs to them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orderbridge.platforms.endpoints import (
    Answer,
    Endpoint,
    InQuery,
    Request,
    Rows,
)
from orderbridge.platforms.ngorder.endpoints.paging import Paged
from orderbridge.platforms.ngorder.values import Day, Flag, Moment, Money, Quantity, Text, Whole


class OrderCustomer(Answer):
    """The `customer` of a detailed order."""

    id: Whole | None = None
    name: Text | None = None
    phone: Text | None = None
    district: Text | None = None
    city: Text | None = None
    province: Text | None = None
    district_id: Whole | None = None
    city_id: Whole | None = None
    province_id: Whole | None = None
    postal_code: Text | None = None
    address: Text | None = None
    line: Text | None = None
    email: Text | None = None
    type: Text | None = None


class OrderShipping(Answer):
    """The `shipping` of a detailed order."""

    id: Whole | None = None
    rate_name: Text | None = None
    logistic_name: Text | None = None
    cost: Money | None = None


class OrderOrigin(Answer):
    """The `origin` of a detailed order."""

    id: Whole | None = None
    name: Text | None = None
    location: Text | None = None
    phone: Text | None = None
    address: Text | None = None
    note: Text | None = None
    is_shipper_active: Text | None = None
    city_id: Whole | None = None


class PaymentFrom(Answer):
    """The `origin` of a payment made."""

    id: Whole | None = None
    account_name: Text | None = None
    account_number: Text | None = None
    transfer_image: Text | None = None


class PaymentTo(Answer):
    """The `destination` of a payment made."""

    id: Whole | None = None
    bank_name: Text | None = None


class PaymentBanks(Answer):
    """The `bank` of a payment made."""

    origin: PaymentFrom | None = None
    destination: PaymentTo | None = None


class PaymentMade(Answer):
    """One of the `payment_histoy` of an order's payments."""

    id: Whole | None = None
    payment_id: Whole | None = None
    order_id: Whole | None = None
    description: Text | None = None
    nominal: Money | None = None
    payment_fee: object | None = None
    bank: PaymentBanks | None = None
    note: Text | None = None
    pg_provider: Text | None = None
    va_no: Text | None = None
    is_confirmed: Whole | None = None
    type: Whole | None = None
    is_installment_first: object | None = None
    created_by: Whole | None = None
    updated_by: Whole | None = None
    paid_at: Moment | None = None


class Payments(Answer):
    """The `payment` of a detailed order."""

    payment_histoy: list[PaymentMade] | None = None


class OrderCostLine(Answer):
    """One of the `order_cost` of a detailed order."""

    category: Text | None = None
    description: Text | None = None
    nominal: Money | None = None
    percentage: Whole | None = None
    is_percentage: Flag | None = None


class OrderAwb(Answer):
    """The `awb` of a detailed order."""

    update_at: Moment | None = None
    number: Text | None = None


class LineCategory(Answer):
    """The `category` of a detailed order line."""

    id: Whole | None = None
    name: Text | None = None


class DetailedOrderLine(Answer):
    """One of the `products` of a detailed order."""

    product_meta_id: Whole | None = None
    name: Text | None = None
    category: LineCategory | None = None
    description: Text | None = None
    product_status: Text | None = None
    price: Money | None = None
    cost_of_goods_sold: Money | None = None
    quantity: Whole | None = None
    discount_nominal: Text | None = None
    discount_percentage: Whole | None = None
    is_warehouse: Flag | None = None


class ShopeeOrder(Answer):
    """The `shopee` of a detailed order."""

    ordersn: Text | None = None
    buyer_username: Text | None = None
    total_escrow: Money | None = None
    total_amount: Money | None = None
    status: Text | None = None
    payment_method: Text | None = None


class Person(Answer):
    """The `created_by` of a detailed order."""

    id: Whole | None = None
    name: Text | None = None
    email: Text | None = None


class DetailedOrder(Answer):
    """A row of Get Orders Detail."""

    mongo_id: Text | None = Field(None, alias="_id")
    order_id: Whole
    po_number: Whole | None = None
    shop_id: Whole | None = None
    order_date: Moment | None = None
    customer: OrderCustomer | None = None
    dropshipper: object | None = None
    receiver: OrderCustomer | None = None
    total_amount: Money | None = None
    shipping: OrderShipping | None = None
    weight: Quantity | None = None
    note: Text | None = None
    origin: OrderOrigin | None = None
    payment: Payments | None = None
    cost_of_goods_sold: Money | None = None
    order_source: Text | None = None
    order_cost: list[OrderCostLine] | None = None
    awb: OrderAwb | None = None
    discount_amount: Money | None = None
    order_cost_amount: Money | None = None
    coupon: object | None = None
    is_printed: Flag | None = None
    is_shipper_order: Flag | None = None
    is_note_print: Flag | None = None
    order_progress_status: Text | None = None
    order_status: Text | None = None
    order_category: Text | None = None
    payment_status: Text | None = None
    is_private_order: Flag | None = None
    payment_date: Moment | None = None
    products: list[DetailedOrderLine] | None = None
    shopee: ShopeeOrder | None = None
    created_by: Person | None = None
    updated_by: Person | None = None
    updated_at: Moment | None = None
    created_at: Moment | None = None


class GetOrdersDetail(Request[Rows[DetailedOrder]], Paged):
    """Get Orders Detail: by the days on which orders were created."""

    endpoint = Endpoint("Order", "Get Orders Detail", "GET", "/api/open/order/details")

    order_status: InQuery[Literal["ACCEPTED", "REJECTED"] | None] = None
    payment_status: InQuery[
        Literal["UNPAID", "PAID", "FAIL", "WAITING_CONFIRMATION", "WAITING PAYMENT", "REFUND_REJECTED", "EXPIRED"]
        | None
    ] = None
    order_progress_status: InQuery[Literal["UNPAID", "NO AWB", "ON PROCESS", "DELIVERED"] | None] = None
    order_category: InQuery[Literal["APP", "PRIVOR", "SF_MEMBER", "SF_GUEST", "SHOPEE"] | None] = None
    create_from: InQuery[Day | None] = None
    create_to: InQuery[Day | None] = None
