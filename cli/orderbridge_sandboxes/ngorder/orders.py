"""Create, update, pay, ship and cancel orders. The price comes from the shop's catalogue; nobody sends one."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import TYPE_CHECKING, Any

from orderbridge_sandboxes.exchange import JsonObject, Refused, Reply
from orderbridge_sandboxes.ngorder import validation
from orderbridge_sandboxes.ngorder.answers import Parameters, body_of, failure, gone, missing, success
from orderbridge_sandboxes.ngorder.state import BANKS, RATE_IDS, Shop
from orderbridge_sandboxes.platform import Call, HeldOrder, Route
from orderbridge_sandboxes.validation import Problem, Problems, is_unknown, join, objects_in

if TYPE_CHECKING:
    from orderbridge_sandboxes.ngorder import NgorderPlatform

FIRST_ORDER_ID = 34_481_001
FIRST_PO_NUMBER = 10_001
MARKER = re.compile(r"\[(SO-[0-9]{8}-[0-9]{5,})\]")
ENDED = ("CANCELED", "REJECTED", "EXPIRED")


def create_order(platform: NgorderPlatform, call: Call) -> Reply:
    """Create an order. Nothing in it identifies it to the shop: sent twice, it is two orders."""
    body = body_of(platform, call, validation.NEW_ORDER, unknown_ids)
    marker = MARKER.search(body.get("note") or "")
    order_id = platform.number("order", FIRST_ORDER_ID)
    held = platform.hold(call.request, order_id, marker[1] if marker else None, body, "UNPAID")
    held.awb_number = body.get("awb_number")
    held.view = _first_view(platform, body)
    _settle_payment(held, body["payment"]["status"])
    if platform.settings.orders_take_stock:
        _take_stock(platform.shop, body)
    data = {"order_id": order_id, "po_number": held.view["po_number"]}
    return success(platform, call, data, "Order created", request_id=platform.request_id())


def unknown_ids(shop: Shop, body: Any) -> Problems:
    """Every id in an order that the shop does not have, and every product_status that is not the product's own."""
    found: Problems = []
    top = body if isinstance(body, dict) else {}
    known: list[tuple[str, str, Container[Any]]] = [
        ("", "customer_sender_id", shop.customers),
        ("", "customer_receiver_id", shop.customers),
        ("", "supplier_id", shop.suppliers),
        ("", "order_source_id", shop.order_sources),
        ("expedition", "id", RATE_IDS),
        ("payment", "bank_id", [bank["bank_id"] for bank in BANKS]),
    ]
    for part, name, ids in known:
        within = top.get(part) if part else top
        if isinstance(within, dict) and is_unknown(within.get(name), ids):
            found.append(Problem(join(part, name), "exists", "is invalid."))
    for path, line in objects_in(body, "products"):
        _check_line(shop, line, path, found)
    return found


def _check_line(shop: Shop, line: JsonObject, path: str, found: Problems) -> None:
    if is_unknown(line.get("id"), shop.variations):
        found.append(Problem(join(path, "id"), "exists", "is invalid."))
    elif line.get("product_status") in validation.PRODUCT_TYPES and not isinstance(line.get("id"), bool):
        variation = shop.variations.get(line["id"]) if isinstance(line.get("id"), int) else None
        kind = shop.product_of(variation).type if variation else line["product_status"]
        if line["product_status"] != kind:
            message = f"must be one of the following value : {kind}"
            found.append(Problem(join(path, "product_status"), "choice", message))
    if is_unknown(line.get("warehouse_id"), shop.warehouses):
        found.append(Problem(join(path, "warehouse_id"), "exists", "is invalid."))


def _first_view(platform: NgorderPlatform, body: JsonObject) -> JsonObject:
    now = platform.local_time()
    return {
        "po_number": platform.number("po_number", FIRST_PO_NUMBER),
        "note": body.get("note") or "",
        **_named_parts(platform.shop, body),
        "order_status": "ACCEPTED",
        "progress": "UNPAID",
        "shipping": None,
        "payment_status": "UNPAID",
        "paid": [],
        "created": now,
        "updated": now,
    }


def _named_parts(shop: Shop, body: JsonObject) -> JsonObject:
    """What the order names, as it was then: the shop may change or delete it later."""
    variations = {line["id"]: shop.variations[line["id"]] for line in body["products"]}
    return {
        "total_amount": total_of(shop, body),
        "sender": shop.customers[body["customer_sender_id"]],
        "receiver": shop.customers[body["customer_receiver_id"]],
        "supplier": shop.suppliers[body["supplier_id"]],
        "variations": variations,
        "in_warehouses": [number for number, row in variations.items() if shop.product_of(row).is_warehouse],
    }


def total_of(shop: Shop, body: JsonObject) -> int:
    """Catalogue prices of the sender's category, less discounts, plus shipping and costs; whole rupiah."""
    category = shop.customers[body["customer_sender_id"]]["category_code"]
    goods = 0
    for line in body["products"]:
        price = shop.variations[line["id"]].price_for(category)
        goods += (price - _part(price, line)) * line["qty"]
    costs = 0
    for cost in body.get("order_cost", []):
        sign = -1 if cost["category"] == "DISCOUNT" else 1
        costs += sign * _part(goods, cost)
    rate: int = body["expedition"]["rate"]
    return goods + costs + rate


def _part(amount: int, terms: JsonObject) -> int:
    if terms.get("type") == "PERCENTAGE":
        return amount * int(terms["percentage"]) // 100
    return int(terms["nominal"]) if terms.get("type") == "NOMINAL" else 0


def _take_stock(shop: Shop, body: JsonObject) -> None:
    for line in body["products"]:
        variation = shop.variations[line["id"]]
        warehouse = line.get("warehouse_id", 0)
        if isinstance(variation.levels.get(warehouse), int):
            variation.levels[warehouse] -= line["qty"]


def _settle_payment(held: HeldOrder, status: str) -> None:
    held.view["payment_status"] = status
    held.view["progress"] = {"PAID": "NO AWB", "INSTALLMENT": "INSTALLMENT"}.get(status, "UNPAID")
    held.view["shipping"] = "READY_TO_SHIP" if status == "PAID" else None
    held.status = held.view["progress"]


def find(platform: NgorderPlatform, order_id: int | None, *, ended: bool = False) -> HeldOrder:
    """The live order with this id, or the ended one; refuses otherwise."""
    held = platform.held.get(order_id) if order_id is not None else None
    if held is None or (held.view["order_status"] in ENDED) is not ended:
        raise missing(platform, "id", "order")
    return held


def update_order(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Order: the whole order again, with its id."""
    body = body_of(platform, call, validation.ORDER_UPDATE, unknown_ids)
    held = find(platform, body["order_id"])
    held.body = {"order_date": held.body["order_date"], **{k: v for k, v in body.items() if k != "order_id"}}
    held.view.update(_named_parts(platform.shop, body), note=body.get("note") or "", updated=platform.local_time())
    return success(platform, call, _named(held), "Order updated", request_id=platform.request_id())


def _named(held: HeldOrder) -> JsonObject:
    return {"order_id": held.id, "po_number": held.view["po_number"]}


def quick_payment(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Payment: all that is left, or an instalment of it."""
    body = body_of(platform, call, validation.PAYMENT_UPDATE)
    held = find(platform, body["id"])
    payment = body["payment"]
    left = held.view["total_amount"] - sum(entry["nominal"] for entry in held.view["paid"])
    amount = payment.get("amount", left)
    if held.view["payment_status"] == "PAID" or amount > left:
        words = ["Order has been paid"] if held.view["payment_status"] == "PAID" else []
        message: dict[str, list[Any]] = {"id": words} if words else {}
        message["amount"] = ["Amount is more than amount remaining of this order"]
        message["maximum amount"] = [max(0, left) if not words else 0]
        return failure(platform, message)
    if payment["bank_id"] not in [bank["bank_id"] for bank in BANKS]:
        raise missing(platform, "payment.bank_id", "bank account")
    entry = {"nominal": amount, "date": payment["date"], "bank_id": payment["bank_id"], "status": payment["status"]}
    held.view["paid"] = [*held.view["paid"], {**entry, "payment_id": platform.number("payment", 1994)}]
    _settle_payment(held, "PAID" if payment["status"] == "PAID" or amount == left else "INSTALLMENT")
    data = {**_named(held), "payment_status": "C" if held.view["payment_status"] == "PAID" else "I"}
    return Reply.of(
        {"request_id": platform.request_id(), "response": "success", "message": ["Payment Updated"], "data": data}
    )


def delete_installments(platform: NgorderPlatform, call: Call) -> Reply:
    """Delete Installment History."""
    held = find(platform, path_id(platform, call, "order_id"))
    held.view["paid"] = []
    _settle_payment(held, "UNPAID")
    return success(platform, call, None, "Success, payment history has been deleted")


def path_id(platform: NgorderPlatform, call: Call, name: str) -> int:
    """A number in the path; 404 otherwise."""
    value = call.values[name]
    if not value.isdecimal():
        raise gone(platform, "The specified endpoint")
    return int(value)


def add_awb_number(platform: NgorderPlatform, call: Call) -> Reply:
    """Add AWB Number: a POST whose parameters are in the query."""
    parameters = Parameters(platform, call)
    order_id = parameters.integer("id", required=True)
    awb_number = parameters.text("awb_number", required=True)
    parameters.done()
    held = find(platform, order_id)
    held.awb_number = awb_number
    held.view.update(progress="ON PROCESS", shipping="ON_PROCESS", updated=platform.local_time())
    held.status = "ON PROCESS"
    notification = {"id": 1, "title": "Notification successfully sent", "content": "Your receipt credit: 968350"}
    data = {**_named(held), "notification": notification}
    return success(platform, call, data, "Awb number has been updated", request_id=platform.request_id())


def cancel_order(platform: NgorderPlatform, call: Call) -> Reply:
    """Cancel an Order: not one that is on its way."""
    held = find(platform, body_of(platform, call, validation.BY_ID)["id"])
    if held.view["progress"] in ("ON PROCESS", "DELIVERED"):
        raise Refused(failure(platform, {"id": ["Order that has been shipped can not be canceled"]}))
    platform.end(held, "CANCELED")
    return Reply.of({"response": "success", "message": "Order has been Canceled", "data": _named(held)})


def return_canceled_order(platform: NgorderPlatform, call: Call) -> Reply:
    """Return Canceled Order: it is active again."""
    held = find(platform, body_of(platform, call, validation.BY_ID)["id"], ended=True)
    held.view["order_status"] = "ACCEPTED"
    held.status = held.view["progress"]
    return success(platform, call, _named(held), "Order has been returned")


def delete_canceled_order(platform: NgorderPlatform, call: Call) -> Reply:
    """Delete Canceled Order, for good: id in the path, and once more in the body."""
    order_id = path_id(platform, call, "order_id")
    if body_of(platform, call, validation.BY_ID)["id"] != order_id:
        raise missing(platform, "id", "order")
    del platform.held[find(platform, order_id, ended=True).id]
    return success(platform, call, None, "Data has been deleted")


ROUTES = [
    Route("POST", "/api/open/order", create_order),
    Route("PATCH", "/api/open/order", update_order),
    Route("PATCH", "/api/open/order/quick-payment", quick_payment),
    Route("DELETE", "/api/open/order/installment/{order_id}", delete_installments),
    Route("POST", "/api/open/order/awb-number/add", add_awb_number),
    Route("POST", "/api/open/order/cancel", cancel_order),
    Route("POST", "/api/open/order-cancel/return", return_canceled_order),
    Route("DELETE", "/api/open/order-cancel/{order_id}", delete_canceled_order),
]
