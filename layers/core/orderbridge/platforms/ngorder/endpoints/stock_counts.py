"""Stock opname: counts that set a warehouse's levels, in the background."""

from __future__ import annotations

from orderbridge.platforms.endpoints import (
    Answer,
    Done,
    Endpoint,
    File,
    InBody,
    InBoth,
    InFile,
    InPath,
    InQuery,
    Model,
    Request,
    Rows,
)
from orderbridge.platforms.ngorder.endpoints.paging import Paged
from orderbridge.platforms.ngorder.values import Day, Moment, Text, Whole


class CountedWarehouse(Answer):
    """The `warehouse` of a created stock count."""

    id: Whole | None = None
    name: Text | None = None


class CreatedStockCount(Answer):
    """What Create Stock Opname answers."""

    id: Whole
    description: Text | None = None
    variation_total: Whole | None = None
    progress_status: Text | None = None
    warehouse: CountedWarehouse | None = None


class StockCount(Answer):
    """A row of Get Stock Opname List."""

    id: Whole
    description: Text | None = None
    variation_total: Whole | None = None
    progress_status: Text | None = None
    warehouse: CountedWarehouse | None = None
    created_at: Moment | None = None


class CountedBy(Answer):
    """The `created_by` of a stock count detail."""

    id: Whole | None = None
    email: Text | None = None
    name: Text | None = None


class StockCountDetail(Answer):
    """What Get Stock Opname Detail answers."""

    id: Whole
    description: Text | None = None
    progress_status: Text | None = None
    variation_total: Whole | None = None
    processed: Whole | None = None
    warehouse: CountedWarehouse | None = None
    created_by: CountedBy | None = None
    created_at: Moment | None = None


class CountedLevels(Answer):
    """The `stock_adjustment` of a stock count line."""

    warehouse_stock: Whole | None = None
    system_stock: Whole | None = None
    changed_stock: Whole | None = None


class StockCountLine(Answer):
    """A row of Get Transaction Stock Opname Detail."""

    id: Whole
    variation_id: Whole | None = None
    full_name: Text | None = None
    thumbnail_url: Text | None = None
    sku: Text | None = None
    stock_adjustment: CountedLevels | None = None


class CountableVariation(Answer):
    """A row of Search Variation For Stock Opname."""

    variation_id: Whole
    name: Text | None = None
    product_name: Text | None = None
    variation_name: Text | None = None
    sku: Text | None = None
    thumbnail_url: Text | None = None
    system_stock: Whole | None = None


class Count(Model):
    """One of the `stock_adjustment` of Create Stock Opname."""

    variation_id: int
    warehouse_stock: int


class CreateStockCount(Request[CreatedStockCount]):
    """Create Stock Opname: sets absolute levels in one warehouse, in the background (traps D38)."""

    endpoint = Endpoint("Stock Opname", "Create Stock Opname", "POST", "/api/open/stock-opname")

    warehouse_id: InBody[int]
    description: InBody[str]
    stock_adjustment: InBody[list[Count]]


class ImportStockCount(Request[Done]):
    """Import Stock Opname: a spreadsheet of at most 2 MB, worked off in the background."""

    endpoint = Endpoint("Stock Opname", "Import Stock Opname", "POST", "/api/open/stock-opname/import")

    file: InFile


class GenerateStockCountTemplate(Request[File]):
    """Generate Template Stock Opname: a spreadsheet."""

    endpoint = Endpoint("Stock Opname", "Generate Template Stock Opname", "GET", "/api/open/stock-opname/import")

    warehouse_id: InQuery[int]


class GetStockCounts(Request[Rows[StockCount]], Paged):
    """Get Stock Opname List."""

    endpoint = Endpoint("Stock Opname", "Get Stock Opname List", "GET", "/api/open/stock-opname")

    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None
    warehouse_id: InQuery[int | None] = None
    user_id: InQuery[int | None] = None


class GetStockCount(Request[StockCountDetail]):
    """Get Stock Opname Detail: `progress_status` is ON PROGRESS, then SUCCESS."""

    endpoint = Endpoint("Stock Opname", "Get Stock Opname Detail", "GET", "/api/open/stock-opname/{id}/detail")

    id: InPath[int]


class GetStockCountLines(Request[Rows[StockCountLine]]):
    """Get Transaction Stock Opname Detail."""

    endpoint = Endpoint(
        "Stock Opname", "Get Transaction Stock Opname Detail", "GET", "/api/open/stock-opname/transaction"
    )

    id: InBoth[int]
    per_page: InBoth[int | None] = None
    pagination_offset: InBoth[int | None] = None


class SearchVariationsToCount(Request[Rows[CountableVariation]]):
    """Search Variation For Stock Opname: by product_id, or by keyword and warehouse."""

    endpoint = Endpoint("Stock Opname", "Search Variation For Stock Opname", "GET", "/api/open/stock-opname/variation")

    warehouse_id: InBoth[int]
    product_id: InBoth[int | None] = None
    keyword: InBoth[str | None] = None
