"""The lists of orders: live ones, in detail, cancelled ones; and what can be asked about prices and payments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from orderbridge_sandboxes.exchange import JsonObject, Reply
from orderbridge_sandboxes.ngorder.answers import Parameters, gone, missing, paged, success
from orderbridge_sandboxes.ngorder.orders import ENDED
from orderbridge_sandboxes.ngorder.state import BANKS, EXPEDITIONS, SHOP_ID, USER_ID
from orderbridge_sandboxes.platform import Call, HeldOrder, Route
from orderbridge_sandboxes.validation import parse_date

if TYPE_CHECKING:
    from orderbridge_sandboxes.ngorder import NgorderPlatform

PROGRESS = ("UNPAID", "NO AWB", "ON PROCESS", "DELIVERED", "UNPROCESSED", "INSTALLMENT")
PAYMENTS = ("UNPAID", "PAID", "INSTALLMENT")
CATEGORIES = ("APP", "PRIVOR", "STORE_FRONT", "SHOPEE", "QUICK_ORDER", "UNCATEGORIZED")
SEARCHES = (
    "ORDER_ID", "CUSTOMER_NAME", "AWB_NUMBER", "CUSTOMER_PHONE", "SHOPEE_INVOICE", "PRODUCT_NAME", "SKU",
    "SHIPPER_TRACKING",
)  # fmt: skip
ENDINGS = {"CANCEL": "CANCELED", "REJECTED": "REJECTED", "EXPIRED": "EXPIRED"}


def order_day(held: HeldOrder) -> date:
    """The order's own date."""
    day = parse_date(held.body["order_date"])
    if day is None:
        raise ValueError("an order was kept without being checked")
    return day


def get_orders(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Orders: newest first; without dates the last 30 days. Ended orders are not among them."""
    parameters = Parameters(platform, call)
    progress = parameters.choice("order_progress_status", PROGRESS, required=platform.settings.progress_status_required)
    payment = parameters.choice("payment_status", PAYMENTS)
    category = parameters.choice("order_category", CATEGORIES)
    source = parameters.integer("order_source_id")
    search = parameters.choice("type", SEARCHES, "CUSTOMER_NAME")
    parameters.choice("order_by", ("ORDER_DATE", "PAYMENT_DATE"))
    today = platform.local_time().date()
    start = parameters.day("start_date", today - timedelta(days=30)) or today
    end = parameters.day("end_date", today) or today
    keyword = parameters.text("keyword")
    page = parameters.page()
    parameters.done()
    found = [
        held
        for held in live(platform)
        if start <= order_day(held) <= end
        and progress in (None, held.view["progress"])
        and payment in (None, held.view["payment_status"])
        and category in (None, "APP")
        and source in (None, held.body.get("order_source_id"))
        and (keyword is None or keyword.lower() in searched(held, search or ""))
    ]
    found.sort(key=lambda held: (order_day(held), held.id), reverse=True)
    return paged(platform, found, page, "order", lambda held: _row(platform, held))


def live(platform: NgorderPlatform) -> list[HeldOrder]:
    """Orders that are neither cancelled, rejected nor expired, as far as lists show them by now."""
    return [held for held in platform.listed() if held.view["order_status"] not in ENDED]


def searched(held: HeldOrder, kind: str) -> str:
    """The text that a keyword of this type is looked for in. There is none for the note."""
    receiver, variations = held.view["receiver"], held.view["variations"].values()
    match kind:
        case "ORDER_ID":
            return str(held.id)
        case "CUSTOMER_NAME":
            return str(receiver["name"]).lower()
        case "CUSTOMER_PHONE":
            return str(receiver["phone"])
        case "AWB_NUMBER":
            return (held.awb_number or "").lower()
        case "PRODUCT_NAME":
            return " ".join(variation.name for variation in variations).lower()
        case "SKU":
            return " ".join(variation.sku for variation in variations).lower()
        case _:
            return ""


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _number(platform: NgorderPlatform, value: int) -> int | str:
    return f" {value}" if platform.settings.numbers_as_text else value


def _row(platform: NgorderPlatform, held: HeldOrder) -> JsonObject:
    body, view = held.body, held.view
    sender, receiver, supplier = view["sender"], view["receiver"], view["supplier"]
    source = platform.shop.order_sources.get(body.get("order_source_id", -1))
    rate = next((row for row in EXPEDITIONS if row["id"] == body["expedition"]["id"]), None)
    return {
        "order_id": held.id,
        "po_number": view["po_number"],
        "shop_id": SHOP_ID,
        "order_date": body["order_date"],
        "sender_name": sender["name"],
        "sender_address": sender["address"],
        "receiver_name": receiver["name"],
        "receiver_address": receiver["address"],
        "total_amount": view["total_amount"],
        "shipping_rate": rate["rate_name"] if rate else "",
        "shipping_logistic": body["expedition"]["name"],
        "weight": 1,
        "note": view["note"],
        "origin_name": supplier["name"],
        "origin_address": supplier["address"],
        "cost_of_goods_sold": body["payment"].get("cost_of_goods_sales", 0),
        "order_source": source["note"] if source else "",
        "other_cost_amount": 0,
        "order_progress_status": view["progress"],
        "order_status": view["order_status"],
        "order_category": "APP",
        "payment_status": view["payment_status"],
        "payment_date": view["paid"][-1]["date"] if view["paid"] else body["payment"].get("date"),
        "products": [
            {
                "product_meta_id": line["id"],
                "name": view["variations"][line["id"]].name,
                "price": view["variations"][line["id"]].price_for(sender["category_code"]),
                "quantity": _number(platform, line["qty"]),
            }
            for line in body["products"]
        ],
        "shopee": None,
        "created_by_name": "Juragan",
        "created_at": _stamp(view["created"]),
        "updated_by_name": "Juragan",
        "updated_at": _stamp(view["updated"]),
        "awb_number": held.awb_number or ("" if view["payment_status"] == "PAID" else None),
    }


def get_canceled_orders(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Canceled Orders: at most 50 a page; order_date comes with a time here."""
    parameters = Parameters(platform, call)
    ending = ENDINGS.get(parameters.choice("type", tuple(ENDINGS), "CANCEL") or "")
    start, end = parameters.day("start_date", date.min), parameters.day("end_date", date.max)
    page = parameters.page(most=50)
    parameters.done()
    found = [
        held
        for held in platform.listed()
        if held.view["order_status"] == ending and (start or date.min) <= order_day(held) <= (end or date.max)
    ]
    found.sort(key=lambda held: held.id, reverse=True)
    return paged(platform, found, page, "order-cancel", lambda held: _canceled(platform, held))


def _canceled(platform: NgorderPlatform, held: HeldOrder) -> JsonObject:
    row = _row(platform, held)
    row["order_date"] = f"{held.body['order_date']} {held.view['created']:%H:%M:%S}"
    return {
        **row,
        "username": "user",
        "invoice": f"INV.{held.body['order_date'].replace('-', '.')}.{held.view['po_number']}",
        "remaining_amount": 0,
        "shipping_id": held.body["expedition"]["id"],
        "shipping_cost": held.body["expedition"]["rate"],
        "awb_number": held.awb_number or "",
        "product_status": held.body["products"][0]["product_status"],
        "order_cost": None,
        "warehouse_name": None,
        "cod_status": False,
    }


def get_orders_detail(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Orders Detail: by the day of creation; numbers come as text, moments as Mongo writes them."""
    parameters = Parameters(platform, call)
    status = parameters.choice("order_status", ("ACCEPTED", "REJECTED"))
    payment = parameters.choice(
        "payment_status",
        ("UNPAID", "PAID", "FAIL", "WAITING_CONFIRMATION", "WAITING PAYMENT", "REFUND_REJECTED", "EXPIRED"),
    )
    progress = parameters.choice("order_progress_status", ("UNPAID", "NO AWB", "ON PROCESS", "DELIVERED"))
    category = parameters.choice("order_category", ("APP", "PRIVOR", "SF_MEMBER", "SF_GUEST", "SHOPEE"))
    start, end = parameters.day("create_from", date.min), parameters.day("create_to", date.max)
    page = parameters.page()
    parameters.done()
    among = [held for held in platform.listed() if held.view["order_status"] == "REJECTED"]
    found = [
        held
        for held in reversed(among if status == "REJECTED" else live(platform))
        if (start or date.min) <= held.view["created"].date() <= (end or date.max)
        and payment in (None, held.view["payment_status"])
        and progress in (None, held.view["progress"])
        and category in (None, "APP")
    ]
    return paged(platform, found, page, "order/details", _detail)


def get_order_detail(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Single Order Detail, which the document's source has commented out."""
    parameters = Parameters(platform, call)
    order_id = parameters.integer("id", required=True)
    parameters.done()
    held = platform.held.get(order_id) if order_id is not None else None
    if held is None:
        raise gone(platform, "Order")
    return success(platform, call, _detail(held))


def _mongo(moment: datetime) -> JsonObject:
    return {"$date": {"$numberLong": str(int(moment.timestamp() * 1000))}}


def _person(row: JsonObject) -> JsonObject:
    names = ("id", "name", "phone", "district", "city", "province", "postal_code", "address", "line", "email")
    return {**{name: row[name] for name in names}, "district_id": row["_district_id"], "type": "Pelanggan"}


def _detail(held: HeldOrder) -> JsonObject:
    body, view = held.body, held.view
    sender, supplier = view["sender"], view["supplier"]
    return {
        "_id": f"5ef0740130b2667b{held.id:08x}",
        "order_id": held.id,
        "po_number": view["po_number"],
        "shop_id": SHOP_ID,
        "order_date": body["order_date"],
        "customer": _person(sender),
        "dropshipper": None,
        "receiver": _person(view["receiver"]),
        "total_amount": view["total_amount"],
        "shipping": {
            "id": str(body["expedition"]["id"]),
            "rate_name": "",
            "logistic_name": body["expedition"]["name"],
            "cost": body["expedition"]["rate"],
        },
        "weight": 0.4,
        "note": view["note"],
        "origin": {
            "id": supplier["id"],
            "name": supplier["name"],
            "location": supplier["location"],
            "phone": supplier["phone"],
            "address": supplier["address"],
            "is_shipper_active": "semua dari sini",
        },
        "payment": {"payment_histoy": [_paid(held, entry) for entry in view["paid"]]},
        "cost_of_goods_sold": None,
        "order_source": None,
        "order_cost": [
            {
                "category": cost["category"],
                "description": cost["name"],
                "nominal": cost.get("nominal", 0),
                "percentage": cost.get("percentage", 0),
                "is_percentage": cost["type"] == "PERCENTAGE",
            }
            for cost in body.get("order_cost", [])
        ],
        "awb": {"update_at": _mongo(view["updated"]), "number": held.awb_number} if held.awb_number else None,
        "is_printed": body["is_print"],
        "is_note_print": True,
        "order_progress_status": view["progress"],
        "order_status": "ACCEPT" if view["order_status"] == "ACCEPTED" else view["order_status"],
        "order_category": "APP",
        "payment_status": view["payment_status"],
        "payment_date": body["payment"].get("date"),
        "products": [
            {
                "product_meta_id": line["id"],
                "name": view["variations"][line["id"]].name,
                "product_status": line["product_status"],
                "price": str(view["variations"][line["id"]].price_for(sender["category_code"])),
                "quantity": str(line["qty"]),
                "is_warehouse": line["id"] in view["in_warehouses"],
            }
            for line in body["products"]
        ],
        "shopee": None,
        "created_by": {"id": USER_ID, "name": "Juragan", "email": "juragan@smartseller.co.id"},
        "updated_at": view["updated"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "created_at": view["created"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def _paid(held: HeldOrder, entry: JsonObject) -> JsonObject:
    return {
        "id": entry["payment_id"],
        "order_id": held.id,
        "description": f"Pembayaran Order PO#{held.view['po_number']}",
        "nominal": entry["nominal"],
        "bank": {"destination": {"id": entry["bank_id"], "bank_name": BANKS[0]["bank_name"]}},
        "is_confirmed": 1,
    }


def get_payment_histories(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Payment Histories: rupiah as people write them, ids as text."""
    parameters = Parameters(platform, call)
    number = parameters.integer("id", required=True)
    kind = parameters.choice("status", ("ORDER", "PAYMENT"), "ORDER")
    parameters.done()
    rows = [
        {
            "payment_id": entry["payment_id"],
            "bank_id": str(entry["bank_id"]),
            "bank_name": BANKS[0]["bank_name"],
            "account_number": BANKS[0]["account_number"],
            "paid_at": entry["date"],
            "created_at": f"{entry['date']} 11:05:44",
            "nominal": f"Rp{entry['nominal']:,}".replace(",", "."),
            "status": entry["status"],
        }
        for held in platform.held.values()
        for entry in held.view["paid"]
        if number == (held.id if kind == "ORDER" else entry["payment_id"])
    ]
    return Reply.of({"response": "success", "data": rows})


def get_wholesale_price(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Wholesale Price: the quantity comes back as text."""
    parameters = Parameters(platform, call)
    number, quantity = (parameters.integer(name, required=True) for name in ("variation_id", "qty"))
    parameters.done()
    variation = platform.shop.variations.get(number) if number is not None else None
    if variation is None:
        raise missing(platform, "variation_id", "variation")
    data = {"variation_id": number, "quantity": str(quantity), "price": variation.price}
    return Reply.of({"response": "success", "data": data})


def get_price_access(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Price Access of a customer category, by its code."""
    for row in platform.shop.customer_categories.values():
        if row["code"] == call.values["customer_category_code"]:
            return success(platform, call, {name: row[name] for name in ("wholesale_access", "discount_access")})
    raise gone(platform, "Customer category")


def get_admin_revenue(platform: NgorderPlatform, call: Call) -> Reply:
    """Get Admin Revenue: one admin made every order."""
    parameters = Parameters(platform, call)
    today = platform.local_time().date()
    start, end = parameters.day("start_date", today.replace(day=1)), parameters.day("end_date", today)
    parameters.done()
    made = [held for held in live(platform) if (start or today) <= order_day(held) <= (end or today)]
    row = {
        "user_id": USER_ID,
        "name": "Juragan",
        "level": "Owner",
        "net_sales": sum(held.view["total_amount"] for held in made),
        "gross_profit": 0,
        "order_count": len(made),
        "item_sold": sum(_quantities(made)),
    }
    return Reply.of({"data": [row]})


def _quantities(orders: Iterable[HeldOrder]) -> Iterable[int]:
    return (line["qty"] for held in orders for line in held.body["products"])


ROUTES = [
    Route("GET", "/api/open/order", get_orders),
    Route("GET", "/api/open/order/details", get_orders_detail),
    Route("GET", "/api/open/order/detail", get_order_detail),
    Route("GET", "/api/open/order-cancel", get_canceled_orders),
    Route("GET", "/api/open/order/payment-history", get_payment_histories),
    Route("GET", "/api/open/order/wholesale", get_wholesale_price),
    Route("GET", "/api/open/order/check-price/{customer_category_code}", get_price_access),
    Route("GET", "/api/open/order/admin-revenue", get_admin_revenue),
]
