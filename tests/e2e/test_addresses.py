"""Where an order goes: the rows of its customer, those of one of its sites, and a customer whom nobody has mapped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.actors import Operator, Partner, Platforms
from tests.e2e.conftest import wait_for

pytestmark = pytest.mark.e2e

NewPartner = Callable[..., Partner]
BANDUNG = {"delivery_region": "Jawa Barat", "delivery_city": "Kota Bandung", "delivery_post_code": "40132"}
BRAGA = {"name": "Toko Braga", "phone": "081299998888", "district_id": 3627, "address": "Jl. Braga 1"}


def sent(operator: Operator, platforms: Platforms, platform: str, code: str) -> dict[str, Any]:
    """The order's body as the platform took it."""
    wait_for(lambda: set(operator.states(code).values()) == {"SENT"}, what=f"{code} to be SENT")
    (held,) = platforms.held(platform, code)
    body: dict[str, Any] = held["body"]
    return body


def test_an_order_for_a_branch_goes_to_its_own_city_and_one_without_any_row_under_its_code(
    new_partner: NewPartner, operator: Operator, platforms: Platforms, tmp_path: Path
) -> None:
    partner = new_partner("sirclo")
    operator.import_mappings(partner.channels[0], [("address", "CUST-001@SITE-BDG", BANDUNG)], tmp_path)

    branch = sent(operator, platforms, "sirclo", partner.place("PO-BANDUNG", site_code="SITE-BDG"))
    elsewhere = sent(operator, platforms, "sirclo", partner.place("PO-ELSEWHERE"))
    unknown = sent(operator, platforms, "sirclo", partner.place("PO-UNKNOWN", customer_code="CUST-NEW"))

    assert {name: branch[name] for name in BANDUNG} == BANDUNG
    assert branch["delivery_name"] == elsewhere["delivery_name"]
    assert elsewhere["delivery_city"] != "Kota Bandung"
    assert unknown["delivery_name"] == "CUST-NEW"
    assert "delivery_city" not in unknown


def test_a_customer_known_by_its_sites_alone_waits_at_any_other_and_says_which(
    new_partner: NewPartner, operator: Operator, platforms: Platforms, tmp_path: Path
) -> None:
    partner = new_partner("sirclo")
    operator.import_mappings(partner.channels[0], [("address", "CUST-TWO@SITE-BDG", BANDUNG)], tmp_path)
    code = partner.place("PO-OTHER-SITE", customer_code="CUST-TWO")
    wait_for(lambda: operator.states(code) == {partner.channels[0]: "NEEDS_MAPPING"}, what="NEEDS_MAPPING")
    assert operator.forward(code, partner.channels[0])["missing"] == [{"kind": "customer", "key": "CUST-TWO@SITE-001"}]
    released = operator.import_mappings(
        partner.channels[0], [("customer", "CUST-TWO", {"delivery_city": "Kota Bogor"})], tmp_path
    )
    assert [each["code"] for each in released["released"]] == [code]
    assert sent(operator, platforms, "sirclo", code)["delivery_city"] == "Kota Bogor"


def test_an_imported_address_creates_the_customer_and_lets_its_orders_go_at_once(
    new_partner: NewPartner, operator: Operator, platforms: Platforms, tmp_path: Path
) -> None:
    partner = new_partner("ngorder", settings={"create_customers": True})
    (channel,) = partner.channels
    first = partner.place("PO-FIRST", customer_code="CUST-NEW", site_code="SITE-BRAGA")
    wait_for(lambda: operator.states(first) == {channel: "NEEDS_MAPPING"}, what="NEEDS_MAPPING")
    assert operator.forward(first, channel)["missing"] == [
        {"kind": "customer", "key": "CUST-NEW"},
        {"kind": "address", "key": "CUST-NEW"},
    ]

    released = operator.import_mappings(channel, [("address", "CUST-NEW@SITE-BRAGA", BRAGA)], tmp_path)

    assert [each["code"] for each in released["released"]] == [first]
    second = partner.place("PO-SECOND", customer_code="CUST-NEW", site_code="SITE-BRAGA")
    bodies = [sent(operator, platforms, "ngorder", code) for code in (first, second)]
    receivers = {body["customer_receiver_id"] for body in bodies}
    assert len(receivers) == 1
    found = [row for row in operator.run("mappings", "export", channel) if row["key"].startswith("CUST-NEW")]
    assert [(row["kind"], row["key"]) for row in found if row["kind"] == "customer"] == [
        ("customer", "CUST-NEW@SITE-BRAGA")
    ]
