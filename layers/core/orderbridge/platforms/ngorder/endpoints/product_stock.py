"""A variant's stock: read, changed by a difference, or set."""

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
)
from orderbridge.platforms.ngorder.values import Moment, Money, Text, Whole


class VariationStock(Answer):
    """What Check Product Stock answers."""

    stock: Whole | None = None
    price: Money | None = None
    price_dropship: Money | None = None
    price1: Money | None = None
    price2: Money | None = None
    price3: Money | None = None


class WarehouseStock(Answer):
    """A row of Check Stock per Warehouse."""

    warehouse_id: Whole
    name: Text | None = None
    stock: Whole | None = None


class UpdatedLevel(Answer):
    """One of the `stock` of a stock update."""

    amount: Whole | None = None
    status: Text | None = None
    warehouse_id: Whole | None = None


class StockUpdate(Answer):
    """What Update Stock answers."""

    date: Moment | None = None
    variation_id: Whole | None = None
    stock: list[UpdatedLevel] | None = None
    shop_id: Whole | None = None
    description: Text | None = None
    total_stock: Whole | None = None


class StockSync(Answer):
    """What Sync Stock answers."""

    variation_id: Whole
    amount: Whole | None = None
    request_id: Text | None = None


class LevelChange(Model):
    """One of the `stock` of Update Stock."""

    amount: int
    status: Literal["ADD", "SUB"]
    warehouse_id: int


class CheckStock(Request[VariationStock]):
    """Check Product Stock: of one variant, with its prices."""

    endpoint = Endpoint("Product", "Check Product Stock", "GET", "/api/open/product/check-stock")

    variation_id: InQuery[int]
    warehouse_id: InQuery[int | None] = None


class CheckStockPerWarehouse(Request[Rows[WarehouseStock]]):
    """Check Stock per Warehouse: of one variant, in every warehouse."""

    endpoint = Endpoint(
        "Product", "Check Stock per Warehouse", "GET", "/api/open/product/history/warehouse/{variation_id}"
    )

    variation_id: InPath[int]


class UpdateStock(Request[StockUpdate]):
    """Update Stock by differences: asking twice counts twice (traps D35)."""

    endpoint = Endpoint("Product", "Update Stock", "PATCH", "/api/open/product/update-stock")

    variation_id: InBody[int]
    stock: InBody[list[LevelChange]]
    description: InBody[str]
    move_warehouse_stock: InBody[bool | None] = None


class SyncStock(Request[StockSync]):
    """Sync Stock: sets the whole level of a variant, in the background (traps D36, D37)."""

    endpoint = Endpoint("Product", "Sync Stock", "PATCH", "/api/open/product/sync-stock", repeatable=True)

    variation_id: InBody[int]
    amount: InBody[int]
