"""Orders of the storefront that wait for confirmation."""

from __future__ import annotations

from typing import Literal

from orderbridge.platforms.endpoints import (
    Answer,
    Endpoint,
    InBody,
    InPath,
    InQuery,
    Model,
    Request,
    Rows,
    Undocumented,
)
from orderbridge.platforms.ngorder.endpoints.paging import Paged
from orderbridge.platforms.ngorder.values import Flag, Moment, Money, Text, Whole


class PayingCustomer(Answer):
    """The `customer` of an unconfirmed payment."""

    id: Whole | None = None
    name: Text | None = None
    phone: Text | None = None


class PayingBank(Answer):
    """The `bank` of an unconfirmed payment."""

    id: Whole | None = None
    name: Text | None = None


class PaidOrder(Answer):
    """One of the `orders` of an unconfirmed payment."""

    po_number: Text | None = None
    order_id: Whole | None = None


class PaidLine(Answer):
    """One of the `products` of an unconfirmed payment."""

    name: Text | None = None
    quantity: Whole | None = None
    product_meta_id: Whole | None = None
    product_id: Whole | None = None


class UnconfirmedPayment(Answer):
    """A row of Get Orders."""

    payment_id: Whole
    shop_id: Whole | None = None
    nominal_invoice: Money | None = None
    nominal_unique: Money | None = None
    nominal_transfer: Money | None = None
    is_installment: Flag | None = None
    payment_from: Text | None = None
    payment_status: Text | None = None
    payment_type: Whole | None = None
    payment_fee: object | None = None
    pg_provider: Text | None = None
    xendit_id: Whole | None = None
    va_no: Text | None = None
    created_by: Whole | None = None
    updated_by: Whole | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    confirmed_at: Moment | None = None
    expired_at: Moment | None = None
    old_payment_id: Whole | None = None
    description: Text | None = None
    customer: PayingCustomer | None = None
    bank: PayingBank | None = None
    payment_status_code: Whole | None = None
    orders: list[PaidOrder] | None = None
    products: list[PaidLine] | None = None


class ReceivingBank(Answer):
    """The `bank` of an unconfirmed payment detail."""

    id: Whole | None = None
    bank: Text | None = None
    holder_name: Text | None = None
    bank_number: Text | None = None
    image: Text | None = None


class UnconfirmedOrderDropshipper(Answer):
    """The `dropshipper` of an unconfirmed order."""

    name: Text | None = None
    phone: Text | None = None


class UnconfirmedOrderCustomer(Answer):
    """The `customer` of an unconfirmed order."""

    name: Text | None = None
    address: Text | None = None
    phone: Text | None = None


class UnconfirmedOrder(Answer):
    """One of the `orders` of an unconfirmed payment detail."""

    order_id: Whole | None = None
    po_number: Whole | None = None
    note: Text | None = None
    reseller: Text | None = None
    is_dropshipper: Flag | None = None
    dropshipper: UnconfirmedOrderDropshipper | None = None
    customer: UnconfirmedOrderCustomer | None = None
    products: list[Text] | None = None
    total_amount: Money | None = None
    is_warehouse: Flag | None = None
    warehouse_name: Text | None = None
    shipping_id: Whole | None = None
    shipping_rate: Text | None = None
    shipping_logistic: Text | None = None
    shipping_cost: Whole | None = None
    shipping_logo_url: Text | None = None


class UnconfirmedPaymentDetail(Answer):
    """What Get Detailed Order answers."""

    payment_id: Whole
    bill_total: Money | None = None
    unique_code: Whole | None = None
    transfer_total: Money | None = None
    payment_date: Moment | None = None
    holder_name: Text | None = None
    pg_provider: Text | None = None
    is_manual_payment: Text | None = None
    bank: ReceivingBank | None = None
    transfer_image: Text | None = None
    note: Text | None = None
    paid_at: Moment | None = None
    confirmation_status: Flag | None = None
    payment_status_code: Whole | None = None
    payment_status: Text | None = None
    is_installment: Flag | None = None
    installment_transferred: Text | None = None
    payment_fee: Whole | None = None
    virtual_account: Text | None = None
    is_xendit_pay: Flag | None = None
    xendit_message: Text | None = None
    orders: list[UnconfirmedOrder] | None = None


class OrderDecision(Model):
    """One of the `orders` of Order Confirmation."""

    id: int
    action: Literal["ACCEPT", "REJECT"]


class GetUnconfirmedOrders(Request[Rows[UnconfirmedPayment]], Paged):
    """Get Orders: payments of the storefront, and the orders that they are for."""

    endpoint = Endpoint("Storefront & Privor", "Get Orders", "GET", "/api/open/order/unconfirmed-privor")

    keyword: InQuery[str | None] = None
    customer_category: InQuery[Literal["MEMBER", "GUEST"] | None] = None
    payment_status: InQuery[Literal["UNPAID", "CONFIRM", "ALL"] | None] = None


class GetUnconfirmedOrder(Request[UnconfirmedPaymentDetail]):
    """Get Detailed Order: one payment and its orders."""

    endpoint = Endpoint(
        "Storefront & Privor", "Get Detailed Order", "GET", "/api/open/order/unconfirmed-privor/{payment_id}"
    )

    payment_id: InPath[int]


class ConfirmOrders(Request[Undocumented]):
    """Order Confirmation; the answer in the document is the request (traps D24)."""

    endpoint = Endpoint("Storefront & Privor", "Order Confirmation", "PATCH", "/api/open/order/confirm")

    id: InBody[int]
    orders: InBody[list[OrderDecision]]
