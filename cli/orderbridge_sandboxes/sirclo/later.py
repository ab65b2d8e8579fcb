"""Revision 2021-02: batches of orders, statuses, products, and stock written by background jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orderbridge_sandboxes.exchange import JsonObject, Refused, Reply
from orderbridge_sandboxes.platform import Call, HeldOrder, Route
from orderbridge_sandboxes.sirclo import demo, validation
from orderbridge_sandboxes.sirclo.orders import (
    PAGE_LIMIT,
    WRONG_PARAMETER,
    already_exists,
    keep,
    moved,
    totals,
    unknown_products,
    whole,
    window,
)
from orderbridge_sandboxes.validation import parse_timestamp, problems_in

if TYPE_CHECKING:
    from orderbridge_sandboxes.sirclo import SircloPlatform


def create_orders(platform: SircloPlatform, call: Call) -> Reply:
    """Create orders: each order of the batch succeeds or fails alone, inside a 200."""
    platform.signed_2021(call.request)
    batch = platform.body(call, validation.BATCH)["orders"]
    succeed: list[JsonObject] = []
    failed: list[JsonObject] = []
    for order in batch:
        reason = _refusal(platform, order)
        if reason is None:
            succeed.append(_shown(keep(platform, call.request, order)))
        else:
            order_id = order.get("order_id") if isinstance(order, dict) else None
            failed.append({"order_id": order_id, "reason": reason})
    message = f"Requested order count: {len(batch)}, Created order count: {len(succeed)}"
    if failed:
        message += f", Failed to create order count: {len(failed)}"
    data = {"succeed": succeed, "failed": failed}
    return Reply.of({"data": data, "message": message, "reference": platform.correlation()})


def _refusal(platform: SircloPlatform, order: Any) -> str | None:
    found = problems_in(validation.LATER_ORDER, order) + unknown_products(platform, order)
    if found:
        return "; ".join(f"{problem.path or 'order'} {problem.message}" for problem in found)
    return already_exists(order["order_id"]) if order["order_id"] in platform.by_order_id else None


def _shown(held: HeldOrder) -> JsonObject:
    lines = [
        {**line, "discount": line.get("discount", 0), "unit_price": line["raw_price"] - line.get("discount", 0)}
        for line in ({"raw_price": sent.get("unit_price"), **sent} for sent in held.body["line_items"])
    ]
    return {
        "id": held.id,
        **held.body,
        "status": held.status,
        "airwaybill_number": held.awb_number or "",
        **totals(held.body),
        "tax_total": 0,
        "line_items": lines,
        "created_at": _stamp(held.view["created"]),
        "updated_at": _stamp(held.view["updated"]),
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def get_orders(platform: SircloPlatform, call: Call) -> Reply:
    """Get orders: a window over order_date; withDO is required."""
    platform.signed_2021(call.request)
    query = call.request.query
    since, until = window(platform, call.request)
    if query.get("withDO") not in ("true", "false"):
        return platform.refusal(400, "withDO must be true or false")
    limit, offset = _page(platform, query)
    found = [held for held in platform.listed() if since <= held.view["date"] <= until]
    rows = [_shown(held) for held in found[offset : offset + limit]]
    if query["withDO"] == "true":
        rows = [{**row, "delivery_orders": []} for row in rows]
    return _listed(platform, rows, len(found), limit, offset)


def _page(platform: SircloPlatform, query: dict[str, str]) -> tuple[int, int]:
    limit = whole(platform, query.get("limit"), "limit", 1, PAGE_LIMIT, default=PAGE_LIMIT)
    return limit, whole(platform, query.get("offset"), "offset", 0, default=0)


def _listed(platform: SircloPlatform, rows: list[JsonObject], total: int, limit: int, offset: int) -> Reply:
    page = {"total_record": total, "offset": offset, "limit": limit}
    return Reply.of({"data": rows, **page, "message": "", "reference": platform.correlation()})


def update_statuses(platform: SircloPlatform, call: Call) -> Reply:
    """Update status: the buckets of 2019-07, with `id` and `updated_at` alone."""
    platform.signed_2021(call.request)
    body = platform.body(call, validation.UPDATE)
    succeed, failed = moved(platform, body, validation.LATER_UPDATE_ITEMS)
    now = _stamp(platform.clock())
    data = {
        "succeed": [{"id": item, "status": status, "updated_at": now} for item, status in succeed],
        "failed": [
            {"id": item, "status": status, "message": WRONG_PARAMETER, "updated_at": now} for item, status in failed
        ],
    }
    return Reply.of({"data": data, "message": "", "reference": platform.correlation()})


def create_products(platform: SircloPlatform, call: Call) -> Reply:
    """Create products: succeed and failed, as with orders."""
    platform.signed_2021(call.request)
    succeed: list[JsonObject] = []
    failed: list[JsonObject] = []
    for product in platform.body(call, validation.NEW_PRODUCTS)["products"]:
        found = problems_in(validation.NEW_PRODUCT, product)
        if found or product["sku"] in platform.products:
            sku = product.get("sku") if isinstance(product, dict) else None
            reason = "; ".join(f"{problem.path} {problem.message}" for problem in found) or "sku already exists"
            failed.append({"sku": sku, "reason": reason})
            continue
        number = platform.number("product", demo.PRODUCT + 500_000)
        succeed.append(platform.add_product(product["sku"], product["name"], product.get("stock", 0), number))
    return Reply.of(
        {"data": {"succeed": succeed, "failed": failed}, "message": "", "reference": platform.correlation()}
    )


def update_stock(platform: SircloPlatform, call: Call) -> Reply:
    """Update stock of one SKU: answers a transaction code at once, and writes the stock later."""
    platform.signed_2021(call.request)
    body = platform.body(call, validation.STOCK_UPDATE)
    product = platform.products.get(body["sku"])
    if product is None:
        return platform.refusal(404, "sku not found")
    if body["warehouse"] != "default":
        return platform.refusal(400, "warehouse must be default without multi warehouse")
    update = _begin_update(platform, product, body)
    platform.stock_updates.append(update)
    platform.later(platform.settings.job_seconds, lambda: _finish_update(platform, product, body, update))
    return Reply.of({"transaction_code": update["transaction_code"]})


def _begin_update(platform: SircloPlatform, product: JsonObject, body: JsonObject) -> JsonObject:
    now = platform.stamp()
    number = platform.number("stock update")
    codes = [(entry["code"], entry["qty"]) for entry in body["channel_stock"]] or [("", body["available_stock"])]
    items = [
        {
            "id": number * 100 + position,
            "update_stock_history_id": number,
            "warehouse_name": "default",
            "variant_id": product["id"],
            "sku": product["sku"],
            "channel": code,
            "qty": quantity,
            "retrier_count": 0,
            "progress": True,
            "message": "",
            "success": False,
            "created_at": now,
            "updated_at": now,
            "finished_at": None,
        }
        for position, (code, quantity) in enumerate(codes)
    ]
    return {
        "id": number,
        "transaction_code": platform.correlation(),
        "action_name": "partner_update_stocks",
        "total_sku": 1,
        "created_at": now,
        "updated_at": now,
        "finished_at": None,
        "update_stock_history_item": items,
    }


def _finish_update(platform: SircloPlatform, product: JsonObject, body: JsonObject, update: JsonObject) -> None:
    failure = platform.settings.failing_job_message
    now = platform.stamp()
    if not failure:
        product.update(available=body["available_stock"], update_at=now)
    for item in update["update_stock_history_item"]:
        item.update(
            progress=False,
            success=not failure,
            message=failure or "Successfully Updated",
            retrier_count=3 if failure else 1,
            updated_at=now,
            finished_at=now,
        )
    update.update(updated_at=now, finished_at=now)


def get_stock_history(platform: SircloPlatform, call: Call) -> Reply:
    """Stock history: one entry per transaction code, newest first."""
    platform.signed_2021(call.request)
    query = call.request.query
    limit, offset = _page(platform, query)
    since = query.get("updated_at")
    if since is not None and parse_timestamp(since) is None:
        raise Refused(platform.refusal(400, "updated_at must be an RFC3339 timestamp"))
    moment = parse_timestamp(since) if since is not None else None
    found = [update for update in reversed(platform.stock_updates) if moment is None or _moment(update) >= moment]
    return _listed(platform, found[offset : offset + limit], len(found), limit, offset)


def _moment(update: JsonObject) -> datetime:
    return datetime.fromisoformat(update["updated_at"])


ROUTES = [
    Route("GET", "/v1/partner/order", get_orders),
    Route("POST", "/v1/partner/order", create_orders),
    Route("PATCH", "/v1/partner/order/status", update_statuses),
    Route("POST", "/v1/partner/product", create_products),
    Route("POST", "/v1/partner/inventory/updatestocks", update_stock),
    Route("GET", "/v1/partner/inventory/history", get_stock_history),
]
