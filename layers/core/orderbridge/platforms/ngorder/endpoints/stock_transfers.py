"""Stock transfers between warehouses."""

from __future__ import annotations

from orderbridge.platforms.endpoints import (
    Answer,
    Endpoint,
    InBody,
    InBoth,
    InPath,
    InQuery,
    Model,
    Request,
    Rows,
)
from orderbridge.platforms.ngorder.endpoints.paging import Paged
from orderbridge.platforms.ngorder.values import Day, Moment, Text, Whole


class TransferWarehouse(Answer):
    """The `origin_warehouse` of a stock transfer."""

    id: Whole | None = None
    name: Text | None = None


class StockTransfer(Answer):
    """A row of Get Stock Transfer List, and what Create Stock Transfer answers."""

    id: Whole
    description: Text | None = None
    origin_warehouse: TransferWarehouse | None = None
    destination_warehouse: TransferWarehouse | None = None
    created_at: Moment | None = None


class TransferredBy(Answer):
    """The `created_by` of a stock transfer detail."""

    id: Whole | None = None
    email: Text | None = None
    name: Text | None = None


class StockTransferDetail(Answer):
    """What Get Stock Transfer Detail answers."""

    id: Whole
    description: Text | None = None
    progress_status: Text | None = None
    variation_total: Whole | None = None
    processed: Whole | None = None
    warehouse: TransferWarehouse | None = None
    created_by: TransferredBy | None = None
    created_at: Moment | None = None


class StockTransferLine(Answer):
    """A row of Get Transaction Stock Transfer Detail."""

    id: Whole
    variation_id: Whole | None = None
    product_name: Text | None = None
    variant_name: Text | None = None
    thumbnail_url: Text | None = None
    sku: Text | None = None
    transfered_stock: Whole | None = None


class TransferableVariation(Answer):
    """A row of Search Variation For Stock Transfer."""

    variation_id: Whole
    name: Text | None = None
    product_name: Text | None = None
    variation_name: Text | None = None
    sku: Text | None = None
    thumbnail_url: Text | None = None
    system_stock: Whole | None = None


class TransferLine(Model):
    """One of the `stock_adjustment` of Create Stock Transfer."""

    variation_id: int
    transfer_stock: int


class CreateStockTransfer(Request[StockTransfer]):
    """Create Stock Transfer: 100 variants at most; asking twice moves twice."""

    endpoint = Endpoint("Stock Transfer", "Create Stock Transfer", "POST", "/api/open/stock-transfer")

    origin_warehouse_id: InBody[int]
    destination_warehouse_id: InBody[int]
    description: InBody[str]
    stock_adjustment: InBody[list[TransferLine]]


class GetStockTransfers(Request[Rows[StockTransfer]], Paged):
    """Get Stock Transfer List."""

    endpoint = Endpoint("Stock Transfer", "Get Stock Transfer List", "GET", "/api/open/stock-transfer")

    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None
    origin_warehouse_id: InQuery[int | None] = None
    destination_warehouse_id: InQuery[int | None] = None
    user_id: InQuery[int | None] = None


class GetStockTransfer(Request[StockTransferDetail]):
    """Get Stock Transfer Detail."""

    endpoint = Endpoint("Stock Transfer", "Get Stock Transfer Detail", "GET", "/api/open/stock-transfer/{id}/detail")

    id: InPath[int]


class GetStockTransferLines(Request[Rows[StockTransferLine]]):
    """Get Transaction Stock Transfer Detail."""

    endpoint = Endpoint(
        "Stock Transfer", "Get Transaction Stock Transfer Detail", "GET", "/api/open/stock-transfer/transaction"
    )

    id: InBoth[int]
    per_page: InBoth[int | None] = None
    pagination_offset: InBoth[int | None] = None


class SearchVariationsToTransfer(Request[Rows[TransferableVariation]]):
    """Search Variation For Stock Transfer: by product_id, or by keyword and warehouse."""

    endpoint = Endpoint(
        "Stock Transfer", "Search Variation For Stock Transfer", "GET", "/api/open/stock-transfer/variation"
    )

    warehouse_id: InBoth[int]
    product_id: InBoth[int | None] = None
    keyword: InBoth[str | None] = None
