"""Products and variants: searching (by part of a name or SKU), reading levels and prices, the catalogue's own calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge_sandboxes.exchange import JsonObject, Reply
from orderbridge_sandboxes.ngorder import catalogue_validation, validation
from orderbridge_sandboxes.ngorder.answers import Parameters, body_of, failure, gone, missing, paged, success
from orderbridge_sandboxes.ngorder.orders import path_id
from orderbridge_sandboxes.ngorder.state import SHOP_ID, USER_ID, Product, Variation
from orderbridge_sandboxes.platform import Call, Route

if TYPE_CHECKING:
    from orderbridge_sandboxes.ngorder import NgorderPlatform

TYPE_WORDS = {"S": "Stok Sendiri", "R": "Stok Supplier", "PO": "Pre Order"}
ORDERS = ("NEWEST", "LONGEST", "CHEAPEST", "EXPENSIVE", "LEAST_STOCK", "MOST_STOCK", "ASC", "DESC")


def find_variation(platform: NgorderPlatform, number: int | None, field: str = "variation_id") -> Variation:
    """The variant with this id; refuses otherwise."""
    variation = platform.shop.variations.get(number) if number is not None else None
    if variation is None:
        raise missing(platform, field, "variation")
    return variation


def _quantity(platform: NgorderPlatform, level: Any) -> Any:
    whole = isinstance(level, int) and not isinstance(level, bool)
    return f" {level}" if whole and platform.settings.numbers_as_text else level


def _variation(platform: NgorderPlatform, variation: Variation) -> JsonObject:
    return {
        "id": variation.id,
        "sku": variation.sku,
        "image": "",
        "thumbnail": "",
        "weight": 100,
        "size": variation.size,
        "color": variation.color,
        **variation.prices(),
        "stock_quantity": _quantity(platform, variation.level()),
        "stock": "Y",
    }


def _product(platform: NgorderPlatform, product: Product) -> JsonObject:
    levels = [variation.level() for variation in product.variations]
    whole = all(isinstance(level, int) and not isinstance(level, bool) for level in levels)
    warehouses = [0, *(number for number in platform.shop.warehouses if product.is_warehouse and number != 0)]
    return {
        "id": product.id,
        "name": product.name,
        "product_type": product.type,
        "type_description": TYPE_WORDS[product.type],
        "category_id": product.category_id,
        "category_name": "",
        "description": product.description,
        "discount": 0,
        "weight": product.weight,
        "is_warehouse": product.is_warehouse,
        "publish_status": product.publish_status,
        "shop_id": SHOP_ID,
        "user_id": USER_ID,
        "show_stock": product.show_stock,
        "total_stock": _quantity(platform, sum(levels) if whole else None),
        "wholesale_status": "N",
        "has_variation": "Y" if len(product.variations) > 1 else "N",
        "image": "",
        "thumbnail": "",
        "wholesales": [],
        "variations": [_variation(platform, variation) for variation in product.variations],
        "update_access": True,
        "warehouse": [{"name": platform.shop.warehouses[number]["warehouse"], "id": number} for number in warehouses],
    }


def _matches(product: Product, keyword: str | None) -> bool:
    """A part of the name or of a SKU is enough: PROD-1 finds PROD-10, too."""
    if keyword is None:
        return True
    texts = [product.name, *(variation.sku for variation in product.variations)]
    return any(keyword.lower() in text.lower() for text in texts)


def get_products(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Products: ten a page, newest last; `per_page` is not among its parameters."""
    parameters = Parameters(platform, call)
    keyword = parameters.text("keyword")
    kind = parameters.choice("type", validation.PRODUCT_TYPES)
    category = parameters.text("category")
    parameters.choice("price", ("NON_SET_PRICE", "NON_PROFIT"))
    parameters.choice("channel", ("JURNAL", "SHOPEE"))
    order = parameters.choice("order_by", ORDERS)
    page = parameters.integer("pagination_offset", 1, least=1) or 1
    parameters.done()
    found = list(platform.shop.products.values())
    if (keyword, kind, category) != (None, None, None):
        found = [
            product
            for product in found
            if kind in (None, product.type)
            and category in (None, "UNCATEGORIZED" if product.category_id == 0 else str(product.category_id))
            and _matches(product, keyword)
        ]
    if order == "NEWEST":
        found.reverse()
    size = platform.settings.products_per_page
    return paged(platform, found, (page, size), "product/search", lambda product: _product(platform, product))


def get_product_detail(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Product Detail: is_warehouse is null where Get Products says false."""
    product = platform.shop.products.get(path_id(platform, call, "product_id"))
    if product is None:
        raise gone(platform, "Product")
    shown = _product(platform, product)
    detail = {**shown, "is_warehouse": product.is_warehouse or None, "root_categories_id": None}
    return success(platform, call, {name: value for name, value in detail.items() if name != "wholesales"})


def get_variations(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Product Variations: by a part of the product's name; one page, without a word about others."""
    parameters = Parameters(platform, call)
    keyword = parameters.text("keyword")
    size = parameters.integer("per_page", 10, least=1, most=100) or 10
    parameters.integer("customer_id")
    parameters.done()
    shop = platform.shop
    found = [row for row in shop.variations.values() if keyword is None or keyword.lower() in row.name.lower()]
    rows = []
    for variation in found[:size]:
        product = shop.product_of(variation)
        rows.append(
            {
                "variation_id": variation.id,
                "product_id": product.id,
                "name": product.name,
                "product_type": product.type,
                "type_description": TYPE_WORDS[product.type],
                "preorder_title": None,
                "publish_status": product.publish_status,
                "stock_quantity": _quantity(platform, variation.level()),
                "sku": variation.sku,
                "image": "",
                "thumbnail": "",
                "discount": 0,
                "color": variation.size,  # the document's example has them the wrong way round
                "size": variation.color,
                "weight": 100,
                "category_id": product.category_id,
                "created_at": "2021-08-09T10:44:08+07:00",
                **variation.prices(),
                "wholesale_status": "N",
                "is_warehouse": int(product.is_warehouse),
                "warehouse_stock": _warehouse_stock(platform, variation) if product.is_warehouse else None,
                "promo": [],
            }
        )
    return Reply.of({"data": rows})


def _warehouse_stock(platform: NgorderPlatform, variation: Variation) -> list[JsonObject]:
    return [
        {
            "warehouse_id": number,
            "name": platform.shop.warehouses[number]["warehouse"],
            "stock": _quantity(platform, level),
        }
        for number, level in variation.levels.items()
    ]


def check_stock(platform: NgorderPlatform, call: Call) -> Reply:
    """Check Product Stock: one variant, in one warehouse or in all."""
    parameters = Parameters(platform, call)
    number = parameters.integer("variation_id", required=True)
    warehouse = parameters.integer("warehouse_id")
    parameters.done()
    variation = find_variation(platform, number)
    if warehouse is not None and warehouse not in platform.shop.warehouses:
        raise missing(platform, "warehouse_id", "warehouse")
    level = variation.level() if warehouse is None else variation.levels.get(warehouse, 0)
    prices = variation.prices()
    named = {name: prices[name] for name in ("price", "price1", "price2", "price3")}
    data = {"stock": _quantity(platform, level), **named, "price_dropship": prices["price_reseller"]}
    return success(platform, call, data)


def get_warehouse_levels(platform: NgorderPlatform, call: Call) -> Reply:
    """Check Stock per Warehouse: every warehouse at once."""
    variation = platform.shop.variations.get(path_id(platform, call, "variation_id"))
    if variation is None:
        raise gone(platform, "Variation")
    return Reply.of({"data": _warehouse_stock(platform, variation)})


def get_history(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Product Variation Histories: dates for people; the main warehouse is null."""
    parameters = Parameters(platform, call)
    number = parameters.integer("id", required=True)
    warehouse = parameters.integer("warehouse_id")
    parameters.day("start_date")
    parameters.day("end_date")
    page = parameters.page()
    parameters.done()
    variation = find_variation(platform, number, "id")
    rows = [
        row["shown"]
        for row in reversed(platform.shop.movements)
        if row["variation_id"] == variation.id and warehouse in (None, row["warehouse_id"])
    ]
    product = platform.shop.product_of(variation)
    names = {"product_id": product.id, "variation_id": variation.id, "product_name": product.name}
    title = {**names, "variation_name": f" {variation.color}"}
    return paged(platform, rows, page, "product/history", title=title)


def get_wholesale_minimum(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Wholesale Minimum."""
    parameters = Parameters(platform, call)
    number = parameters.integer("product_id", required=True)
    parameters.done()
    if number not in platform.shop.products:
        raise missing(platform, "product_id", "product")
    return Reply.of({"response": "success", "data": {"product_id": number, "minimum_quantity": 30}})


def generate_sku(platform: NgorderPlatform, call: Call) -> Reply:
    """Generate Product SKU: a GET with a body."""
    body = body_of(platform, call, catalogue_validation.SKU_REQUEST)
    rows = [
        {
            "name": entry["name"],
            "color": entry.get("color") or "",
            "size": entry.get("size") or "",
            "sku": f"{entry['name'][:3].upper()}-{platform.number('sku', 4096):x}",
            "old_sku": entry.get("old_sku") or "",
        }
        for entry in body["products"]
    ]
    return success(platform, call, rows)


def validate_sku(platform: NgorderPlatform, call: Call) -> Reply:
    """Validate SKU: true where no other variant has it."""
    body = body_of(platform, call, validation.SKU_CHECK)
    holders = [row for row in platform.shop.variations.values() if row.sku == body["sku"]]
    free = all(row.id == body["product_meta_id"] for row in holders)
    data = {"status": free, "variation": holders[0].color if holders else "", "product_id": ""}
    return success(platform, call, data)


def create_product(platform: NgorderPlatform, call: Call) -> Reply:
    """Create Product with its variants."""
    body = body_of(platform, call, catalogue_validation.NEW_PRODUCT)
    taken = {variation.sku for variation in platform.shop.variations.values()}
    if doubled := [row["sku"] for row in body["variations"] if row["sku"] in taken]:
        return failure(platform, {"variations": [f"The sku {sku} has already been taken." for sku in doubled]})
    product = Product(platform.number("product", 3_900_001), body["name"], body["product_type"], [])
    product.variations = [
        _new_variation(platform.number("variation", 9_900_001), product, row) for row in body["variations"]
    ]
    _describe(product, body)
    platform.shop.add(product)
    return _saved(platform, call, product)


def _new_variation(number: int, product: Product, row: JsonObject) -> Variation:
    warehouses = {entry["warehouse_id"]: entry["stock"] for entry in row["warehouse_stock"]}
    levels = warehouses or {0: row.get("stock_quantity", 0)}
    names = {"size": row["size"] or "", "color": row["color"] or ""}
    return Variation(number, product.id, row["sku"], product.name, row["price"], levels, **names)


def _describe(product: Product, body: JsonObject) -> None:
    product.name, product.description = body["name"], body["description"]
    product.publish_status, product.show_stock = body["publish_status"], body["show_stock"]
    product.category_id = body["category_id"]
    product.is_warehouse = str(body.get("is_warehouse", 0)) == "1"
    for variation in product.variations:
        variation.name = product.name


def _saved(platform: NgorderPlatform, call: Call, product: Product) -> Reply:
    levels = [variation.level() for variation in product.variations]
    data = {
        "product_id": product.id,
        "product_meta_id": [variation.id for variation in product.variations],
        "total_stock": sum(level for level in levels if isinstance(level, int)),
    }
    return success(platform, call, data, "Data successfully saved")


def update_product(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Product: a variant is found by its id, or deleted by the flag DELETE."""
    body = body_of(platform, call, catalogue_validation.PRODUCT_UPDATE)
    product = platform.shop.products.get(body["id"])
    if product is None:
        raise missing(platform, "id", "product")
    for row in body.get("variations", []):
        variation = find_variation(platform, int(row["id"]), "variations.id")
        if row.get("flag") == "DELETE":
            _remove(platform, variation)
            continue
        variation.sku, variation.price = row["sku"], row["price"]
        if "stock_quantity" in row and not product.is_warehouse:
            variation.levels = {0: row["stock_quantity"]}
    _describe(product, body)
    return _saved(platform, call, product)


def _remove(platform: NgorderPlatform, variation: Variation) -> None:
    platform.shop.product_of(variation).variations.remove(variation)
    del platform.shop.variations[variation.id]


def delete_variations(platform: NgorderPlatform, call: Call) -> Reply:
    """Delete Variation: a DELETE with a body."""
    for variation in [find_variation(platform, row, "id") for row in body_of(platform, call, validation.BY_IDS)["id"]]:
        _remove(platform, variation)
    return Reply.of({"response": "success", "message": "Data has been deleted"})


def delete_products(platform: NgorderPlatform, call: Call) -> Reply:
    """Delete Products: a DELETE with a body."""
    numbers = body_of(platform, call, validation.BY_IDS)["id"]
    if any(number not in platform.shop.products for number in numbers):
        raise missing(platform, "id", "product")
    for number in numbers:
        for variation in list(platform.shop.products[number].variations):
            _remove(platform, variation)
        del platform.shop.products[number]
    return Reply.of({"response": "success", "message": "Data has been deleted"})


ROUTES = [
    Route("GET", "/api/open/product/search", get_products),
    Route("GET", "/api/open/product/{product_id}/detail", get_product_detail),
    Route("GET", "/api/open/product/variation", get_variations),
    Route("GET", "/api/open/product/check-stock", check_stock),
    Route("GET", "/api/open/product/history/warehouse/{variation_id}", get_warehouse_levels),
    Route("GET", "/api/open/product/history", get_history),
    Route("GET", "/api/open/product/wholesale", get_wholesale_minimum),
    Route("GET", "/api/open/product/sku/generate-new", generate_sku),
    Route("POST", "/api/open/product/sku/validation", validate_sku),
    Route("POST", "/api/open/product", create_product),
    Route("PATCH", "/api/open/product", update_product),
    Route("DELETE", "/api/open/product/variation", delete_variations),
    Route("DELETE", "/api/open/product", delete_products),
]
