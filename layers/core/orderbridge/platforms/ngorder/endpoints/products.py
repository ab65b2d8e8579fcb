"""Products written: created, changed, deleted, and their SKUs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orderbridge.platforms.endpoints import (
    Answer,
    Done,
    Endpoint,
    InBody,
    InBoth,
    Model,
    Request,
    Rows,
    SentAs,
)
from orderbridge.platforms.ngorder.values import Flag, Text, Whole

WHOLESALE = SentAs(("wholesale", "wholesales"))
"""The tables say wholesale, the examples wholesales (traps D67)."""


class GeneratedSku(Answer):
    """A row of Generate Product SKU."""

    name: Text | None = None
    color: Text | None = None
    size: Text | None = None
    sku: Text | None = None
    old_sku: Text | None = None


class SkuValidity(Answer):
    """What Validate SKU answers."""

    status: Flag | None = None
    variation: Text | None = None
    product_id: Text | None = None


class SavedProduct(Answer):
    """What Create Product and Update Product answer."""

    product_id: Whole
    product_meta_id: list[Whole] | None = None
    total_stock: Whole | None = None


class SkuToGenerate(Model):
    """One of the `products` of Generate Product SKU."""

    name: str
    color: str | None = None
    size: str | None = None
    old_sku: str | None = None


class NewPreorderSetting(Model):
    """`preorder_setting` of Create Product."""

    type: Literal["day", "week"] | None = None
    number: int | None = None


class NewWholesalePrice(Model):
    """One of the `wholesale` of Create Product."""

    from_: int | None = Field(None, alias="from")
    to: int | None = None
    price: int | None = None


class NewWarehouseStock(Model):
    """One of the `warehouse_stock` of a new variation."""

    warehouse_id: int
    stock: int


class NewVariation(Model):
    """One of the `variations` of Create Product."""

    sku: str
    price_buy: int
    price: int
    price1: int
    price2: int
    price3: int
    price_reseller: int
    color: str
    warehouse_stock: list[NewWarehouseStock]
    size: str | None = None
    images: list[str] | None = None
    primary_image: int | None = None
    weight: int | None = None
    is_warehouse: bool | None = None
    stock: Literal["Y", "N"] | None = None
    stock_quantity: int | None = None


class ChangedWholesalePrice(Model):
    """One of the `wholesale` of Update Product."""

    id: int
    from_: int = Field(alias="from")
    to: int
    price: int


class ChangedVariation(Model):
    """One of the `variations` of Update Product."""

    id: int
    sku: str
    price_buy: int
    price: int
    price1: int
    price2: int
    price3: int
    price_reseller: int
    color: str
    size: str | None = None
    images: list[str] | None = None
    primary_image: int | None = None
    weight: int | None = None
    is_warehouse: bool | None = None
    flag: Literal["DELETE"] | None = None
    stock: Literal["Y", "N"] | None = None
    stock_quantity: int | None = None
    warehouse_stock: list[NewWarehouseStock] | None = None


class GenerateSku(Request[Rows[GeneratedSku]]):
    """Generate Product SKU: a GET with its parameters in the body, sent in both places (traps D17)."""

    endpoint = Endpoint("Product", "Generate Product SKU", "GET", "/api/open/product/sku/generate-new")

    products: InBoth[list[SkuToGenerate]]


class ValidateSku(Request[SkuValidity]):
    """Validate SKU."""

    endpoint = Endpoint("Product", "Validate SKU", "POST", "/api/open/product/sku/validation")

    sku: InBody[str]
    product_meta_id: InBody[int]


class CreateProduct(Request[SavedProduct]):
    """Create Product."""

    endpoint = Endpoint("Product", "Create Product", "POST", "/api/open/product")

    name: InBody[str]
    product_type: InBody[Literal["S", "R", "PO"]]
    category_id: InBody[int]
    description: InBody[str]
    shop_id: InBody[int]
    user_id: InBody[int]
    discount: InBody[int]
    wholesale_status: InBody[Literal["Y", "N"]]
    publish_status: InBody[Literal["Y", "N"]]
    show_stock: InBody[Literal["Y", "N"]]
    has_variation: InBody[Literal["Y", "N"]]
    variations: InBody[list[NewVariation]]
    root_categories_id: InBody[int | None] = None
    preorder_setting: InBody[NewPreorderSetting | None] = None
    wholesale: Annotated[InBody[list[NewWholesalePrice] | None], WHOLESALE] = None
    weight: InBody[int | None] = None
    is_warehouse: InBody[int | None] = None


class UpdateProduct(Request[SavedProduct]):
    """Update Product."""

    endpoint = Endpoint("Product", "Update Product", "PATCH", "/api/open/product")

    id: InBody[int]
    name: InBody[str]
    product_type: InBody[Literal["S", "R", "PO"]]
    category_id: InBody[int]
    description: InBody[str]
    shop_id: InBody[int]
    user_id: InBody[int]
    discount: InBody[int]
    wholesale_status: InBody[Literal["Y", "N"]]
    publish_status: InBody[Literal["Y", "N"]]
    show_stock: InBody[Literal["Y", "N"]]
    has_variation: InBody[Literal["Y", "N"]]
    root_categories_id: InBody[int | None] = None
    preorder_setting: InBody[NewPreorderSetting | None] = None
    wholesale: Annotated[InBody[list[ChangedWholesalePrice] | None], WHOLESALE] = None
    weight: InBody[int | None] = None
    is_warehouse: InBody[int | None] = None
    variations: InBody[list[ChangedVariation] | None] = None


class DeleteVariation(Request[Done]):
    """Delete Variation."""

    endpoint = Endpoint("Product", "Delete Variation", "DELETE", "/api/open/product/variation")

    id: InBody[list[int]]


class DeleteProducts(Request[Done]):
    """Delete Products."""

    endpoint = Endpoint("Product", "Delete Products", "DELETE", "/api/open/product")

    id: InBody[list[int]]
