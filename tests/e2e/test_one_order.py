"""One order, all the way: login, intake, stream, bus, queues, forwarders, platforms."""

from __future__ import annotations

from pathlib import Path

import pytest

from orderbridge.platforms.names import platform_names
from tests.conformance.facts import facts_of
from tests.e2e.actors import Operator, Partner, Platforms, sales_order
from tests.e2e.conftest import wait_for

pytestmark = pytest.mark.e2e


def all_sent(operator: Operator, code: str) -> bool:
    states = operator.states(code)
    return len(states) == len(platform_names()) and set(states.values()) == {"SENT"}


def test_an_order_arrives_once_at_every_platform(partner: Partner, operator: Operator, platforms: Platforms) -> None:
    code = partner.place("PO-ALL-THREE")

    wait_for(lambda: all_sent(operator, code), what=f"{code} to be SENT")

    for platform in platform_names():
        assert len(platforms.held(platform, code)) == 1, platform
    shown = operator.order(code)
    assert shown["status"] == "SUBMITTED"
    assert shown["timeline"][0]["event"] == "OrderAccepted"
    ids = {forward["platform"]: forward["external_id"] for forward in shown["forwards"]}
    for platform in platform_names():
        assert bool(ids[platform]) == facts_of(platform).tells_id, platform
    (key,) = operator.run("partners", "show", partner.client_id)["keys"]
    assert key["last_used"] == f"{code[3:7]}-{code[7:9]}-{code[9:11]}"


def test_the_same_order_again_is_the_same_order(partner: Partner, operator: Operator, platforms: Platforms) -> None:
    code = partner.place("PO-AGAIN")

    again = partner.post(sales_order("PO-AGAIN"))
    other = partner.post(sales_order("PO-AGAIN", customer_code="CUST-002"))

    assert (again.status_code, again.headers["Idempotent-Replay"]) == (200, "true")
    assert again.json()["data"]["code"] == code
    assert other.status_code == 409
    wait_for(lambda: all_sent(operator, code), what=f"{code} to be SENT")
    assert len(platforms.held("sirclo", code)) == 1


def test_an_order_with_unmapped_products_waits_and_goes_once_when_they_are_mapped(
    partner: Partner, operator: Operator, platforms: Platforms, tmp_path: Path
) -> None:
    (sirclo,) = (channel for channel in partner.channels if channel.startswith("sirclo"))
    products = [{"product_code": code, "quantity": 1} for code in ("PROD-001", "NEW-1", "NEW-2")]
    code = partner.place("PO-UNMAPPED", products=products)

    wait_for(lambda: operator.states(code).get(sirclo) == "NEEDS_MAPPING", what="NEEDS_MAPPING")

    assert operator.forward(code, sirclo)["missing"] == [
        {"kind": "product", "key": "NEW-1"},
        {"kind": "product", "key": "NEW-2"},
    ]
    assert platforms.held("sirclo", code) == []
    new = {"sku": "PROD-002", "id": 200002, "name": "New", "price": 1000}
    operator.import_mappings(sirclo, [("product", "NEW-1", new), ("product", "NEW-2", new)], tmp_path)
    wait_for(lambda: operator.states(code)[sirclo] == "SENT", what="SENT after the import")
    assert len(platforms.held("sirclo", code)) == 1
