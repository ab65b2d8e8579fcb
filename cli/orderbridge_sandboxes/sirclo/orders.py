"""Get Order, Create Order and Update Order of revision 2019-07."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orderbridge_sandboxes.exchange import JsonObject, Refused, Reply, Request
from orderbridge_sandboxes.platform import Call, HeldOrder, Route
from orderbridge_sandboxes.sirclo import validation
from orderbridge_sandboxes.validation import Check, Problem, Problems, join, objects_in, parse_timestamp, problems_in

if TYPE_CHECKING:
    from orderbridge_sandboxes.sirclo import SircloPlatform

FIRST_ORDER_ID = 1201
PAGE_LIMIT = 100
WRONG_PARAMETER = "Parameter yang diberikan salah"

# From which statuses an order may be moved to each bucket.
MOVES = {
    "accepted": ("pending",),
    "packed": ("accepted",),
    "completed": ("packed",),
    "cancelled": ("pending", "accepted"),
}


def create_order(platform: SircloPlatform, call: Call) -> Reply:
    """Create Order: one order; a known order_id is refused."""
    platform.signed_2019(call.request)
    body = platform.body(call, validation.ORDER, unknown_products)
    if body["order_id"] in platform.by_order_id:
        return platform.refusal(400, already_exists(body["order_id"]))
    held = keep(platform, call.request, body)
    return Reply.of({"data": _created(held), "message": "", "reference": ""})


def already_exists(order_id: str) -> str:
    """The words for a duplicate, as the later revision documents them."""
    return f"existing order with remote order id: {order_id} already exists"


def unknown_products(platform: SircloPlatform, body: JsonObject) -> Problems:
    """Lines whose SKU SIRCLO does not have, or whose id is another product's."""
    found: Problems = []
    for path, line in objects_in(body, "line_items"):
        product = platform.products.get(str(line.get("sku")))
        if product is None:
            found.append(Problem(join(path, "sku"), "exists", "product not found"))
        elif "id" in line and line["id"] != product["id"]:
            found.append(Problem(join(path, "id"), "exists", "is not the id of the product with this sku"))
    return found


def keep(platform: SircloPlatform, request: Request, body: JsonObject) -> HeldOrder:
    """Stores a valid order under a new id."""
    order_id = platform.number("order", FIRST_ORDER_ID)
    status = (body.get("status") or "pending").lower().replace("cancelled", "canceled")
    held = platform.hold(request, order_id, body["order_id"], body, status)
    held.awb_number = body.get("airwaybill_number")
    held.view = {"created": platform.clock(), "updated": platform.clock(), "date": _date_of(body)}
    platform.by_order_id[body["order_id"]] = order_id
    if platform.settings.orders_take_stock:
        for line in body["line_items"]:
            row = platform.products[line["sku"]]
            if isinstance(row["available"], int):
                row["available"] -= line["quantity"]
    return held


def _date_of(body: JsonObject) -> datetime:
    moment = parse_timestamp(body["order_date"])
    if moment is None:
        raise ValueError("an order was kept without being checked")
    return moment


def totals(body: JsonObject) -> JsonObject:
    """Currency and sums: discounts are per unit; prices after discount carry the subtotal."""
    subtotal = discount = Decimal(0)
    for line in body["line_items"]:
        off = Decimal(line.get("discount", 0))
        net = Decimal(line["unit_price"]) if "unit_price" in line else Decimal(line["raw_price"]) - off
        subtotal += net * line["quantity"]
        discount += off * line["quantity"]
    shipping = Decimal(body.get("shipping_total", 0))
    total = subtotal + shipping - Decimal(body.get("discount_total", 0))
    return {
        "currency_code": "IDR",
        "subtotal": subtotal,
        "discount_total": body.get("discount_total", discount),
        "shipping_total": shipping,
        "total": total,
    }


def _shown(held: HeldOrder, key: str) -> JsonObject:
    body = held.body
    named = {key: body["order_id"], **{name: value for name, value in body.items() if name != "order_id"}}
    lines = [{**line, "raw_price": line.get("raw_price", line.get("unit_price"))} for line in body["line_items"]]
    shown = {"id": held.id, **named, "status": held.status, "airwaybill_number": held.awb_number or ""}
    return {
        **shown,
        **totals(body),
        "line_items": lines,
        "createdAt": old_stamp(held.view["created"]),
        "updatedAt": old_stamp(held.view["updated"]),
    }


def _created(held: HeldOrder) -> JsonObject:
    return _shown(held, "order_id")


def old_stamp(moment: datetime) -> str:
    """`2019-05-27 06:05:11.979185`: UTC without saying so."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def get_orders(platform: SircloPlatform, call: Call) -> Reply:
    """Get Order: one page of the orders whose order_date lies in the window; our id is called order_number."""
    platform.signed_2019(call.request)
    since, until = window(platform, call.request)
    page = whole(platform, call.values["page"], "pageNo", 1)
    size = whole(platform, call.request.query.get("perpage"), "perpage", 1, PAGE_LIMIT)
    found = [held for held in platform.listed() if since <= held.view["date"] <= until]
    rows = [
        {**_shown(held, platform.settings.order_key), "tax_total": 0} for held in found[(page - 1) * size : page * size]
    ]
    return Reply.of({"data": rows, "total_record": len(found), "message": "", "reference": ""})


def window(platform: SircloPlatform, request: Request) -> tuple[datetime, datetime]:
    """since and until of a list; 400 unless both are RFC 3339 (a raw `+` in a query is a blank)."""
    since, until = (parse_timestamp(request.query.get(name, "")) for name in ("since", "until"))
    if since is None or until is None:
        raise Refused(platform.refusal(400, "since and until must be RFC3339 timestamps"))
    return since, until


def whole(
    platform: SircloPlatform,
    value: str | None,
    name: str,
    least: int,
    most: int | None = None,
    default: int | None = None,
) -> int:
    """A whole number from a path or a query; 400 if it is none or out of range."""
    if value in (None, "") and default is not None:
        return default
    if value is None or not value.isdecimal() or int(value) < least or (most is not None and int(value) > most):
        bounds = f"at least {least}" if most is None else f"{least} to {most}"
        raise Refused(platform.refusal(400, f"{name} must be a number, {bounds}"))
    return int(value)


def update_orders(platform: SircloPlatform, call: Call) -> Reply:
    """Update Order: buckets of orders; each item succeeds or fails alone, inside a 200."""
    platform.keyed(call.request)
    body = platform.body(call, validation.UPDATE)
    succeed, failed = moved(platform, body, validation.UPDATE_ITEMS)
    now = old_stamp(platform.clock())
    return Reply.of(
        {
            "data": {
                "succeed": [{"id": item, "order_status": status, "updated_at": now} for item, status in succeed],
                "failed": [
                    {"id": item, "order_status": status, "message": WRONG_PARAMETER, "updated_at": now}
                    for item, status in failed
                ],
            },
            "message": "",
            "reference": "",
        }
    )


def moved(
    platform: SircloPlatform, body: JsonObject, checks: dict[str, Check]
) -> tuple[list[tuple[Any, str]], list[tuple[Any, str]]]:
    """Carries out the buckets; returns (id, status) of what succeeded and of what failed."""
    succeed: list[tuple[Any, str]] = []
    failed: list[tuple[Any, str]] = []
    for bucket, check in checks.items():
        for item in body.get(bucket, []):
            number = item.get("id") if isinstance(item, dict) else None
            held = platform.held.get(number) if isinstance(number, int) else None
            wrong = problems_in(check, item) or held is None or held.status not in MOVES[bucket]
            if held is None or wrong or item.get("order_number", held.reference) != held.reference:
                failed.append((number, held.status if held else ""))
                continue
            platform.set_status(held.id, bucket, awb_number=item.get("airwaybill_number"))
            succeed.append((number, held.status))
    return succeed, failed


ROUTES = [
    Route("POST", "/v1/order", create_order),
    Route("GET", "/v1/partner/page/{page}", get_orders),
    Route("PATCH", "/v1/order", update_orders),
]
