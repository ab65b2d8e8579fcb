"""Requests as each platform's document wants them, for the sandboxes' own tests."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

from orderbridge_sandboxes import DEMO_CREDENTIALS, Platform, Reply, Request
from orderbridge_sandboxes.ngorder import NgorderPlatform
from orderbridge_sandboxes.salesmania import SalesmaniaPlatform
from orderbridge_sandboxes.sirclo import SircloPlatform
from orderbridge_sandboxes.sirclo.signing import mac

SIRCLO = DEMO_CREDENTIALS["sirclo"]
KEYS = {"api_key": SIRCLO["api_key"], "api_secret": SIRCLO["api_secret"]}
REMOVE = object()


def raw(document: Any) -> bytes:
    """JSON bytes; bytes stay what they are."""
    return document if isinstance(document, bytes) else json.dumps(document).encode()


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at a dotted path replaced, added, or with REMOVE taken away."""
    copied = copy.deepcopy(document)
    *way, last = path.split(".")
    node: Any = copied
    for step in way:
        node = node[int(step)] if isinstance(node, list) else node[step]
    if value is REMOVE:
        del node[last]
    elif isinstance(node, list):
        node[int(last)] = value
    else:
        node[last] = value
    return copied


def ask(platform: Platform, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Reply:
    """One exchange with the state machine; a crash of the sandbox fails the test."""
    reply = platform.handle(Request(method, target, headers, body))
    assert platform.crashes == []
    return reply


# --- SalesMania ---

SALESMANIA_ORDER: dict[str, Any] = {
    "date": "2025-01-01",
    "customer_id": 70_001,
    "team_id": 24728,
    "description": "SO-20250101-00001",
    "ordered_products": [
        {"product_id": 500_001, "qty": 2, "unit": "PCS", "price": 17_500, "ext_order_line_id": 1},
        {"product_id": 500_002, "qty": 1.5, "unit": "BOX", "price": 240_000, "item_disc_percent": "55.05+3"},
    ],
    "status": "Baru",
    "ext_order_no": "SO-20250101-00001",
}


def salesmania_tokens(platform: SalesmaniaPlatform) -> tuple[str, str]:
    """(bearer, team token) through the chain."""
    pair = base64.b64encode(b"sandbox-user:sandbox-password-not-a-secret").decode()
    reply = ask(platform, "GET", "/extapi/v1.0/token", {"authorization": f"Basic {pair}"})
    bearer = reply.document()["token"]
    target = "/extapi/v1.0/team_token?db_id=2981"
    team = ask(platform, "GET", target, {"authorization": f"Bearer {bearer}"}).document()["token"]
    return bearer, team


def salesmania(platform: SalesmaniaPlatform, method: str, path: str, document: Any = None) -> Reply:
    """An authorised call."""
    bearer, team = salesmania_tokens(platform)
    mark = "&" if "?" in path else "?"
    body = b"" if document is None else raw(document)
    return ask(platform, method, f"{path}{mark}team_token={team}", {"authorization": f"Bearer {bearer}"}, body)


# --- SIRCLO ---

SIRCLO_ORDER: dict[str, Any] = {
    "order_id": "SO-20250101-00001",
    "order_date": "2025-01-01T00:00:00Z",
    "customer_reference": "PO-1",
    "shipment_reference": "",
    "status": "pending",
    "delivery_name": "Artia",
    "delivery_street_address": "Jl. Anggrek No.106 Blok C5",
    "line_items": [
        {
            "id": 200_001,
            "sku": "PROD-001",
            "name": "Kaos Polos Hitam",
            "quantity": 2,
            "unit_price": 17_500,
            "raw_price": 17_500,
            "discount": 0,
        }
    ],
}

SIRCLO_LATER_ORDER: dict[str, Any] = {
    "order_id": "SO-20250101-00001",
    "order_date": "2025-01-01T00:00:00Z",
    "customer_reference": "PO-1",
    "delivery_street_address": "Jl. Anggrek No.106 Blok C5",
    "delivery_city": "Jakarta Barat",
    "delivery_region": "DKI Jakarta",
    "delivery_suburb": "Cengkareng",
    "delivery_country": "Indonesia",
    "delivery_post_code": "11720",
    "delivery_method": "JNE REG",
    "payment_method": "Bank Transfer",
    "line_items": [
        {"sku": "PROD-001", "name": "Kaos Polos Hitam", "quantity": 2, "raw_price": 20_000, "discount": 2_500}
    ],
}


def signed(target: str, body: bytes = b"") -> dict[str, str]:
    """Headers of revision 2019-07."""
    return {"partner_id": SIRCLO["partner_id"], "mac": mac(SIRCLO["partner_secret"], target, body)}


def signed_later(target: str, body: bytes = b"") -> dict[str, str]:
    """Headers of revision 2021-02."""
    return {"partner-id": SIRCLO["partner_id"], "secret": mac(SIRCLO["partner_secret"], target, body)}


def sirclo(platform: SircloPlatform, method: str, target: str, document: Any = None) -> Reply:
    """A call of 2019-07 with partner_id and MAC."""
    body = b"" if document is None else raw(document)
    return ask(platform, method, target, signed(target, body), body)


def sirclo_keyed(platform: SircloPlatform, method: str, target: str, document: Any = None) -> Reply:
    """A call of 2019-07 with api_key and api_secret."""
    return ask(platform, method, target, KEYS, b"" if document is None else raw(document))


def sirclo_later(platform: SircloPlatform, method: str, target: str, document: Any = None) -> Reply:
    """A call of 2021-02."""
    body = b"" if document is None else raw(document)
    return ask(platform, method, target, signed_later(target, body), body)


# --- Ngorder ---

BEARER = {"authorization": f"Bearer {DEMO_CREDENTIALS['ngorder']['api_key']}"}

NGORDER_ORDER: dict[str, Any] = {
    "order_date": "2025-01-01",
    "customer_sender_id": 6_000_001,
    "customer_receiver_id": 6_000_001,
    "supplier_id": 17118,
    "order_source_id": None,
    "note": "[SO-20250101-00001] PO:PO-1",
    "is_print": False,
    "products": [{"id": 9_000_001, "qty": 2, "product_status": "S", "warehouse_id": 0}],
    "expedition": {"id": 98, "rate": 0, "name": "Ambil di Toko", "auto_pickup": False},
    "payment": {"status": "UNPAID"},
    "source": "WEB",
}


def ngorder(platform: NgorderPlatform, method: str, target: str, document: Any = None) -> Reply:
    """An authorised call; `target` is what follows /api/open/."""
    return ask(platform, method, f"/api/open/{target}", BEARER, b"" if document is None else raw(document))
