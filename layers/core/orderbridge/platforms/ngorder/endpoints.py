"""Ngorder's calls, after its document (facts 4)."""

from __future__ import annotations

from typing import Any, Literal

from orderbridge.calls.endpoints import Answer, Day, Endpoint, InBody, InBoth, InPath, InQuery, Model, Request
from orderbridge.platforms.ngorder.values import Text, Whole


class Paged(Model):
    """The parameters of a list; `pagination_offset` is the number of a page, from 1 (traps D13)."""

    per_page: InQuery[int | None] = None
    pagination_offset: InQuery[int | None] = None


# --- Orders -----------------------------------------------------------------------------------------------------------


ProgressStatus = Literal["UNPAID", "NO AWB", "ON PROCESS", "DELIVERED", "UNPROCESSED", "INSTALLMENT"]


class GetOrders(Request[Any], Paged):
    """Get Orders: the last 30 days unless a window is given, without cancelled ones (traps D30, D31)."""

    endpoint = Endpoint("Order", "Get Orders", "GET", "/api/open/order")

    order_progress_status: InQuery[ProgressStatus | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None


CancelledType = Literal["CANCEL", "REJECTED", "EXPIRED"]


class GetCancelledOrders(Request[Any], Paged):
    """Get Canceled Orders: at most 50 a page; rejected and expired ones are lists of their own (traps D34)."""

    endpoint = Endpoint("Cancel Order", "Get Canceled Orders", "GET", "/api/open/order-cancel")

    type: InQuery[CancelledType | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None


ShippingStatus = Literal[
    "READY_TO_SHIP", "PICKUP_REQUEST", "UNPICK", "DROPOFF", "ON_PROCESS", "DELIVERED",
    "RETURNED", "LOST", "INVALID", "SHIPMENT_PROBLEM",
]  # fmt: skip


class GetShipments(Request[Any], Paged):
    """Get Orders List: orders in one shipping status, READY_TO_SHIP unless another is asked for."""

    endpoint = Endpoint("Shipment", "Get Orders List", "GET", "/api/open/shipping")

    status: InQuery[ShippingStatus | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None


class CancelledOrder(Answer):
    """What Cancel an Order answers."""

    order_id: Whole


class CancelOrder(Request[CancelledOrder]):
    """Cancel an Order."""

    endpoint = Endpoint("Cancel Order", "Cancel an Order", "POST", "/api/open/order/cancel")

    id: InBody[int]


# --- Customers --------------------------------------------------------------------------------------------------------


class CreatedCustomer(Answer):
    """What Create Customer answers."""

    customer_id: Whole


class CreateCustomer(Request[CreatedCustomer]):
    """Create Customer: asking twice makes two."""

    endpoint = Endpoint("Customer", "Create Customer", "POST", "/api/open/customer/create")

    name: InBody[str]
    phone: InBody[str]
    district_id: InBody[int]
    address: InBody[str]
    category: InBody[str]
    is_active: InBody[Literal["Y", "N", "R", "T"]]
    postal_code: InBody[str | None] = None
    email: InBody[str | None] = None


class Customer(Answer):
    """A row of Get Customers."""

    id: Whole
    phone: Text | None = None
    address: Text | None = None


class GetCustomers(Request[list[Customer]]):
    """Get Customers: of one category; `keyword` matches parts, and names are not unique (traps D44)."""

    endpoint = Endpoint("Customer", "Get Customers", "GET", "/api/open/customer")

    category: InBoth[str]
    keyword: InBoth[str | None] = None
    type: InBoth[Literal["NAME", "EMAIL", "PHONE", "ADDRESS"] | None] = None
    per_page: InBoth[int | None] = None
    pagination_offset: InBoth[int | None] = None


# --- Products and their stock -----------------------------------------------------------------------------------------


class ProductVariation(Answer):
    """One of the `variations` of a product."""

    id: Whole | None = None
    sku: Text | None = None


class Product(Answer):
    """A row of Get Products."""

    id: Whole
    product_type: Text | None = None
    variations: list[ProductVariation] | None = None


class SearchProducts(Request[list[Product]]):
    """Get Products: `keyword` matches parts of names and SKUs, so what is found is compared (traps D6)."""

    endpoint = Endpoint("Product", "Get Products", "GET", "/api/open/product/search")

    keyword: InQuery[str | None] = None
    order_by: InQuery[Literal["LONGEST"] | None] = None
    pagination_offset: InQuery[int | None] = None


class Variation(Answer):
    """A row of Get Product Variations."""

    variation_id: Whole


class GetVariations(Request[list[Variation]]):
    """Get Product Variations, with their stock; no pages are documented, though per_page is."""

    endpoint = Endpoint("Product", "Get Product Variations", "GET", "/api/open/product/variation")

    per_page: InQuery[int]


class CheckStock(Request[Any]):
    """Check Product Stock: of one variant, with its prices."""

    endpoint = Endpoint("Product", "Check Product Stock", "GET", "/api/open/product/check-stock")

    variation_id: InQuery[int]


class CheckStockPerWarehouse(Request[Any]):
    """Check Stock per Warehouse: of one variant, in every warehouse."""

    endpoint = Endpoint(
        "Product", "Check Stock per Warehouse", "GET", "/api/open/product/history/warehouse/{variation_id}"
    )

    variation_id: InPath[int]


class StockSync(Answer):
    """What Sync Stock answers; the amount in it is not the one that was sent (traps D36)."""

    variation_id: Whole


class SyncStock(Request[StockSync]):
    """Sync Stock: sets the whole level of a variant, in the background (traps D36, D37)."""

    endpoint = Endpoint("Product", "Sync Stock", "PATCH", "/api/open/product/sync-stock")

    variation_id: InBody[int]
    amount: InBody[int]


class StockCount(Answer):
    """What Create Stock Opname and Get Stock Opname Detail answer."""

    id: Whole
    progress_status: Text | None = None


class Count(Model):
    """One of the `stock_adjustment` of Create Stock Opname."""

    variation_id: int
    warehouse_stock: int


class CreateStockCount(Request[StockCount]):
    """Create Stock Opname: sets absolute levels in one warehouse, in the background (traps D38)."""

    endpoint = Endpoint("Stock Opname", "Create Stock Opname", "POST", "/api/open/stock-opname")

    warehouse_id: InBody[int]
    description: InBody[str]
    stock_adjustment: InBody[list[Count]]


class GetStockCount(Request[StockCount]):
    """Get Stock Opname Detail: `progress_status` is ON PROGRESS, then SUCCESS."""

    endpoint = Endpoint("Stock Opname", "Get Stock Opname Detail", "GET", "/api/open/stock-opname/{id}/detail")

    id: InPath[int]
