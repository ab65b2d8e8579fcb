"""Shipment: the orders by shipping status, pickups, and the money side's lists, which are empty here."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from orderbridge_sandboxes.exchange import JsonObject, Refused, Reply
from orderbridge_sandboxes.ngorder import validation
from orderbridge_sandboxes.ngorder.answers import Parameters, body_of, failure, paged, success
from orderbridge_sandboxes.ngorder.lists import live, order_day, searched
from orderbridge_sandboxes.ngorder.orders import find, path_id
from orderbridge_sandboxes.ngorder.state import EXPEDITIONS
from orderbridge_sandboxes.platform import Call, HeldOrder, Route

if TYPE_CHECKING:
    from orderbridge_sandboxes.ngorder import NgorderPlatform

SHIPPING = (
    "READY_TO_SHIP", "PICKUP_REQUEST", "UNPICK", "ON_PROCESS", "DELIVERED", "RETURNED", "LOST", "INVALID",
    "SHIPMENT_PROBLEM", "DROPOFF",
)  # fmt: skip


def get_shipping(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Orders List: one shipping status a call (READY_TO_SHIP without one); the rows do not repeat it."""
    parameters = Parameters(platform, call)
    status = parameters.choice("status", SHIPPING, "READY_TO_SHIP")
    search = parameters.choice("type", ("ORDER_ID", "CUSTOMER_NAME", "AWB_NUMBER"), "CUSTOMER_NAME")
    cod = parameters.choice("cod_status", ("NON_COD", "COD"))
    today = platform.local_time().date()
    start, end = parameters.day("start_date", date.min), parameters.day("end_date", today)
    keyword, courier = parameters.text("keyword"), parameters.text("courier")
    supplier = parameters.integer("supplier_id")
    page = parameters.page(50, most=None)
    parameters.done()
    found = [
        held
        for held in live(platform)
        if held.view["shipping"] == status
        and (start or date.min) <= order_day(held) <= (end or today)
        and cod in (None, "NON_COD")
        and supplier in (None, held.body["supplier_id"])
        and (courier is None or courier.lower() in held.body["expedition"]["name"].lower())
        and (keyword is None or keyword.lower() in searched(held, search or ""))
    ]
    extras = {"message": "", "min_pickup": 0, "min_drop_off": 0, "is_cancel_requirement": False}
    return paged(platform, found, page, "shipping", _row, **extras)


def _row(held: HeldOrder) -> JsonObject:
    body, supplier, receiver = held.body, held.view["supplier"], held.view["receiver"]
    rate = next((row["rate_name"] for row in EXPEDITIONS if row["id"] == body["expedition"]["id"]), "")
    return {
        "order_id": held.id,
        "order_date": body["order_date"],
        "request_date": None,
        "po_number": held.view["po_number"],
        "supplier": {**{name: supplier[name] for name in ("name", "address", "location", "phone")}, "code": "BDO"},
        "customer": {name: receiver[name] for name in ("name", "address", "district", "city", "postal_code")},
        "expedition": {
            "logistic_name": body["expedition"]["name"],
            "rate_name": rate,
            "is_cod": False,
            "cod_amount": 0,
            "awb_number": held.awb_number or "",
        },
        "service": {"pickup": True, "drop_off": True},
        "dropship": [],
    }


def _ship(platform: NgorderPlatform, held: HeldOrder, status: str) -> None:
    platform.set_status(held.id, status)


def resend_package(platform: NgorderPlatform, call: Call) -> Reply:
    """Resend Package: ready to ship once more."""
    held = find(platform, path_id(platform, call, "order_id"))
    _ship(platform, held, "READY_TO_SHIP")
    message = "The package has been successfully returned to the menu ready to be shipped"
    return success(platform, call, {"id": str(held.id)}, message)


def request_pickup(platform: NgorderPlatform, call: Call) -> Reply:
    """Pickup Request: `success_data` and `status` beside no `data`."""
    body = body_of(platform, call, validation.PICKUP_REQUEST)
    ready = [find(platform, entry["id"]) for entry in body["pickup_request"]]
    ready = [held for held in ready if held.view["shipping"] == "READY_TO_SHIP"]
    for held in ready:
        _ship(platform, held, "PICKUP_REQUEST")
    return Reply.of(
        {
            "response": "sukses",
            "message": f"{len(ready)} paket berhasil diproses PICKREQ",
            "success_data": [held.id for held in ready],
            "status": "PICKUP_REQUEST",
        }
    )


def cancel_pickup(platform: NgorderPlatform, call: Call) -> Reply:
    """Cancel Pickup Request: `data` is the bare id."""
    held = find(platform, body_of(platform, call, validation.CANCEL_PICKUP)["id"])
    if held.view["shipping"] != "PICKUP_REQUEST":
        raise Refused(failure(platform, {"id": ["There is no pickup request for this order"]}))
    _ship(platform, held, "READY_TO_SHIP")
    return success(platform, call, held.id, "Pickreq canceled successfully!")


def get_cod_couriers(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Active COD Couriers."""
    del platform, call
    return Reply.of({"data": [{"expedition_name": name, "logo_url": ""} for name in ("sicepat", "sap", "jne")]})


def remove_package(platform: NgorderPlatform, call: Call) -> Reply:
    """Remove Order from the shipment list; the order itself stays."""
    held = find(platform, path_id(platform, call, "order_id"))
    held.view["shipping"] = None
    return success(platform, call, {"id": str(held.id)}, "Package removed successfully")


def _no_bills(platform: NgorderPlatform, call: Call, default: int, path: str) -> Reply:
    parameters = Parameters(platform, call)
    parameters.day("start_date")
    parameters.day("end_date")
    parameters.choice("status", ("COMPLETE", "PENDING"))
    page = parameters.page(default)
    parameters.done()
    return paged(platform, [], page, path)


def get_invoices(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Shipment Invoices: none."""
    return _no_bills(platform, call, 10, "shipping/invoice")


def get_shipping_payments(platform: NgorderPlatform, call: Call) -> Reply:
    """Shipping Payments: none, 100 a page."""
    return _no_bills(platform, call, 100, "shipping/payment")


def get_shipping_report(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Shipping Report: its form is not documented."""
    parameters = Parameters(platform, call)
    days = parameters.integer("interval", 7, least=1, most=31) or 7
    parameters.done()
    since = platform.local_time().date() - timedelta(days=days)
    counts = {status: sum(held.view["shipping"] == status for held in live(platform)) for status in SHIPPING}
    return Reply.of({"data": {"since": since.isoformat(), **counts}})


ROUTES = [
    Route("GET", "/api/open/shipping", get_shipping),
    Route("POST", "/api/open/shipping/resend/{order_id}", resend_package),
    Route("POST", "/api/open/shipping/pickup-request", request_pickup),
    Route("POST", "/api/open/shipping/cancel-pickup", cancel_pickup),
    Route("GET", "/api/open/shipping/cod-active", get_cod_couriers),
    Route("GET", "/api/open/shipping/invoice", get_invoices),
    Route("GET", "/api/open/shipping/payment", get_shipping_payments),
    Route("GET", "/api/open/shipping/report", get_shipping_report),
    Route("DELETE", "/api/open/shipping/remove/{order_id}", remove_package),
]
