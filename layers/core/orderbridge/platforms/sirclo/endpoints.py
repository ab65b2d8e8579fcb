"""SIRCLO's endpoints: the four of 2019-07, and the seven of 2021-02 (facts 3).

`access` says how a call is let in: ``signed`` (partner id and MAC) or ``keyed`` (api_key and api_secret).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from orderbridge.platforms.endpoints import Answer, Endpoint, InBody, InPath, InQuery, Model, Request, Rows
from orderbridge.platforms.sirclo.client import KEYED, SIGNED
from orderbridge.platforms.sirclo.values import Flag, Id, Money, Pieces, Text, Whole

Status = Literal["pending", "accepted", "packed", "completed", "canceled"]

# --- What is sent -----------------------------------------------------------------------------------------------------


class LineItem(Model):
    """A line of 2019-07; ours carry `unit_price` and `raw_price`, equal, and a discount of 0 (traps C1)."""

    id: int
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    raw_price: Decimal | None = None
    discount: Decimal


class LaterLineItem(Model):
    """A line of 2021-02: `raw_price` before discount, `discount` per unit."""

    sku: str
    name: str
    quantity: int
    raw_price: Decimal
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    order_item_id: str | None = None


class LaterOrder(Model):
    """An order of 2021-02; calls carry several."""

    order_id: str
    order_date: str
    customer_reference: str
    delivery_street_address: str
    delivery_city: str
    delivery_region: str
    delivery_suburb: str
    delivery_country: str
    delivery_post_code: str
    delivery_method: str
    payment_method: str
    line_items: list[LaterLineItem]
    shipment_reference: str | None = None
    status: str | None = None
    delivery_name: str | None = None
    delivery_email: str | None = None
    delivery_mobile: str | None = None
    airwaybill_number: str | None = None
    discount_total: Decimal | None = None
    shipping_total: Decimal | None = None


class Moved(Model):
    """An order that is moved to a status; 2021-02 does without `order_number`."""

    id: int
    order_number: str | None = None
    updated_at: str


class MovedPacked(Moved):
    """An order that is on its way, with its waybill."""

    airwaybill_number: str


class MovedCompleted(Moved):
    """An order that arrived."""

    received_by: str | None = None


class MovedCancelled(Moved):
    """An order that is cancelled; the bucket has two l where the status has one (traps C2)."""

    cancel_reason: str | None = None


class NewProduct(Model):
    """A product to be created; of its members the digest of 2021-02 names none, and these are Get Stock's."""

    sku: str
    name: str
    stock: int | None = None


class ChannelStock(Model):
    """How much of a product one sales channel is to show."""

    code: str
    qty: int


# --- What comes back --------------------------------------------------------------------------------------------------


class ReadLine(Answer):
    """One of the `line_items` of an order."""

    id: Whole | None = None
    order_item_id: Text | None = None
    sku: Text | None = None
    name: Text | None = None
    quantity: Whole | None = None
    unit_price: Money | None = None
    raw_price: Money | None = None
    discount: Money | None = None


class ReadOrder(Answer):
    """An order as SIRCLO shows it: our id is `order_id` or `order_number` (traps C8)."""

    id: Id
    order_id: Text | None = None
    order_number: Text | None = None
    order_date: Text | None = None
    customer_reference: Text | None = None
    shipment_reference: Text | None = None
    status: Text | None = None
    delivery_name: Text | None = None
    delivery_email: Text | None = None
    delivery_street_address: Text | None = None
    delivery_region: Text | None = None
    delivery_city: Text | None = None
    delivery_suburb: Text | None = None
    delivery_country: Text | None = None
    delivery_post_code: Text | None = None
    delivery_method: Text | None = None
    delivery_mobile: Text | None = None
    payment_method: Text | None = None
    airwaybill_number: Text | None = None
    currency_code: Text | None = None
    subtotal: Money | None = None
    discount_total: Money | None = None
    shipping_total: Money | None = None
    tax_total: Money | None = None
    total: Money | None = None
    line_items: list[ReadLine] | None = None
    created_at: Text | None = Field(None, alias="createdAt")
    updated_at: Text | None = Field(None, alias="updatedAt")

    @property
    def our_id(self) -> str | None:
        return self.order_id or self.order_number


class FailedOrder(Answer):
    """An order that was not created, and why; a known order_id "already exists" (traps C28)."""

    order_id: Text | None = None
    reason: Text | None = None


class CreatedOrders(Answer):
    """What became of each order of a call."""

    succeed: list[ReadOrder] = Field(default_factory=list)
    failed: list[FailedOrder] = Field(default_factory=list)


class MovedOrder(Answer):
    """What became of one order of an update."""

    id: Id
    order_status: Text | None = None
    message: Text | None = None
    updated_at: Text | None = None


class MovedOrders(Answer):
    """What became of each order of an update; one that stands on neither list is in question (traps C23)."""

    succeed: list[MovedOrder] = Field(default_factory=list)
    failed: list[MovedOrder] = Field(default_factory=list)


class Stock(Answer):
    """A SKU's level: `available` in 2019-07, a text; `stock` in 2021-02, a number. None is unreadable, never 0."""

    id: Whole | None = None
    sku: Text
    partner_sku: Text | None = None
    partner_variant_sku: Text | None = None
    name: Text | None = None
    available: Pieces | None = None
    stock: Pieces | None = None
    created_at: Text | None = None
    update_at: Text | None = None

    @property
    def level(self) -> int | None:
        return self.available if self.available is not None else self.stock


class CreatedProduct(Answer):
    """A product that was created, or not, and why."""

    sku: Text | None = None
    id: Whole | None = None
    reason: Text | None = None


class CreatedProducts(Answer):
    """What became of each product of a call."""

    succeed: list[CreatedProduct] = Field(default_factory=list)
    failed: list[CreatedProduct] = Field(default_factory=list)


class StockTransaction(Answer):
    """A stock update that was taken on; Stock History says what became of it."""

    transaction_code: Text


class HistoryItem(Answer):
    """What became of a SKU on one channel."""

    sku: Text | None = None
    channel: Text | None = None
    qty: Whole | None = None
    success: Flag | None = None
    progress: Text | None = None
    message: Text | None = None
    retrier_count: Whole | None = None
    finished_at: Text | None = None


class StockHistory(Answer):
    """A stock update with its items."""

    transaction_code: Text
    items: list[HistoryItem] | None = None


# --- 2019-07 ----------------------------------------------------------------------------------------------------------


class GetOrder(Request[Rows[ReadOrder]]):
    """Get Order: one page of the orders in a window of order dates; `pageNo` is its number (traps C3, C16)."""

    endpoint = Endpoint("Order API", "Get Order", "GET", "/v1/partner/page/{pageNo}", access=SIGNED)

    page_no: InPath[int] = Field(alias="pageNo")
    since: InQuery[str]
    until: InQuery[str]
    perpage: InQuery[int]


class CreateOrder(Request[ReadOrder]):
    """Create Order. SIRCLO refuses an order_id that it knows, so asking twice makes no second order.

    Forwards are sent by `mapper`, whose bytes are frozen; this is the same call for other uses.
    """

    endpoint = Endpoint("Order API", "Create Order", "POST", "/v1/order", repeatable=True, access=SIGNED)

    order_id: InBody[str]
    order_date: InBody[str]
    shipment_reference: InBody[str]
    line_items: InBody[list[LineItem]]
    customer_reference: InBody[str | None] = None
    status: InBody[Status | None] = None
    delivery_name: InBody[str | None] = None
    delivery_email: InBody[str | None] = None
    delivery_street_address: InBody[str | None] = None
    delivery_region: InBody[str | None] = None
    delivery_city: InBody[str | None] = None
    delivery_country: InBody[str | None] = None
    delivery_post_code: InBody[str | None] = None
    delivery_method: InBody[str | None] = None
    delivery_mobile: InBody[str | None] = None
    airwaybill_number: InBody[str | None] = None
    shipping_total: InBody[Decimal | None] = None


class UpdateOrder(Request[MovedOrders]):
    """Update Order: orders in buckets, each of which succeeds or fails by itself inside a 200 (traps C23)."""

    endpoint = Endpoint("Order API", "Update Order", "PATCH", "/v1/order", repeatable=True, access=KEYED)

    accepted: InBody[list[Moved] | None] = None
    packed: InBody[list[MovedPacked] | None] = None
    completed: InBody[list[MovedCompleted] | None] = None
    cancelled: InBody[list[MovedCancelled] | None] = None


class GetStocks(Request[Rows[Stock]]):
    """Get Stocks; the address in the document is an older Get Order's, so it is a setting (traps C9)."""

    endpoint = Endpoint("Product", "Get Stocks", "GET", "<stock_path>", access=KEYED)

    limit: InQuery[int]
    offset: InQuery[int]


# --- 2021-02 ----------------------------------------------------------------------------------------------------------


class GetOrders(Request[Rows[ReadOrder]]):
    """Get Orders of 2021-02, by offset."""

    endpoint = Endpoint("2021-02", "Get orders", "GET", "/v1/partner/order", access=SIGNED)

    since: InQuery[str]
    until: InQuery[str]
    with_delivery_orders: Annotated[InQuery[bool], Field(alias="withDO")]
    limit: InQuery[int | None] = None
    offset: InQuery[int | None] = None


class CreateOrders(Request[CreatedOrders]):
    """Create Orders of 2021-02: each succeeds or fails by itself."""

    endpoint = Endpoint("2021-02", "Create orders", "POST", "/v1/partner/order", repeatable=True, access=SIGNED)

    orders: InBody[list[LaterOrder]]


class UpdateStatus(Request[MovedOrders]):
    """Update Status of 2021-02: buckets as before, without our number."""

    endpoint = Endpoint("2021-02", "Update status", "PATCH", "/v1/partner/order/status", repeatable=True, access=SIGNED)

    accepted: InBody[list[Moved] | None] = None
    packed: InBody[list[MovedPacked] | None] = None
    completed: InBody[list[MovedCompleted] | None] = None
    cancelled: InBody[list[MovedCancelled] | None] = None


class GetStock(Request[Rows[Stock]]):
    """Get Stock of 2021-02."""

    endpoint = Endpoint("2021-02", "Get stock", "GET", "<stock_path>", access=SIGNED)

    limit: InQuery[int]
    offset: InQuery[int]


class CreateProducts(Request[CreatedProducts]):
    """Create Products of 2021-02."""

    endpoint = Endpoint("2021-02", "Create products", "POST", "/v1/partner/product", access=SIGNED)

    products: InBody[list[NewProduct]]


class UpdateStocks(Request[StockTransaction]):
    """Update Stock of 2021-02: the absolute level of one SKU, in the background; asking twice sets the same level."""

    endpoint = Endpoint(
        "2021-02", "Update stock", "POST", "/v1/partner/inventory/updatestocks", repeatable=True, access=SIGNED
    )

    sku: InBody[str]
    available_stock: InBody[int]
    buffer_stock: InBody[int]
    channel_stock: InBody[list[ChannelStock]]
    warehouse: InBody[str] = "default"
    sync_stock: InBody[bool] = False


class GetStockHistory(Request[Rows[StockHistory]]):
    """Stock History of 2021-02: what became of the updates since a time."""

    endpoint = Endpoint("2021-02", "Stock history", "GET", "/v1/partner/inventory/history", access=SIGNED)

    updated_at: InQuery[str]
    limit: InQuery[int | None] = None
    offset: InQuery[int | None] = None
