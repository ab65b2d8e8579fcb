"""Writing stock: sync-stock and stock-opname set a level, in the background; update-stock and transfers move it."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any

from orderbridge_sandboxes.exchange import JsonObject, Refused, Reply
from orderbridge_sandboxes.ngorder import validation
from orderbridge_sandboxes.ngorder.answers import Parameters, body_of, failure, gone, missing, paged, success
from orderbridge_sandboxes.ngorder.orders import path_id
from orderbridge_sandboxes.ngorder.products import find_variation
from orderbridge_sandboxes.ngorder.state import USER_ID, Variation
from orderbridge_sandboxes.platform import Call, Route

if TYPE_CHECKING:
    from orderbridge_sandboxes.ngorder import NgorderPlatform

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Ags", "Sep", "Okt", "Nov", "Des")


def _move(platform: NgorderPlatform, variation: Variation, warehouse: int, level: Any, why: str) -> None:
    """Puts a level in place and writes it into the variant's history."""
    before = variation.levels.get(warehouse, 0)
    variation.levels[warehouse] = level
    difference = level - before if isinstance(before, int) else 0
    now = platform.local_time()
    shown = {
        "date": f"{DAYS[now.weekday()]}, {now.day} {MONTHS[now.month - 1]} {now.year}",
        "time_ago": "baru saja",
        "user": "juragan@smartseller.co.id",
        "detail": {"description": why, "id_order": None},
        "warehouse": {
            "id": warehouse or None,
            "name": platform.shop.warehouses[warehouse]["warehouse"] if warehouse != 0 else None,
        },
        "stock": {"in": max(difference, 0), "out": max(-difference, 0), "last": level},
        "old": before,
    }
    row = {"variation_id": variation.id, "warehouse_id": warehouse, "shown": shown}
    platform.shop.movements.append(row)


def sync_stock(platform: NgorderPlatform, call: Call) -> Reply:
    """Sync Stock: the new total, absolute, written later; the answer echoes text and not what was sent.

    The call names no warehouse, so a product that lies in several is refused (undocumented).
    """
    body = body_of(platform, call, validation.SYNC_STOCK)
    variation = find_variation(platform, body["variation_id"])
    if platform.shop.product_of(variation).is_warehouse:
        raise Refused(failure(platform, {"variation_id": ["The product is kept in several warehouses"]}))
    if not platform.settings.failing_job_message:
        finish = _writing(platform, variation, 0, body["amount"], "Sync stock")
        platform.later(platform.settings.job_seconds, finish)
    data = {"variation_id": str(variation.id), "amount": str(variation.level()), "request_id": platform.request_id()}
    return success(platform, call, data)


def _writing(platform: NgorderPlatform, variation: Variation, warehouse: int, level: int, why: str) -> Any:
    return lambda: _move(platform, variation, warehouse, level, why)


def update_stock(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Stock: adds to or takes from the level, each time it is sent."""
    body = body_of(platform, call, validation.UPDATE_STOCK)
    variation = find_variation(platform, body["variation_id"])
    for index, entry in enumerate(body["stock"]):
        level = variation.levels.get(entry["warehouse_id"], 0)
        if entry["warehouse_id"] not in platform.shop.warehouses or not isinstance(level, int):
            raise missing(platform, f"stock.{index}.warehouse_id", "warehouse")
        sign = 1 if entry["status"].upper() == "ADD" else -1
        if level + sign * entry["amount"] < 0:
            raise Refused(failure(platform, {f"stock.{index}.amount": ["The stock is not enough"]}))
        _move(platform, variation, entry["warehouse_id"], level + sign * entry["amount"], body["description"])
    data = {
        "date": platform.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "variation_id": variation.id,
        "stock": [{**entry, "status": entry["status"].lower()} for entry in body["stock"]],
        "shop_id": 1,
        "description": body["description"],
        "total_stock": variation.level(),
    }
    return success(platform, call, data)


# --- Stock opname ---


def _warehouse(platform: NgorderPlatform, number: int, field: str = "warehouse_id") -> JsonObject:
    if number not in platform.shop.warehouses:
        raise missing(platform, field, "warehouse")
    return {"id": number, "name": platform.shop.warehouses[number]["warehouse"]}


def create_opname(platform: NgorderPlatform, call: Call) -> Reply:
    """Create Stock Opname: counts of one warehouse, absolute, written by a background job."""
    body = body_of(platform, call, validation.NEW_OPNAME)
    warehouse = _warehouse(platform, body["warehouse_id"])
    counted = [
        (find_variation(platform, row["variation_id"]), row["warehouse_stock"]) for row in body["stock_adjustment"]
    ]
    number = platform.number("opname", 55)
    opname = {
        "id": number,
        "description": body["description"],
        "variation_total": len(counted),
        "progress_status": "ON PROGRESS",
        "warehouse": warehouse,
        "_created": platform.local_time(),
        "_lines": [_line(platform, variation, warehouse["id"], count) for variation, count in counted],
    }
    platform.shop.opnames[number] = opname
    if not platform.settings.failing_job_message:  # such a job never ends; the document knows no other failure
        platform.later(platform.settings.job_seconds, lambda: _finish(platform, opname, counted))
    names = ("id", "description", "variation_total", "progress_status", "warehouse")
    return success(platform, call, {name: opname[name] for name in names})


def _line(platform: NgorderPlatform, variation: Variation, warehouse: int, count: int) -> JsonObject:
    system = variation.levels.get(warehouse, 0)
    changed = count - system if isinstance(system, int) else count
    return {
        "id": platform.number("opname line", 60),
        "variation_id": variation.id,
        "full_name": variation.name,
        "thumbnail_url": "",
        "sku": variation.sku,
        "stock_adjustment": {"warehouse_stock": count, "system_stock": system, "changed_stock": changed},
    }


def _finish(platform: NgorderPlatform, opname: JsonObject, counted: list[tuple[Variation, int]]) -> None:
    for variation, count in counted:
        _move(platform, variation, opname["warehouse"]["id"], count, opname["description"])
    opname["progress_status"] = "SUCCESS"


def get_opnames(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Stock Opname List: newest first, the last 30 days without dates."""
    parameters = Parameters(platform, call)
    warehouse = parameters.integer("warehouse_id")
    rows = _of_the_days(platform, parameters, platform.shop.opnames)
    page = parameters.page(20)
    parameters.done()
    names = ("id", "description", "variation_total", "progress_status", "warehouse")
    found = [
        {**{name: row[name] for name in names}, "created_at": row["_created"].strftime("%Y-%m-%d %H:%M:%S")}
        for row in rows
        if warehouse in (None, row["warehouse"]["id"])
    ]
    return paged(platform, found, page, "stock-opname")


def _of_the_days(platform: NgorderPlatform, parameters: Parameters, rows: dict[int, JsonObject]) -> list[JsonObject]:
    today = platform.local_time().date()
    start = parameters.day("start_date", today - timedelta(days=30)) or today
    end = parameters.day("end_date", date.max) or today
    return [row for row in reversed(rows.values()) if start <= row["_created"].date() <= end]


def _detail(row: JsonObject) -> JsonObject:
    done = row["progress_status"] == "SUCCESS"
    return {
        "id": row["id"],
        "description": row["description"],
        "progress_status": row["progress_status"],
        "variation_total": row["variation_total"],
        "processed": row["variation_total"] if done else 0,
        "warehouse": row["warehouse"],
        "created_by": {"id": str(USER_ID), "email": "juragan@smartseller.co.id", "name": "Juragan"},
        "created_at": row["_created"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def get_opname(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Stock Opname Detail: ON PROGRESS, then SUCCESS."""
    row = platform.shop.opnames.get(path_id(platform, call, "id"))
    if row is None:
        raise gone(platform, "Stock opname")
    return Reply.of({"data": _detail(row)})


def _transactions(platform: NgorderPlatform, call: Call, rows: dict[int, JsonObject], path: str) -> Reply:
    """The lines of one opname or transfer: a GET with a body (the query works as well)."""
    parameters = Parameters(platform, call, with_body=True)
    number = parameters.integer("id", required=True)
    page = parameters.page(50)
    parameters.done()
    row = rows.get(number) if number is not None else None
    if row is None:
        raise missing(platform, "id", path)
    return paged(platform, row["_lines"], page, f"{path}/transaction")


def get_opname_lines(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Transaction Stock Opname Detail."""
    return _transactions(platform, call, platform.shop.opnames, "stock-opname")


def search_variations(platform: NgorderPlatform, call: Call) -> Reply:
    """Search Variation, for an opname or a transfer: by product_id, or by keyword, in one warehouse; never both."""
    parameters = Parameters(platform, call, with_body=True)
    warehouse = parameters.integer("warehouse_id", required=True)
    product = parameters.integer("product_id")
    keyword = parameters.text("keyword")
    if product is not None and keyword is not None:
        parameters.refuse("product_id", "must be sent without keyword.")
    parameters.done()
    held = _warehouse(platform, -1 if warehouse is None else warehouse)
    rows = [
        {
            "variation_id": variation.id,
            "name": f"{variation.name} {variation.color}".strip(),
            "product_name": variation.name,
            "variation_name": variation.color or "-",
            "sku": variation.sku,
            "thumbnail_url": "",
            "system_stock": variation.levels.get(held["id"], 0),
        }
        for variation in platform.shop.variations.values()
        if held["id"] in variation.levels
        and product in (None, variation.product_id)
        and (keyword is None or keyword.lower() in f"{variation.name} {variation.sku}".lower())
    ]
    return Reply.of({"warehouse_id": held["id"], "data": rows})


# --- Stock transfer ---


def create_transfer(platform: NgorderPlatform, call: Call) -> Reply:
    """Create Stock Transfer: moves stock between warehouses, each time it is sent."""
    body = body_of(platform, call, validation.NEW_TRANSFER)
    origin = _warehouse(platform, body["origin_warehouse_id"], "origin_warehouse_id")
    destination = _warehouse(platform, body["destination_warehouse_id"], "destination_warehouse_id")
    moved = [(find_variation(platform, row["variation_id"]), row["transfer_stock"]) for row in body["stock_adjustment"]]
    for variation, amount in moved:
        level = variation.levels.get(origin["id"], 0)
        if not isinstance(level, int) or level < amount:
            raise Refused(failure(platform, {"stock_adjustment": [f"The stock of {variation.sku} is not enough"]}))
    for variation, amount in moved:
        _move(platform, variation, origin["id"], variation.levels[origin["id"]] - amount, body["description"])
        level = variation.levels.get(destination["id"], 0)
        _move(platform, variation, destination["id"], level + amount, body["description"])
    number = platform.number("transfer", 30)
    transfer = {
        "id": number,
        "description": body["description"],
        "progress_status": "SUCCESS",
        "variation_total": len(moved),
        "warehouse": origin,
        "origin_warehouse": origin,
        "destination_warehouse": destination,
        "_created": platform.local_time(),
        "_lines": [_transferred(platform, variation, amount) for variation, amount in moved],
    }
    platform.shop.transfers[number] = transfer
    return success(platform, call, _transfer_row(transfer))


def _transferred(platform: NgorderPlatform, variation: Variation, amount: int) -> JsonObject:
    return {
        "id": platform.number("transfer line", 40),
        "variation_id": variation.id,
        "product_name": variation.name,
        "variant_name": variation.color or "-",
        "thumbnail_url": "",
        "sku": variation.sku,
        "transfered_stock": amount,
    }


def _transfer_row(row: JsonObject) -> JsonObject:
    names = ("id", "description", "origin_warehouse", "destination_warehouse")
    return {**{name: row[name] for name in names}, "created_at": row["_created"].strftime("%Y-%m-%d %H:%M:%S")}


def get_transfers(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Stock Transfer List."""
    parameters = Parameters(platform, call)
    ends = {name: parameters.integer(f"{name}_id") for name in ("origin_warehouse", "destination_warehouse")}
    rows = _of_the_days(platform, parameters, platform.shop.transfers)
    page = parameters.page(20)
    parameters.done()
    found = [row for row in rows if all(end in (None, row[name]["id"]) for name, end in ends.items())]
    return paged(platform, found, page, "stock-transfer", _transfer_row)


def get_transfer(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Stock Transfer Detail: the document shows the form of an opname."""
    row = platform.shop.transfers.get(path_id(platform, call, "id"))
    if row is None:
        raise gone(platform, "Stock transfer")
    return Reply.of({"data": _detail(row)})


def get_transfer_lines(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Transaction Stock Transfer Detail."""
    return _transactions(platform, call, platform.shop.transfers, "stock-transfer")


ROUTES = [
    Route("PATCH", "/api/open/product/sync-stock", sync_stock),
    Route("PATCH", "/api/open/product/update-stock", update_stock),
    Route("POST", "/api/open/stock-opname", create_opname),
    Route("GET", "/api/open/stock-opname", get_opnames),
    Route("GET", "/api/open/stock-opname/{id}/detail", get_opname),
    Route("GET", "/api/open/stock-opname/transaction", get_opname_lines),
    Route("GET", "/api/open/stock-opname/variation", search_variations),
    Route("POST", "/api/open/stock-transfer", create_transfer),
    Route("GET", "/api/open/stock-transfer", get_transfers),
    Route("GET", "/api/open/stock-transfer/{id}/detail", get_transfer),
    Route("GET", "/api/open/stock-transfer/transaction", get_transfer_lines),
    Route("GET", "/api/open/stock-transfer/variation", search_variations),
]
