"""Orders and visits: Add new order, Get and Update order by ID, and the visit that every order creates."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orderbridge_sandboxes.exchange import JsonObject, Refused, Reply
from orderbridge_sandboxes.platform import Call, HeldOrder, Route
from orderbridge_sandboxes.salesmania import validation
from orderbridge_sandboxes.salesmania.state import Database, page_of, shaped_list
from orderbridge_sandboxes.validation import Problem, Problems, is_unknown, join, objects_in

if TYPE_CHECKING:
    from orderbridge_sandboxes.salesmania import SalesmaniaPlatform

VISIT_STATUSES = ("Order", "Order Telepon")
FIRST_ORDER_ID = 880_001


def add_order(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Add new order: 200 `{}`, without an id, and with no check whether ext_order_no is known already."""
    database, token_team = platform.opened(call)
    body = platform.body(call, validation.NEW_ORDER, lambda body: _unknown_ids(database, body))
    order_id = platform.number("order", FIRST_ORDER_ID)
    held = platform.hold(call.request, order_id, body.get("ext_order_no"), body, body.get("status", "Baru"))
    held.view = {**body, "total": total_of(body)}
    database.order_ids.add(order_id)
    _visit(platform, database, body, body.get("team_id", token_team), order_id)
    if platform.settings.orders_take_stock:
        _take_stock(database, body)
    return Reply.of({})


def _unknown_ids(database: Database, body: Any) -> Problems:
    found: Problems = []
    top = body if isinstance(body, dict) else {}
    if is_unknown(top.get("customer_id"), database.customers):
        found.append(Problem("customer_id", "exists", "customer not found"))
    if is_unknown(top.get("team_id"), database.teams):
        found.append(Problem("team_id", "exists", "team not found"))
    if top.get("visit_status", VISIT_STATUSES[0]) not in VISIT_STATUSES:
        found.append(Problem("visit_status", "exists", "there is no such visit status of type Order"))
    for path, line in objects_in(body, "ordered_products"):
        if is_unknown(line.get("product_id"), database.products):
            found.append(Problem(join(path, "product_id"), "exists", "product not found"))
        elif not _has_unit(database, line.get("product_id"), line.get("unit")):
            found.append(Problem(join(path, "unit"), "exists", "the product has no such unit"))
    return found


def _has_unit(database: Database, product_id: Any, unit: Any) -> bool:
    """False only where product and unit are well-formed and do not belong together."""
    product = database.products.get(product_id) if isinstance(product_id, int) else None
    if product is None or not isinstance(unit, str):
        return True
    return any(unit == known["name"] for known in product["product_units"])


def total_of(body: JsonObject) -> Decimal:
    """The order's total in rupiah: percents cascade (`55.05+3` leaves 43.6015 of 100), amounts are per unit."""
    total = Decimal(0)
    for line in body["ordered_products"]:
        price = _less(Decimal(line["price"]), line.get("item_disc_percent"), line.get("item_disc_amount"))
        total += price * Decimal(line["qty"])
    return _less(total, body.get("disc_percent"), body.get("disc_amount"))


def _less(amount: Decimal, percents: str | None, discount: Any) -> Decimal:
    for percent in (percents or "0").split("+"):
        amount -= amount * Decimal(percent) / 100
    return amount - Decimal(discount or 0)


def _take_stock(database: Database, body: JsonObject) -> None:
    for line in body["ordered_products"]:
        product = database.products[line["product_id"]]
        ratio = next(unit["ratio"] for unit in product["product_units"] if unit["name"] == line["unit"])
        if isinstance(product["qty_on_hand"], int):
            product["qty_on_hand"] -= line["qty"] * ratio


def _visit(platform: SalesmaniaPlatform, database: Database, body: JsonObject, team: int, order_id: int | None) -> int:
    visit_id = platform.number("visit", 40_001)
    database.visits[visit_id] = {
        "id": visit_id,
        "date": body["date"],
        "customer_id": body["customer_id"],
        "team_id": team,
        "visit_status": body.get("visit_status", VISIT_STATUSES[0]) if order_id else None,
        "order_id": order_id,
    }
    return visit_id


def _held(platform: SalesmaniaPlatform, call: Call, database: Database | None) -> HeldOrder:
    number = call.values["id"]
    held = platform.held.get(int(number)) if number.isdecimal() else None
    if held is None or (database is not None and held.id not in database.order_ids):
        raise Refused(platform.refusal(404, "Order not found."))
    return held


def get_order(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Get order by ID."""
    held = _held(platform, call, platform.opened(call)[0])
    return Reply.of({"id": held.id, **held.view, "status": held.status})


def update_order(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Update order by ID: `ext_order_status_name` and nothing else; the team token is optional here."""
    database = platform.opened(call)[0] if "team_token" in call.request.query else None
    held = _held(platform, call, database)
    held.view.update(platform.body(call, validation.ORDER_UPDATE))
    return Reply.of({})


def get_visits(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Get visits."""
    rows = page_of(list(platform.opened(call)[0].visits.values()), call.request)
    return shaped_list(rows, "visits", platform.settings.list_shape)


def add_visit(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Add new visit (version 1.1)."""
    database, token_team = platform.opened(call)
    body = platform.body(call, validation.NEW_VISIT)
    if body["customer_id"] not in database.customers:
        platform.refuse_if_any([Problem("customer_id", "exists", "customer not found")])
    return Reply.of({"id": _visit(platform, database, body, body.get("team_id", token_team), None)})


ROUTES = [
    Route("POST", "/extapi/v1.0/orders", add_order),
    Route("GET", "/extapi/v1.0/orders/{id}", get_order),
    Route("PATCH", "/extapi/v1.0/orders/{id}", update_order),
    Route("GET", "/extapi/v1.1/visits", get_visits),
    Route("POST", "/extapi/v1.1/visits", add_visit),
]
