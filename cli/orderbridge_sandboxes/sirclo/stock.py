"""Stock: the list of both revisions, and what the document's own URL for it (traps C9) really answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge_sandboxes.exchange import JsonObject, Reply
from orderbridge_sandboxes.platform import Call, Route
from orderbridge_sandboxes.sirclo.orders import PAGE_LIMIT, old_stamp, totals, whole

if TYPE_CHECKING:
    from orderbridge_sandboxes.sirclo import SircloPlatform


def get_stock(platform: SircloPlatform, call: Call) -> Reply:
    """Get Stocks, in the revision whose headers were sent."""
    if call.request.header("partner-id") is not None:
        return _later_stock(platform, call)
    platform.keyed(call.request)
    limit = whole(platform, call.request.query.get("limit"), "limit", 1, PAGE_LIMIT)
    offset = whole(platform, call.request.query.get("offset"), "offset", 0, default=0)
    rows = [_row(product) for product in _slice(platform, offset, limit)]
    return Reply.of({"data": rows, "message": "", "reference": ""})


def _slice(platform: SircloPlatform, offset: int, limit: int) -> list[JsonObject]:
    return list(platform.products.values())[offset : offset + limit]


def _row(product: JsonObject) -> JsonObject:
    """`available` is a string in 2019-07; a value that is no whole number is served as it was put there."""
    return {**product, "available": _text(product["available"])}


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _later_stock(platform: SircloPlatform, call: Call) -> Reply:
    platform.signed_2021(call.request)
    limit = whole(platform, call.request.query.get("limit"), "limit", 1, PAGE_LIMIT, default=PAGE_LIMIT)
    offset = whole(platform, call.request.query.get("offset"), "offset", 0, default=0)
    rows = [
        {
            "id": product["id"],
            "sku": product["sku"],
            "partner_sku": product["sku"],
            "partner_variant_sku": product["sku"],
            "name": product["name"],
            "stock": product["available"],
            "created_at": product["created_at"],
            "update_at": product["update_at"],
        }
        for product in _slice(platform, offset, limit)
    ]
    total = len(platform.products)
    page = {"total_record": total, "offset": offset, "limit": limit, "message": "", "reference": platform.correlation()}
    return Reply.of({"data": rows, **page})


def get_orders_at_the_stock_url(platform: SircloPlatform, call: Call) -> Reply:
    """The seed prints an old Get Order URL for Get Stocks: it answers orders, and no stock can be read from it."""
    platform.keyed(call.request)
    limit = whole(platform, call.request.query.get("limit"), "limit", 1, PAGE_LIMIT, default=PAGE_LIMIT)
    offset = whole(platform, call.request.query.get("offset"), "offset", 0, default=0)
    rows = [
        {
            "id": held.id,
            "order_number": held.reference,
            "order_date": held.body["order_date"],
            "status": held.status,
            **totals(held.body),
            "line_items": held.body["line_items"],
            "updatedAt": old_stamp(held.view["updated"]),
        }
        for held in platform.listed()[offset : offset + limit]
    ]
    return Reply.of({"data": rows, "message": "", "reference": ""})


ROUTES = [
    Route("GET", "/v1/partner/product/stock", get_stock),
    Route("GET", "/v1/order/", get_orders_at_the_stock_url),
]
