"""SIRCLO's facts in both revisions, from its document of 2019-07 and the public one of 2021-02 (facts 3)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.conformance.answers import is_id, objects_in
from tests.conformance.facts import (
    ACCEPTED_AT,
    ADDRESS,
    CODE,
    PURCHASE_ORDER_NO,
    VALUE,
    Answer,
    Call,
    CatalogueFacts,
    PlatformFacts,
    Shelf,
    Word,
)

DELIVERY = {
    "delivery_street_address": ADDRESS,
    # Where it goes is the site's row, how it goes is the customer's own.
    "delivery_name": "Toko Contoh 2",
    "delivery_region": "Jawa Barat",
    "delivery_city": "Kota Bandung",
    "delivery_post_code": "40274",
    "delivery_country": "Indonesia",
    "delivery_email": "cust-001@example.com",
    "delivery_mobile": "08120000001",
    "delivery_method": "JNE REG",
}
HEAD = {
    "order_id": CODE,
    "order_date": ACCEPTED_AT,
    "customer_reference": PURCHASE_ORDER_NO,
    "shipment_reference": "",
    "status": "pending",
}


def line(sku: str, name: str, quantity: int, price: int, **own: Any) -> dict[str, Any]:
    """A line with its net price, twice, and without a discount (traps C1)."""
    prices = {"unit_price": price, "raw_price": price, "discount": 0}
    return {"sku": sku, "name": name, "quantity": quantity, **prices, **own}


def proves(status: int, document: Any, code: str) -> bool:
    """Its id beside our own ``order_id``."""
    return any(
        is_id(each.get("id")) and code in (each.get("order_id"), each.get("order_number"))
        for each in objects_in(document)
    )


def may_refuse(status: int, document: Any, code: str) -> bool:
    """A batch may have failed in part inside a success; a refusal that names the order says that it is there."""
    if status < 300:
        return isinstance(document, dict) and "failed" in json.dumps(document)
    return any(code in map(str, each.values()) for each in objects_in(document))


# 20,000 less 5 and 3 percent
NET = 18_430

EARLY = PlatformFacts(
    name="sirclo",
    base_url="https://api.connexi.id",
    kinds=frozenset({"product", "customer", "address", "price"}),
    least_settings={},
    create=Call("POST", "/v1/order"),
    orders=Call("GET", "/v1/partner/page/"),
    stock=Call("GET", "/v1/partner/product/stock"),
    counts_stock=False,
    push=None,
    cancel=Call("PATCH", "/v1/order"),
    can_look=True,
    tells_id=True,
    probe=(Call("GET", "/v1/partner/page/"), Call("GET", "/v1/partner/product/stock")),
    mappings=(
        (
            "customer",
            "CUST-001@SITE-001",
            {
                "delivery_name": "Toko Contoh 2", "delivery_region": "Jawa Barat", "delivery_city": "Kota Bandung",
                "delivery_suburb": "Batununggal", "delivery_post_code": "40274",
            },
        ),
        ("price", "PROD-002", {"price": 20_000, "disc_percent": "5+3"}),
    ),
    body={
        **HEAD,
        **DELIVERY,
        "line_items": [
            line("PROD-001", "Kaos Polos Hitam", 10, 17_500, id=200_001),
            line("PROD-002", "Kaos Polos Putih", 24, NET, id=200_002),
            line("PROD-001", "Kaos Polos Hitam", 2, 17_500, id=200_001),
        ],
    },
    total=652_320,  # 12 * 17,500 + 24 * 18,430
    missing=frozenset({"product:PROD-001", "product:PROD-002"}),
    found_by_itself={"sku": "PROD-001", "id": 200_001, "name": "Kaos Polos Hitam"},
    accepts=(
        Answer(200, {"data": {"id": 77, "order_id": CODE}, "message": "", "reference": ""}),
        Answer(200, {"data": {"succeed": [{"id": 77, "order_id": CODE}], "failed": []}}),
    ),
    rejects=(
        Answer(400, {"data": None, "message": "line_items.0.sku: no such product", "reference": "x"}),
        Answer(200, {"data": {"succeed": [], "failed": [{"order_id": CODE, "reason": "sku not found"}]}}),
    ),
    proves_nothing=(
        Answer(200, {"data": {"id": 77}, "message": "", "reference": ""}),
        Answer(200, {"data": {"id": 77, "order_id": "SO-20250101-00002"}}),
        Answer(200, {"data": {"id": 0, "order_id": CODE}}),
        Answer(200, {"data": None, "message": "", "reference": ""}),
        Answer(200, {}),
    ),
    success={"data": {"id": VALUE, "order_id?": CODE, "order_number?": CODE}},
    proves=proves,
    may_refuse=may_refuse,
    words=(
        Word("status", "pending", "SUBMITTED"),
        Word("status", "accepted", "ACCEPTED"),
        Word("status", "packed", "SHIPPED"),
        Word("status", "completed", "COMPLETED"),
        Word("status", "canceled", "CANCELLED"),
        Word("status", "cancelled", "CANCELLED"),
    ),
    shipped="packed",
    completed="completed",
    cancelled="canceled",
    tells_waybill=True,
    cancelled_by_us="canceled",
    catalogue=CatalogueFacts(
        beyond={("GET", "/v1/order/"): "what the document prints for Get Stocks; it lists orders (traps C9)"},
        extra={
            ("Update status", f"{bucket}/order_number"): "2019-07's, whose buckets are the same otherwise"
            for bucket in ("accepted", "packed", "completed", "cancelled")
        },
    ),
    shelf=Shelf(
        odd_rows=({"stock": 1, "available": "1"}, {"sku": 5, "stock": 1, "available": "1"}, {"sku": "x"}, "x"),
        describe=lambda platform, code, text: platform.products[code].update(name=text),
    ),
)  # fmt: skip

LATER = replace(
    EARLY,
    settings={"revision": "2021-02"},
    create=Call("POST", "/v1/partner/order"),
    orders=Call("GET", "/v1/partner/order"),
    counts_stock=True,
    push=Call("POST", "/v1/partner/inventory/updatestocks"),
    cancel=Call("PATCH", "/v1/partner/order/status"),
    probe=(Call("GET", "/v1/partner/order"), Call("GET", "/v1/partner/product/stock")),
    body={
        "orders": [
            {
                **HEAD,
                **DELIVERY,
                "delivery_suburb": "Batununggal",
                "payment_method": "Bank Transfer",
                "line_items": [
                    line("PROD-001", "Kaos Polos Hitam", 10, 17_500, order_item_id="1"),
                    line("PROD-002", "Kaos Polos Putih", 24, NET, order_item_id="2"),
                    line("PROD-001", "Kaos Polos Hitam", 2, 17_500, order_item_id="3"),
                ],
            }
        ]
    },
    missing=EARLY.missing | {"customer:CUST-001"},
)

RECORDS = (EARLY, LATER)
