"""Orders written, and the prices an order would have."""

from __future__ import annotations

from typing import Literal

from orderbridge.platforms.endpoints import (
    Answer,
    Done,
    Endpoint,
    InBody,
    InBoth,
    InPath,
    InQuery,
    Model,
    Request,
    Undocumented,
)
from orderbridge.platforms.ngorder.values import Day, Flag, Money, Text, Whole


class WholesalePrice(Answer):
    """What Get Wholesale Price answers."""

    variation_id: Whole
    quantity: Whole | None = None
    price: Money | None = None


class PriceAccess(Answer):
    """What Get Price Access answers."""

    wholesale_access: Flag | None = None
    discount_access: Flag | None = None


class OrderNumber(Answer):
    """What Create Order answers."""

    order_id: Whole
    po_number: Whole | None = None


class AwbNotification(Answer):
    """The `notification` of an added waybill."""

    id: Whole | None = None
    title: Text | None = None
    content: Text | None = None


class AwbAdded(Answer):
    """What Add AWB Number answers."""

    order_id: Whole
    po_number: Whole | None = None
    notification: AwbNotification | None = None


class PaymentUpdated(Answer):
    """What Update Payment answers."""

    order_id: Whole
    po_number: Whole | None = None
    payment_status: Text | None = None


class OrderLine(Model):
    """One of the `products` of Create Order."""

    id: int
    qty: int
    product_status: Literal["S", "R", "PO"]
    warehouse_id: int | None = None
    type: Literal["NOMINAL", "PERCENTAGE"] | None = None
    percentage: int | None = None
    nominal: int | None = None
    flag: Literal["EDIT", "NEW", "DELETE"] | None = None
    discount_promo: int | None = None
    promo_id: int | None = None


class OrderExpedition(Model):
    """`expedition` of Create Order."""

    id: int
    rate: int
    name: str
    auto_pickup: bool
    discount_promo: int | None = None
    promo: list[object] | None = None


class OrderPayment(Model):
    """`payment` of Create Order."""

    status: Literal["PAID", "INSTALLMENT", "UNPAID"]
    date: Day | None = None
    bank_id: int | None = None
    amount: int | None = None
    cost_of_goods_sales: int | None = None


class ExtraCost(Model):
    """One of the `order_cost` of Create Order."""

    name: str
    category: Literal["DISCOUNT", "OTHER COST", "INSURANCE"]
    type: Literal["NOMINAL", "PERCENTAGE"]
    percentage: int | None = None
    nominal: int | None = None


class PaymentToMake(Model):
    """`payment` of Update Payment."""

    status: Literal["PAID", "INSTALLMENT"]
    date: Day
    bank_id: int
    amount: int | None = None
    cost_of_goods_sales: int | None = None


class GetWholesalePrice(Request[WholesalePrice]):
    """Get Wholesale Price."""

    endpoint = Endpoint("Order", "Get Wholesale Price", "GET", "/api/open/order/wholesale")

    variation_id: InQuery[int]
    qty: InQuery[int]


class GetPriceAccess(Request[PriceAccess]):
    """Get Price Access of a customer category."""

    endpoint = Endpoint("Order", "Get Price Access", "GET", "/api/open/order/check-price/{customer_category_code}")

    customer_category_code: InPath[str]


class OrderContent(Model):
    """What an order says, new or changed."""

    customer_sender_id: InBody[int]
    customer_receiver_id: InBody[int]
    supplier_id: InBody[int]
    is_print: InBody[bool]
    products: InBody[list[OrderLine]]
    expedition: InBody[OrderExpedition]
    payment: InBody[OrderPayment]
    source: InBody[Literal["MOBILE", "WEB"]]
    order_source_id: InBody[int | None] = None
    note: InBody[str | None] = None
    order_cost: InBody[list[ExtraCost] | None] = None
    awb_number: InBody[str | None] = None
    send_sms: InBody[bool | None] = None
    marketplace_awb: InBody[str | None] = None


class CreateOrder(Request[OrderNumber], OrderContent):
    """Create Order. Forwards are sent by `mapper`, whose bytes are frozen; this is the same call for other uses."""

    endpoint = Endpoint("Order", "Create Order", "POST", "/api/open/order")

    order_date: InBody[Day]


class AddAwbNumber(Request[AwbAdded]):
    """Add AWB Number: documented as a query; sent in both places (traps D18)."""

    endpoint = Endpoint("Order", "Add AWB Number", "POST", "/api/open/order/awb-number/add")

    id: InBoth[int]
    awb_number: InBoth[str]


class UpdatePayment(Request[PaymentUpdated]):
    """Update Payment: asking twice pays twice."""

    endpoint = Endpoint("Order", "Update Payment", "PATCH", "/api/open/order/quick-payment")

    id: InBody[int]
    payment: InBody[PaymentToMake]


class UpdateOrder(Request[Undocumented], OrderContent):
    """Update Order: documented as a query, sent as a body, since its members are nested (traps D18)."""

    endpoint = Endpoint("Order", "Update Order", "PATCH", "/api/open/order")

    order_id: InBody[int]


class DeleteInstallmentHistory(Request[Done]):
    """Delete Installment History."""

    endpoint = Endpoint("Order", "Delete Installment History", "DELETE", "/api/open/order/installment/{order_id}")

    order_id: InPath[int]
