"""Products and variants read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orderbridge.platforms.endpoints import (
    Answer,
    Done,
    Endpoint,
    InPath,
    InQuery,
    Request,
    Rows,
)
from orderbridge.platforms.ngorder.endpoints.paging import Paged
from orderbridge.platforms.ngorder.values import Day, Flag, Moment, Money, Text, Whole


class ProductVariation(Answer):
    """One of the `variations` of a product."""

    id: Whole | None = None
    sku: Text | None = None
    image: Text | None = None
    thumbnail: Text | None = None
    weight: Whole | None = None
    size: Text | None = None
    color: Text | None = None
    price_buy: Money | None = None
    price: Money | None = None
    price_reseller: Money | None = None
    price1: Money | None = None
    price2: Money | None = None
    price3: Money | None = None
    stock_quantity: Whole | None = None
    stock: Text | None = None


class ProductWarehouse(Answer):
    """One of the `warehouse` of a product."""

    name: Text | None = None
    id: Whole | None = None


class Product(Answer):
    """A row of Get Products."""

    id: Whole
    name: Text | None = None
    product_type: Text | None = None
    type_description: Text | None = None
    category_id: Whole | None = None
    category_name: Text | None = None
    description: Text | None = None
    discount: Whole | None = None
    weight: Whole | None = None
    is_warehouse: Flag | None = None
    publish_status: Text | None = None
    shop_id: Whole | None = None
    user_id: Whole | None = None
    show_stock: Text | None = None
    total_stock: Whole | None = None
    wholesale_status: Text | None = None
    has_variation: Text | None = None
    image: Text | None = None
    thumbnail: Text | None = None
    wholesales: list[object] | None = None
    variations: list[ProductVariation] | None = None
    update_access: Flag | None = None
    warehouse: list[ProductWarehouse] | None = None


class PreorderSetting(Answer):
    """The `preorder_setting` of a product detail."""

    number: Text | None = None
    type: Text | None = None


class ProductDetailVariation(Answer):
    """One of the `variations` of a product detail."""

    id: Whole | None = None
    sku: Text | None = None
    primary_image: Text | None = None
    image: Text | None = None
    images: object | None = None
    thumbnail: Text | None = None
    thumbnails: list[object] | None = None
    weight: Whole | None = None
    size: Text | None = None
    color: Text | None = None
    price_buy: Money | None = None
    price: Money | None = None
    price_reseller: Money | None = None
    stock_quantity: Whole | None = None
    stock: Text | None = None
    price1: Money | None = None
    price2: Money | None = None
    price3: Money | None = None


class ProductDetail(Answer):
    """What Get Product Detail answers."""

    id: Whole
    name: Text | None = None
    product_type: Text | None = None
    type_description: Text | None = None
    preorder_setting: PreorderSetting | None = None
    category_id: Whole | None = None
    category_name: Text | None = None
    root_categories_id: Whole | None = None
    root_categories_name: Text | None = None
    is_empty_root_category: Flag | None = None
    description: Text | None = None
    discount: Whole | None = None
    weight: Whole | None = None
    is_warehouse: Flag | None = None
    publish_status: Text | None = None
    shop_id: Whole | None = None
    user_id: Whole | None = None
    show_stock: Text | None = None
    total_stock: Whole | None = None
    wholesale_status: Text | None = None
    has_variation: Text | None = None
    image: Text | None = None
    thumbnail: Text | None = None
    variations: list[ProductDetailVariation] | None = None
    wholesale_prices: list[object] | None = None


class Variation(Answer):
    """A row of Get Product Variations."""

    variation_id: Whole
    product_id: Whole | None = None
    name: Text | None = None
    product_type: Text | None = None
    type_description: Text | None = None
    preorder_title: Text | None = None
    publish_status: Text | None = None
    stock_quantity: Whole | None = None
    sku: Text | None = None
    image: Text | None = None
    thumbnail: Text | None = None
    discount: Whole | None = None
    color: Text | None = None
    size: Text | None = None
    weight: Whole | None = None
    category_id: Whole | None = None
    created_at: Moment | None = None
    price: Money | None = None
    price1: Money | None = None
    price2: Money | None = None
    price3: Money | None = None
    price_reseller: Money | None = None
    price_buy: Money | None = None
    wholesale_status: Text | None = None
    is_warehouse: Flag | None = None
    warehouse_stock: object | None = None
    promo: list[object] | None = None


class MovementCause(Answer):
    """The `detail` of a stock movement."""

    description: Text | None = None
    id_order: Text | None = None
    stock_opname_id: Whole | None = None


class MovementWarehouse(Answer):
    """The `warehouse` of a stock movement."""

    id: Whole | None = None
    name: Text | None = None


class MovementLevels(Answer):
    """The `stock` of a stock movement."""

    taken_in: Whole | None = Field(None, alias="in")
    out: Whole | None = None
    last: Whole | None = None


class StockMovement(Answer):
    """A row of Get Product Variation Histories."""

    date: Moment | None = None
    time_ago: Text | None = None
    user: Text | None = None
    detail: MovementCause | None = None
    warehouse: MovementWarehouse | None = None
    stock: MovementLevels | None = None
    old: Whole | None = None


class WholesaleMinimum(Answer):
    """What Get Wholesale Minimum answers."""

    product_id: Whole
    minimum_quantity: Whole | None = None


class SearchProducts(Request[Rows[Product]]):
    """Get Products: `keyword` matches parts of names and SKUs, so what is found is compared (traps D6)."""

    endpoint = Endpoint("Product", "Get Products", "GET", "/api/open/product/search")

    keyword: InQuery[str | None] = None
    shop_id: InQuery[int | None] = None
    category: InQuery[str | None] = None
    type: InQuery[Literal["S", "R", "PO"] | None] = None
    price: InQuery[Literal["NON_SET_PRICE", "NON_PROFIT"] | None] = None
    channel: InQuery[Literal["JURNAL", "SHOPEE"] | None] = None
    order_by: InQuery[
        Literal["NEWEST", "LONGEST", "CHEAPEST", "EXPENSIVE", "LEAST_STOCK", "MOST_STOCK", "ASC", "DESC"] | None
    ] = None
    pagination_offset: InQuery[int | None] = None


class GetProductDetail(Request[ProductDetail]):
    """Get Product Detail."""

    endpoint = Endpoint("Product", "Get Product Detail", "GET", "/api/open/product/{product_id}/detail")

    product_id: InPath[int]


class GetVariations(Request[Rows[Variation]]):
    """Get Product Variations, with their stock; no pages are documented, though per_page is."""

    endpoint = Endpoint("Product", "Get Product Variations", "GET", "/api/open/product/variation")

    keyword: InQuery[str | None] = None
    per_page: InQuery[int | None] = None
    customer_id: InQuery[int | None] = None


class GetVariationHistory(Request[Rows[StockMovement]], Paged):
    """Get Product Variation Histories: every movement of a variant."""

    endpoint = Endpoint("Product", "Get Product Variation Histories", "GET", "/api/open/product/history")

    id: InQuery[int]
    warehouse_id: InQuery[int | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None


class GetWholesaleMinimum(Request[WholesaleMinimum]):
    """Get Wholesale Minimum."""

    endpoint = Endpoint("Product", "Get Wholesale Minimum", "GET", "/api/open/product/wholesale")

    product_id: InQuery[int]


class DownloadProducts(Request[Done]):
    """Download: sent by mail to the account."""

    endpoint = Endpoint("Product", "Download", "GET", "/api/open/product/download")

    category: InQuery[str | None] = None
    price: InQuery[Literal["NON_SET_PRICE", "NON_PROFIT"] | None] = None
    channel: InQuery[Literal["JURNAL", "SHOPEE"] | None] = None
    order_by: InQuery[
        Literal["NEWEST", "LONGEST", "CHEAPEST", "EXPENSIVE", "LEAST_STOCK", "MOST_STOCK", "ASC", "DESC"] | None
    ] = None
    keyword: InQuery[str | None] = None
