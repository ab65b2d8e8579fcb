"""Customers, their categories, and the regions that a new customer's district comes from."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

from orderbridge_sandboxes.exchange import JsonObject, Reply
from orderbridge_sandboxes.ngorder import demo, validation
from orderbridge_sandboxes.ngorder.answers import Parameters, body_of, missing, paged, success
from orderbridge_sandboxes.ngorder.lists import order_day
from orderbridge_sandboxes.ngorder.state import REGIONS, Shop, customer_row, shown
from orderbridge_sandboxes.platform import Call, Route
from orderbridge_sandboxes.validation import Problem, Problems, parse_date

if TYPE_CHECKING:
    from orderbridge_sandboxes.ngorder import NgorderPlatform


def get_customers(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Customers: a GET with a body (the query works as well); the category is required."""
    parameters = Parameters(platform, call, with_body=True)
    category = parameters.text("category", required=True)
    keyword = parameters.text("keyword", most=50)
    kind = parameters.choice("type", ("NAME", "EMAIL", "PHONE", "ADDRESS"), "NAME")
    start, end = parameters.day("create_from", date.min), parameters.day("create_to", date.max)
    parameters.choice("registration_status", ("0", "1", "4", "T", "R"))
    parameters.choice("order_by", ("LATEST_CUSTOMER", "LAST_ORDER"))
    page = parameters.page()
    if category is not None and category not in platform.shop.customer_category_codes():
        parameters.refuse("category", "is invalid.")
    parameters.done()
    found = [
        row
        for row in platform.shop.customers.values()
        if row["category_code"] == category
        and (start or date.min) <= (parse_date(row["_created"]) or date.min) <= (end or date.max)
        and (keyword is None or keyword.lower() in str(row[(kind or "NAME").lower()] or "").lower())
    ]
    names = {row["code"]: row["category_name"] for row in platform.shop.customer_categories.values()}
    return paged(platform, found, page, "customer", lambda row: {**shown(row), "category": names[row["category_code"]]})


def _unknown(shop: Shop, body: Any) -> Problems:
    found: Problems = []
    top = body if isinstance(body, dict) else {}
    if "district_id" in top and _region(top["district_id"]) is None:
        found.append(Problem("district_id", "exists", "is invalid."))
    if "category" in top and top["category"] not in shop.customer_category_codes():
        found.append(Problem("category", "exists", "is invalid."))
    return found


def _region(district_id: Any) -> JsonObject | None:
    """The region whose top-level id this is (not the nested district's)."""
    return next((row for row in REGIONS if str(row["id"]) == str(district_id)), None)


def create_customer(platform: NgorderPlatform, call: Call) -> Reply:
    """Create Customer: nothing keeps a second one with the same name and phone out."""
    body = body_of(platform, call, validation.NEW_CUSTOMER, _unknown)
    number = platform.number("customer", demo.CUSTOMER + 500_001)
    more = {name: body.get(name) for name in ("postal_code", "line", "email", "other", "is_active")}
    region = _region(body["district_id"]) or REGIONS[0]
    more["created"] = platform.local_time().date().isoformat()
    phone, address, category = str(body["phone"]), body["address"], body["category"]
    platform.shop.customers[number] = customer_row(number, body["name"], phone, region, address, category, **more)
    return success(platform, call, {"customer_id": number, "name": body["name"]})


def _find(platform: NgorderPlatform, number: int, field: str) -> JsonObject:
    row = platform.shop.customers.get(number)
    if row is None:
        raise missing(platform, field, "customer")
    return row


def update_customer(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Customer."""
    body = body_of(platform, call, validation.CUSTOMER_UPDATE, _unknown)
    row = _find(platform, body["customer_id"], "customer_id")
    row.update({name: body[name] for name in ("name", "address", "line", "email", "other") if name in body})
    row.update({name: str(body[name]) for name in ("phone", "postal_code") if name in body})
    if "category" in body:
        row["category_code"] = body["category"]
    return success(platform, call, {"customer_id": row["id"], "name": row["name"]})


def update_activation(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Customer Activation Status: the id comes back as text."""
    body = body_of(platform, call, validation.ACTIVATION)
    row = _find(platform, body["id"], "id")
    words = {"0": "refused", "1": "accepted", "2": "activated", "4": "blocked", "5": "deleted", "6": "unblocked"}
    if body["status"] == "5":
        del platform.shop.customers[row["id"]]
    data = {"customer_id": str(row["id"]), "name": row["name"]}
    return success(platform, call, data, f"{row['name']} has been {words[body['status']]}")


def get_order_histories(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Customer Order Histories: its URL is broken in the document; this is the one of its own links."""
    parameters = Parameters(platform, call)
    number = parameters.integer("id", required=True)
    start, end = parameters.day("start_date", date.min), parameters.day("end_date", date.max)
    page = parameters.page()
    parameters.done()
    customer = _find(platform, -1 if number is None else number, "id")
    found = [
        held
        for held in platform.listed()
        if held.body["customer_sender_id"] == customer["id"]
        and (start or date.min) <= order_day(held) <= (end or date.max)
    ]
    rows = [
        {
            "order_id": held.id,
            "po_number": held.view["po_number"],
            "date": held.view["created"].strftime("%Y-%m-%d %H:%M:%S"),
            "total_price": held.view["total_amount"],
            "product_status": held.body["products"][0]["product_status"],
            "order_detail": [
                {"product_name": held.view["variations"][line["id"]].name, "total": f" {line['qty']}"}
                for line in held.body["products"]
            ],
            "items": sum(line["qty"] for line in held.body["products"]),
        }
        for held in found
    ]
    total = {"items": sum(row["items"] for row in rows), "orders": len(rows)}
    return paged(platform, rows, page, "customer/order-history", total=total)


def get_customers_per_month(platform: NgorderPlatform, call: Call) -> Reply:
    """Customer per Month."""
    months = Counter(row["_created"][:7] for row in platform.shop.customers.values())
    rows = [{"total": count, "date": month} for month, count in sorted(months.items(), reverse=True)]
    return success(platform, call, rows)


def get_regions(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Regions: one a page unless more are asked for; a subdistrict's own id is the district_id of customers."""
    parameters = Parameters(platform, call)
    keyword = parameters.text("keyword")
    parameters.integer("pagination_offset", required=True)
    page = parameters.page(1)
    parameters.done()
    rows = [row for row in REGIONS if keyword is None or keyword.lower() in row["subdistrict"].lower()]
    return paged(platform, rows, page, "region")


def get_customer_categories(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Categories."""
    parameters = Parameters(platform, call)
    status = parameters.choice("status", ("Y", "N"))
    parameters.done()
    wanted = {"Y": "ACTIVE", "N": "NON ACTIVE"}.get(status or "")
    rows = platform.shop.customer_categories.values()
    return Reply.of({"data": [row for row in rows if wanted in (None, row["status"])]})


def create_customer_category(platform: NgorderPlatform, call: Call) -> Reply:
    """Create Category: not active, and its accesses come back as text."""
    body = body_of(platform, call, validation.NEW_CUSTOMER_CATEGORY)
    number = platform.number("customer category", 123)
    row = {
        "id": number,
        "code": str(number - 121),
        "category_name": body["category_name"],
        "status": "NON ACTIVE",
        "discount_access": body.get("discount_access", True),
        "wholesale_access": body.get("wholesale_access", True),
    }
    platform.shop.customer_categories[number] = row
    accesses = {name: str(int(row[name])) for name in ("discount_access", "wholesale_access")}
    return success(platform, call, {**row, **accesses})


def update_customer_category(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Customer Category."""
    body = body_of(platform, call, validation.CUSTOMER_CATEGORY_UPDATE)
    row = platform.shop.customer_categories.get(body["id"])
    if row is None:
        raise missing(platform, "id", "customer category")
    if "status" in body:
        body["status"] = "ACTIVE" if body["status"] == "Y" else "NON ACTIVE"
    row.update(body)
    return success(platform, call, row)


ROUTES = [
    Route("GET", "/api/open/customer", get_customers),
    Route("POST", "/api/open/customer/create", create_customer),
    Route("PATCH", "/api/open/customer/update", update_customer),
    Route("PATCH", "/api/open/customer/activation-status", update_activation),
    Route("GET", "/api/open/customer/order-history", get_order_histories),
    Route("GET", "/api/open/customer/per-month", get_customers_per_month),
    Route("GET", "/api/open/region", get_regions),
    Route("GET", "/api/open/customer-category", get_customer_categories),
    Route("POST", "/api/open/customer-category/create", create_customer_category),
    Route("PATCH", "/api/open/customer-category/update", update_customer_category),
]
