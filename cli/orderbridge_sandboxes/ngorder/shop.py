"""The shop itself: users, profile, suppliers, warehouses, categories of products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge_sandboxes.exchange import JsonObject, Reply
from orderbridge_sandboxes.ngorder import validation
from orderbridge_sandboxes.ngorder.answers import Parameters, body_of, gone, missing, success
from orderbridge_sandboxes.ngorder.orders import path_id
from orderbridge_sandboxes.ngorder.state import (
    REGIONS,
    ROOT_CATEGORIES,
    SHOP_ID,
    USER_ID,
    shown,
    supplier_row,
)
from orderbridge_sandboxes.platform import Call, Route
from orderbridge_sandboxes.validation import numeric, optional, record, required, text

if TYPE_CHECKING:
    from orderbridge_sandboxes.ngorder import NgorderPlatform

USERS = [{"id": USER_ID, "name": "Juragan", "email": "juragan@smartseller.co.id"}]
_filled = required(text(filled=True))
PROFILE = record(
    {
        "full_name": _filled,
        "phone_number": required(numeric),
        "password": optional(text()),
        "password_confirmation": optional(text()),
    }
)
SHOP_UPDATE = record(
    {
        "shop_name": _filled,
        "subdomain": _filled,
        "phone": required(numeric),
        "name": _filled,
        "description": optional(text()),
    }
)
SHOP_GENERAL = record({name: required(text()) for name in ("shop_name", "phone", "description", "address", "logo")})


def get_users(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Users."""
    return success(platform, call, USERS)


def update_profile(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Profile."""
    body = body_of(platform, call, PROFILE)
    return success(platform, call, {name: body[name] for name in ("full_name", "phone_number")})


def get_shop(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Detail: a list of one shop, without `response`."""
    del call
    fixed = {"id": SHOP_ID, "status": "ACTIVE", "class": "PLATINUM", "expired_date": "2027-05-01", "warehouse": True}
    supplier = next(iter(platform.shop.suppliers.values()))
    return Reply.of({"data": [{**fixed, **platform.shop.profile, "users": USERS, "active_supplier": supplier}]})


def update_shop(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Detailed Info."""
    platform.shop.profile.update(body_of(platform, call, SHOP_UPDATE))
    return success(platform, call, {"shop_id": SHOP_ID})


def update_shop_general(platform: NgorderPlatform, call: Call) -> Reply:
    """Update General Info."""
    body = body_of(platform, call, SHOP_GENERAL)
    platform.shop.profile.update(body)
    return success(platform, call, body, "General info successfully updated")


# --- Supplier ---


def get_suppliers(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Suppliers."""
    del call
    return Reply.of({"data": list(platform.shop.suppliers.values())})


def create_supplier(platform: NgorderPlatform, call: Call) -> Reply:
    """Create Supplier; the address is called `addess`."""
    body = body_of(platform, call, validation.NEW_SUPPLIER)
    number = platform.number("supplier", 17_200)
    region = _region(platform, body["district_id"])
    row = supplier_row(number, body["name"], region, body["addess"], str(body["phone"]), body["description"])
    platform.shop.suppliers[number] = row
    return success(platform, call, {"supplier_id": number, "name": body["name"]})


def _region(platform: NgorderPlatform, district_id: Any) -> JsonObject:
    for region in REGIONS:
        if str(region["id"]) == str(district_id):
            return region
    raise missing(platform, "district_id", "district")


def update_supplier(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Supplier: its URL is broken in the document; this is the analogy to the others."""
    body = body_of(platform, call, validation.SUPPLIER_UPDATE)
    row = _row(platform, platform.shop.suppliers, body["supplier_id"], "supplier_id")
    row.update({name: body[name] for name in ("name", "phone", "description") if name in body})
    if "addess" in body:
        row["address"] = body["addess"]
    return success(platform, call, {"supplier_id": row["id"], "name": row["name"]})


def _row(platform: NgorderPlatform, rows: dict[int, JsonObject], number: int, field: str) -> JsonObject:
    if number not in rows:
        raise missing(platform, field, field.removesuffix("_id"))
    return rows[number]


# --- Warehouse ---


def get_warehouses(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Warehouses: the main one, id 0, only where it is asked for."""
    parameters = Parameters(platform, call)
    with_main = parameters.flag("with_main_warehouse")
    permitted = parameters.flag("admin_permission")
    active = parameters.choice("is_active", ("ALL", "ACTIVE", "NON_ACTIVE"), "ACTIVE" if permitted else "ALL")
    parameters.done()
    rows = [
        shown(row)
        for row in platform.shop.warehouses.values()
        if (with_main or row["id"] != 0) and active in ("ALL", "ACTIVE" if row["_active"] else "NON_ACTIVE")
    ]
    return Reply.of({"data": rows})


def get_warehouse(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Warehouse Detail."""
    number = path_id(platform, call, "id")
    if number not in platform.shop.warehouses:
        raise gone(platform, "Warehouse")
    return success(platform, call, shown(platform.shop.warehouses[number]))


def create_warehouse(platform: NgorderPlatform, call: Call) -> Reply:
    """Create Warehouse."""
    return _keep_warehouse(platform, call, body_of(platform, call, validation.NEW_WAREHOUSE), None)


def update_warehouse(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Warehouse."""
    body = body_of(platform, call, validation.WAREHOUSE_UPDATE)
    return _keep_warehouse(platform, call, body, _row(platform, platform.shop.warehouses, body["id"], "id")["id"])


def _keep_warehouse(platform: NgorderPlatform, call: Call, body: JsonObject, number: int | None) -> Reply:
    supplier = _row(platform, platform.shop.suppliers, body["supplier_id"], "supplier_id")
    kept = platform.number("warehouse", 30) if number is None else number
    platform.shop.warehouses[kept] = {
        "id": kept,
        "warehouse": body["warehouse"],
        "supplier_id": supplier["id"],
        "address": supplier["location"],
        "_active": body["is_active"],
    }
    return success(platform, call, {"id": kept, "name": body["warehouse"]})


def delete_warehouse(platform: NgorderPlatform, call: Call) -> Reply:
    """Delete Warehouse: not the main one."""
    number = path_id(platform, call, "id")
    if number == 0 or number not in platform.shop.warehouses:
        raise gone(platform, "Warehouse")
    return success(platform, call, shown(platform.shop.warehouses.pop(number)))


# --- Categories of products ---


def get_root_categories(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Root Categories."""
    del platform, call
    return Reply.of({"data": [{"id": number, "categories": name} for number, name in ROOT_CATEGORIES.items()]})


def update_root_category(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Category (root)."""
    body = body_of(platform, call, validation.ROOT_CATEGORY_UPDATE)
    row = _row(platform, platform.shop.categories, body["id"], "id")
    row.update(_root(platform, body["root_categories_id"]))
    return success(platform, call, {"id": row["id"], "root_categories_id": row["root_categories_id"]})


def _root(platform: NgorderPlatform, number: int) -> JsonObject:
    if number not in ROOT_CATEGORIES:
        raise missing(platform, "root_categories_id", "root category")
    return {"root_categories_id": number, "root_categories_name": ROOT_CATEGORIES[number]}


def get_categories(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Categories (of the shop's own)."""
    del call
    return Reply.of({"data": list(platform.shop.categories.values())})


def get_category(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Category Detail."""
    number = path_id(platform, call, "id")
    if number not in platform.shop.categories:
        raise gone(platform, "Category")
    return Reply.of({"response": "Sukses", "data": platform.shop.categories[number]})


def create_category(platform: NgorderPlatform, call: Call) -> Reply:
    """Create Category."""
    body = body_of(platform, call, validation.NEW_CATEGORY)
    return _keep_category(platform, body, platform.number("category", 101_555))


def update_category(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Category."""
    body = body_of(platform, call, validation.CATEGORY_UPDATE)
    return _keep_category(platform, body, _row(platform, platform.shop.categories, body["id"], "id")["id"])


def _keep_category(platform: NgorderPlatform, body: JsonObject, number: int) -> Reply:
    root = _root(platform, body["root_categories_id"])
    row = {"id": number, "name": body["name"], **root, "updated_at": f"{platform.clock():%Y-%m-%dT%H:%M:%S.%fZ}"}
    platform.shop.categories[number] = row
    return Reply.of({"response": "sukses", "message": "Data berhasil disimpan", "data": row})


def delete_category(platform: NgorderPlatform, call: Call) -> Reply:
    """Delete Category: success with `data` null."""
    if platform.shop.categories.pop(path_id(platform, call, "id"), None) is None:
        raise gone(platform, "Category")
    return Reply.of({"response": "Sukses", "message": "Data berhasil dihapus", "data": None})


ROUTES = [
    Route("GET", "/api/open/user", get_users),
    Route("PATCH", "/api/open/user/profile", update_profile),
    Route("GET", "/api/open/shop", get_shop),
    Route("PATCH", "/api/open/shop/update", update_shop),
    Route("PATCH", "/api/open/shop/general", update_shop_general),
    Route("GET", "/api/open/supplier", get_suppliers),
    Route("POST", "/api/open/supplier/create", create_supplier),
    Route("PATCH", "/api/open/supplier/update", update_supplier),
    Route("GET", "/api/open/warehouse", get_warehouses),
    Route("POST", "/api/open/warehouse", create_warehouse),
    Route("PATCH", "/api/open/warehouse", update_warehouse),
    Route("GET", "/api/open/warehouse/{id}", get_warehouse),
    Route("DELETE", "/api/open/warehouse/{id}", delete_warehouse),
    Route("GET", "/api/open/master-product-category", get_root_categories),
    Route("PATCH", "/api/open/master-product-category", update_root_category),
    Route("GET", "/api/open/product-category", get_categories),
    Route("POST", "/api/open/product-category", create_category),
    Route("PATCH", "/api/open/product-category", update_category),
    Route("GET", "/api/open/product-category/{id}", get_category),
    Route("DELETE", "/api/open/product-category/{id}", delete_category),
]
