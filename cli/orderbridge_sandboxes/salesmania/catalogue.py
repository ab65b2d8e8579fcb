"""Customers and products of the database that the team token opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge_sandboxes.exchange import JsonObject, Refused, Reply
from orderbridge_sandboxes.platform import Call, Route
from orderbridge_sandboxes.salesmania import demo, validation
from orderbridge_sandboxes.salesmania.state import page_of, shaped_list
from orderbridge_sandboxes.validation import Problem, Problems

if TYPE_CHECKING:
    from orderbridge_sandboxes.salesmania import SalesmaniaPlatform


def get_customers(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Get customers."""
    rows = page_of(list(platform.opened(call)[0].customers.values()), call.request)
    return shaped_list(rows, "customers", platform.settings.list_shape)


def add_customer(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Add new customer."""
    database = platform.opened(call)[0]
    body = platform.body(call, validation.NEW_CUSTOMER)
    row = {"id": platform.number("customer", demo.CUSTOMER + 10_000), "status": True, "tags": [], **body}
    database.customers[row["id"]] = row
    return Reply.of(row)


def get_customer(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Get customer by ID."""
    return Reply.of(_row(platform, call, platform.opened(call)[0].customers, "Customer"))


def update_customer(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Update customer by ID."""
    row = _row(platform, call, platform.opened(call)[0].customers, "Customer")
    row.update(platform.body(call, validation.CUSTOMER_UPDATE))
    return Reply.of({})


def delete_customer(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Delete customer by ID."""
    customers = platform.opened(call)[0].customers
    del customers[_row(platform, call, customers, "Customer")["id"]]
    return Reply.of({})


def _row(platform: SalesmaniaPlatform, call: Call, rows: dict[int, JsonObject], what: str) -> JsonObject:
    number = call.values["id"]
    row = rows.get(int(number)) if number.isdecimal() else None
    if row is None:
        raise Refused(platform.refusal(404, f"{what} not found."))
    return row


def get_products(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Get products, with `qty_on_hand`."""
    rows = page_of(list(platform.opened(call)[0].products.values()), call.request)
    return shaped_list(rows, "products", platform.settings.list_shape)


def add_product(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Add new product: at least one unit has ratio 1."""
    database = platform.opened(call)[0]
    body = platform.body(call, validation.NEW_PRODUCT)
    platform.refuse_if_any(_units(body))
    row = {"id": platform.number("product", demo.PRODUCT + 400_000), "status": True, "tags": [], **body}
    database.products[row["id"]] = row
    return Reply.of(row)


def get_product(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Get product by ID."""
    return Reply.of(_row(platform, call, platform.opened(call)[0].products, "Product"))


def update_product(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Update product by ID; `qty_on_hand` is absolute."""
    row = _row(platform, call, platform.opened(call)[0].products, "Product")
    body = platform.body(call, validation.PRODUCT_UPDATE)
    platform.refuse_if_any(_units(body))
    row.update(body)
    return Reply.of({})


def delete_product(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Delete product by ID."""
    products = platform.opened(call)[0].products
    del products[_row(platform, call, products, "Product")["id"]]
    return Reply.of({})


def _units(body: JsonObject) -> Problems:
    units = body.get("product_units")
    if units is None or any(unit["ratio"] == 1 for unit in units):
        return []
    return [Problem("product_units", "conflict", "at least one unit must have ratio 1")]


ROUTES = [
    Route("GET", "/extapi/v1.0/customers", get_customers),
    Route("POST", "/extapi/v1.0/customers", add_customer),
    Route("GET", "/extapi/v1.0/customers/{id}", get_customer),
    Route("PATCH", "/extapi/v1.0/customers/{id}", update_customer),
    Route("DELETE", "/extapi/v1.0/customers/{id}", delete_customer),
    Route("GET", "/extapi/v1.0/products", get_products),
    Route("POST", "/extapi/v1.0/products", add_product),
    Route("GET", "/extapi/v1.0/products/{id}", get_product),
    Route("PATCH", "/extapi/v1.0/products/{id}", update_product),
    Route("DELETE", "/extapi/v1.0/products/{id}", delete_product),
]
