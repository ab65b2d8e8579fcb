"""What is frozen for an order, byte for byte, as kept in tests/samples: a repeat must be what was sent before."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.platforms.registry import platform_named
from tests.unit.platforms import examples

SALESMANIA = {
    "product:PROD-1": {"product_id": 0, "unit": "BOX", "ratio": 4, "divisible": True, "price": "17500.50"},
    "product:PROD-2": {"product_id": 7, "unit": "PCS"},
    "price:PROD-2": {"price": 100, "disc_percent": "5+3"},
    "product:PROD-3": {"product_id": 8, "unit": "PCS", "price": {"price": "99.90", "disc_amount": "0.9"}},
    "customer:CUST-1": 70001,
    "sales:John Doe": 0,
}
SIRCLO = {
    **{f"product:PROD-{number}": {"sku": f"SKU-{number}", "id": number, "price": 100} for number in (1, 3)},
    "product:PROD-2": {"sku": "SKU-2", "id": 0, "name": "Kaos é", "price": {"price": 100, "disc_percent": "5+3"}},
    "customer:CUST-1": examples.DELIVERY,
}
NGORDER = {
    **{f"product:PROD-{number}": {"variation_id": number, "product_status": "R"} for number in (1, 2, 3)},
    **{f"cost:PROD-{number}": "10.5" for number in (1, 2, 3)},
    "customer:CUST-1": 6001,
    "site:SITE-1": {"supplier_id": 3, "warehouse_id": 0},
}


@pytest.mark.parametrize(
    ("platform", "settings", "rows", "create", "path"),
    [
        ("salesmania", {}, SALESMANIA, ("Orders", "Add new order"), "/extapi/v1.0/orders"),
        ("sirclo", {}, SIRCLO, ("Order API", "Create Order"), "/v1/order"),
        ("sirclo", {"revision": "2021-02"}, SIRCLO, ("2021-02", "Create orders"), "/v1/partner/order"),
        ("ngorder", {"bank_id": 0, "order_source_id": 12}, NGORDER, ("Order", "Create Order"), "/api/open/order"),
    ],
    ids=["salesmania", "sirclo 2019-07", "sirclo 2021-02", "ngorder"],
)
def test_what_is_frozen_for_an_order_is_what_an_earlier_version_froze(
    platform: str, settings: dict[str, Any], rows: dict[str, Any], create: tuple[str, str], path: str
) -> None:
    order = examples.order((("PROD-1", 10), ("PROD-2", 3), ("PROD-3", 1)))
    made = platform_named(platform).to_request(order, examples.channel(platform, **settings), examples.mappings(rows))
    kept = (examples.sample_folder(platform, *create) / "frozen.json").read_bytes()
    assert made == FrozenRequest("POST", path, kept.rstrip(b"\n"))
