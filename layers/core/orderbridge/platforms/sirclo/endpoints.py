"""SIRCLO's calls: those of 2019-07, its document, and those of 2021-02, the later public revision (facts 3).

`access` says how a call is let in: ``signed`` (partner id and MAC) or ``keyed`` (api_key and api_secret).
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from orderbridge.calls.endpoints import Answer, Endpoint, InBody, InPath, InQuery, Model, Request
from orderbridge.calls.numbers import Text, Whole
from orderbridge.platforms.sirclo.client import KEYED, SIGNED

# --- Read -------------------------------------------------------------------------------------------------------------


class GetOrder(Request[Any]):
    """Get Order of 2019-07: a page of the orders in a window of order dates; `pageNo` is its number (traps C3, C16)."""

    endpoint = Endpoint("Order API", "Get Order", "GET", "/v1/partner/page/{pageNo}", access=SIGNED)

    page_no: InPath[int] = Field(alias="pageNo")
    since: InQuery[str]
    until: InQuery[str]
    perpage: InQuery[int]


class GetOrders(Request[Any]):
    """Get Orders of 2021-02, by offset."""

    endpoint = Endpoint("2021-02", "Get orders", "GET", "/v1/partner/order", access=SIGNED)

    since: InQuery[str]
    until: InQuery[str]
    with_delivery_orders: Annotated[InQuery[bool], Field(alias="withDO")]
    limit: InQuery[int]
    offset: InQuery[int]


class Stock(Answer):
    """A SKU of either revision's list."""

    id: Whole | None = None
    sku: Text
    name: Text | None = None


class StockPage(Model):
    """The parameters of a list of stock."""

    limit: InQuery[int]
    offset: InQuery[int]


class GetStocks(Request[list[Stock]], StockPage):
    """Get Stocks of 2019-07; the address in the document is an older Get Order's, so it is a setting (traps C9)."""

    endpoint = Endpoint("Product", "Get Stocks", "GET", "<stock_path>", access=KEYED)


class GetStock(Request[list[Stock]], StockPage):
    """Get Stock of 2021-02."""

    endpoint = Endpoint("2021-02", "Get stock", "GET", "<stock_path>", access=SIGNED)


# --- Change -----------------------------------------------------------------------------------------------------------


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


class Buckets(Model):
    """Orders by what they are moved to, each of which succeeds or fails by itself inside a 200 (traps C23)."""

    accepted: InBody[list[Moved] | None] = None
    packed: InBody[list[MovedPacked] | None] = None
    completed: InBody[list[MovedCompleted] | None] = None
    cancelled: InBody[list[MovedCancelled] | None] = None


class UpdateOrder(Request[Any], Buckets):
    """Update Order of 2019-07."""

    endpoint = Endpoint("Order API", "Update Order", "PATCH", "/v1/order", access=KEYED)


class UpdateStatus(Request[Any], Buckets):
    """Update Status of 2021-02."""

    endpoint = Endpoint("2021-02", "Update status", "PATCH", "/v1/partner/order/status", access=SIGNED)


class ChannelStock(Model):
    """How much of a product one sales channel is to show."""

    code: str
    qty: int


class StockTransaction(Answer):
    """A stock update that was taken on; Stock History says what became of it."""

    transaction_code: Text


class UpdateStocks(Request[StockTransaction]):
    """Update Stock of 2021-02: the absolute level of one SKU, in the background; asking twice sets the same level."""

    endpoint = Endpoint("2021-02", "Update stock", "POST", "/v1/partner/inventory/updatestocks", access=SIGNED)

    sku: InBody[str]
    available_stock: InBody[int]
    buffer_stock: InBody[int]
    channel_stock: InBody[list[ChannelStock]]
    warehouse: InBody[str]
    sync_stock: InBody[bool]


class GetStockHistory(Request[Any]):
    """Stock History of 2021-02: what became of the updates since a time."""

    endpoint = Endpoint("2021-02", "Stock history", "GET", "/v1/partner/inventory/history", access=SIGNED)

    updated_at: InQuery[str]
    limit: InQuery[int]
    offset: InQuery[int]
