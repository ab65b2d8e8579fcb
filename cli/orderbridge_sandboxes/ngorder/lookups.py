"""What an order refers to beside goods and people: couriers, marketplaces, banks, order sources, order costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge_sandboxes.exchange import JsonObject, Reply
from orderbridge_sandboxes.ngorder import validation
from orderbridge_sandboxes.ngorder.answers import Parameters, body_of, gone, missing, paged, success
from orderbridge_sandboxes.ngorder.orders import path_id
from orderbridge_sandboxes.ngorder.state import BANKS, EXPEDITIONS, MARKETPLACES, REGIONS, source_row
from orderbridge_sandboxes.platform import Call, Route

if TYPE_CHECKING:
    from orderbridge_sandboxes.ngorder import NgorderPlatform

# --- Expedition, marketplace, bank ---


def get_expeditions(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Expeditions: rates and couriers; the id is a rate's."""
    del platform, call
    return Reply.of({"data": EXPEDITIONS})


def get_active_expeditions(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Active List."""
    parameters = Parameters(platform, call)
    keyword = parameters.text("keyword", most=20)
    page = parameters.page()
    parameters.done()
    rows = [row for row in EXPEDITIONS if keyword is None or keyword.lower() in row["logistic_name"].lower()]
    return paged(platform, rows, page, "expedition/active")


def get_cost(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Cost: an envelope of its own, `status` with code 1."""
    parameters = Parameters(platform, call)
    ends = [parameters.integer(name, required=True) for name in ("origin_id", "destination_id")]
    weight, price = (parameters.integer(name, required=True) for name in ("weight", "price"))
    parameters.flag("is_privor")
    parameters.flag("is_shipper")
    parameters.done()
    known = {row["id"] for row in REGIONS}
    if any(end not in known for end in ends):
        return Reply.of({"status": {"code": 0, "message": "District not found"}, "data": None})
    rates = {"regular": (349, 37_500), "express": (350, 16_000)}
    data: JsonObject = {
        kind: [
            {
                "name": "SAP",
                "rate_id": rate,
                "weight": weight,
                "itemPrice": price,
                "item_price": price,
                "finalRate": cost,
            }
        ]
        for kind, (rate, cost) in rates.items()
    }
    meta = {"weight": {"total": str(weight), "type": "Kg"}, "is_shipper_api": False, "use_cod": True}
    return Reply.of({"status": {"code": 1, "message": "Success"}, "data": {**data, "trucking": []}, "meta": meta})


def track(platform: NgorderPlatform, call: Call) -> Reply:
    """Tracking: with a key "0"."""
    parameters = Parameters(platform, call)
    awb_number = parameters.text("awb_number", required=True)
    order_id = parameters.integer("order_id", required=True)
    parameters.integer("expedition_id", required=True)
    parameters.done()
    held = platform.held.get(-1 if order_id is None else order_id)
    if held is None or held.awb_number != awb_number:
        raise missing(platform, "awb_number", "air waybill")
    data = {"awb_number": awb_number, "status": held.view["shipping"], "history": [], "logistic_name": "sap"}
    return Reply.of({"0": 200, "response": "success", "data": data})


def get_marketplaces(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Marketplaces."""
    del platform, call
    rows = [{"marketplace_id": number, "marketplace_name": name} for number, name in MARKETPLACES.items()]
    return Reply.of({"data": rows})


def get_banks(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Shop Bank Accounts: its URL is broken in the document."""
    parameters = Parameters(platform, call)
    kind = parameters.choice("type", ("BANK", "PAYMENT GATEWAY"), required=True)
    parameters.done()
    return Reply.of({"data": BANKS if kind == "BANK" else []})


def get_bank(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Bank Account Detail: the bare account, without `data`."""
    for row in BANKS:
        if row["bank_id"] == path_id(platform, call, "id"):
            return Reply.of(row)
    raise gone(platform, "Bank account")


# --- Order source, order cost ---


def get_sources(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Order Sources: its URL is broken in the document."""
    parameters = Parameters(platform, call)
    status = parameters.choice("status", ("Y", "N"))
    parameters.done()
    wanted = {"Y": "ACTIVE", "N": "NON ACTIVE"}.get(status or "")
    rows = platform.shop.order_sources.values()
    return Reply.of({"data": [row for row in rows if wanted in (None, row["status"])]})


def create_source(platform: NgorderPlatform, call: Call) -> Reply:
    """Create Order Source."""
    body = body_of(platform, call, validation.NEW_SOURCE)
    if body["marketplace_id"] not in MARKETPLACES:
        raise missing(platform, "marketplace_id", "marketplace")
    number = platform.number("source", 2980)
    platform.shop.order_sources[number] = source_row(number, body["marketplace_id"], body["note"])
    return success(platform, call, {"order_source_id": number, "note": body["note"]})


def update_source(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Order Source."""
    body = body_of(platform, call, validation.SOURCE_UPDATE)
    row = platform.shop.order_sources.get(body["order_source_id"])
    if row is None:
        raise missing(platform, "order_source_id", "order source")
    row["note"] = body.get("note", row["note"])
    if "status" in body:
        row["status"] = "ACTIVE" if body["status"] == "Y" else "NON ACTIVE"
    return success(platform, call, {"order_source_id": row["id"], "note": row["note"]})


def get_costs(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Order Costs."""
    del call
    return Reply.of({"data": list(platform.shop.order_costs.values())})


def create_cost(platform: NgorderPlatform, call: Call) -> Reply:
    """Create Order Cost: ids are 24 hex digits."""
    body = body_of(platform, call, validation.NEW_COST)
    number = f"5f154995060c0000{platform.number('cost'):08x}"
    platform.shop.order_costs[number] = {"order_cost_id": number, "percentage": 0, "nominal": 0, **body}
    return success(platform, call, {"order_cost_id": number, "name": body["name"]})


def update_cost(platform: NgorderPlatform, call: Call) -> Reply:
    """Update Order Cost: a PUT. (Its delete is documented under order-source; the sandbox has none.)"""
    body = body_of(platform, call, validation.COST_UPDATE)
    row = platform.shop.order_costs.get(body["order_cost_id"])
    if row is None:
        raise missing(platform, "order_cost_id", "order cost")
    row.update(body)
    return success(platform, call, {"order_cost_id": row["order_cost_id"], "name": row["name"]})


def get_unconfirmed(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Orders of Storefront and Privor that wait for a confirmation: this shop has none."""
    parameters = Parameters(platform, call)
    parameters.choice("customer_category", ("MEMBER", "GUEST"))
    parameters.choice("payment_status", ("UNPAID", "CONFIRM", "ALL"))
    page = parameters.page(most=50)
    parameters.done()
    return paged(platform, [], page, "order/unconfirmed-privor")


def get_unconfirmed_one(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Detailed Order of Storefront and Privor: there is none."""
    path_id(platform, call, "payment_id")
    raise gone(platform, "Payment")


ROUTES = [
    Route("GET", "/api/open/expedition", get_expeditions),
    Route("GET", "/api/open/expedition/active", get_active_expeditions),
    Route("GET", "/api/open/expedition/cost", get_cost),
    Route("GET", "/api/open/expedition/tracking", track),
    Route("GET", "/api/open/marketplace", get_marketplaces),
    Route("GET", "/api/open/bank", get_banks),
    Route("GET", "/api/open/bank/{id}/detail", get_bank),
    Route("GET", "/api/open/order-source", get_sources),
    Route("POST", "/api/open/order-source/create", create_source),
    Route("PATCH", "/api/open/order-source/update", update_source),
    Route("GET", "/api/open/order-cost", get_costs),
    Route("POST", "/api/open/order-cost/create", create_cost),
    Route("PUT", "/api/open/order-cost/update", update_cost),
    Route("GET", "/api/open/order/unconfirmed-privor", get_unconfirmed),
    Route("GET", "/api/open/order/unconfirmed-privor/{payment_id}", get_unconfirmed_one),
]
