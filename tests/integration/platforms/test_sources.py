"""Mappings that the platforms tell by themselves: exactly our code, exactly once."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.channels.lookups import FoundMappings
from orderbridge.channels.mapping import MappingKey, MappingKind, MissingMappings
from orderbridge_sandboxes import demo
from orderbridge_sandboxes.faults import Fault
from orderbridge_sandboxes.ngorder import demo as ngorder_demo
from orderbridge_sandboxes.salesmania import demo as salesmania_demo
from tests.conformance.facts import facts_of
from tests.integration.platforms.conftest import Connected, an_order

ADDRESS = {
    "name": "Artia",
    "phone": "+62" + demo.Customer(1).phone[1:],
    "district_id": 3627,
    "address": "Jl. Anggrek No.106",
    "postal_code": "11720",
}


def find(
    connected: Connected, *wanted: tuple[MappingKind, str], known: dict[MappingKey, Any] | None = None
) -> FoundMappings:
    keys = [MappingKey.of(kind, key) for kind, key in wanted]
    return connected.platform.find_mappings(keys, known or {}, connected.channel, connected.credentials)


def values(found: FoundMappings) -> dict[str, Any]:
    return {f"{key.kind}:{key.key}": value for key, value in found.values.items()}


def test_a_product_is_found_by_its_code(connected: Connected) -> None:
    found = find(connected, ("product", "PROD-001"), ("product", "PROD-00"), ("product", "prod-001"))
    assert values(found) == {"product:PROD-001": facts_of(connected.platform.name).found_by_itself}
    assert found.trouble == ()


def test_what_is_found_can_be_sent(connected: Connected) -> None:
    own = {key: value for key, value in connected.mappings.items() if key.kind != "product"}
    connected.mappings = own
    with pytest.raises(MissingMappings) as parked:
        connected.platform.to_request(an_order(), connected.channel, own)
    found = connected.platform.find_mappings(parked.value.keys, own, connected.channel, connected.credentials)
    prices = {MappingKey.of("price", code): 5000 for code in ("PROD-001", "PROD-002")}
    connected.mappings = {**own, **found.values, **prices}
    connected.send()
    assert connected.references == ["SO-20250101-00001"]


def test_nothing_wanted_asks_nothing(connected: Connected) -> None:
    assert find(connected, ("price", "PROD-001"), ("site", "SITE-001")) == FoundMappings({})
    assert connected.sandbox.requests == ()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500, count=None),
        Fault("status", status=404, count=None),
        Fault("status", status=401, count=None),
        Fault("garbage", count=None),
        Fault("wrong_shape", count=None, body={"data": [{"name": "no id"}]}),
        Fault("wrong_shape", count=None, body=[]),
        Fault("close_before", count=None),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.body}",
)
def test_a_list_that_cannot_be_read_tells_nothing(connected: Connected, fault: Fault) -> None:
    connected.sandbox.faults.add(fault)
    found = find(connected, ("product", "PROD-001"), ("customer", "CUST-001"))
    assert found.values == {}


def test_a_large_catalogue_is_read_to_its_end(connected: Connected) -> None:
    connected.sandbox.platform.extend(products=250)
    found = find(connected, ("product", "PROD-250"), ("product", "PROD-251"))
    assert list(values(found)) == ["product:PROD-250"]


# --- SalesMania ---


@pytest.mark.parametrize("list_shape", ["array", "data", "named"])
def test_a_customer_is_found_by_its_number_of_ours(salesmania: Connected, list_shape: str) -> None:
    salesmania.sandbox.change(list_shape=list_shape)
    found = find(salesmania, ("customer", "CUST-002"), ("customer", "Artia"))
    assert values(found) == {"customer:CUST-002": {"customer_id": salesmania_demo.CUSTOMER + 2}}


def test_a_code_that_is_there_twice_is_nobodys(salesmania: Connected) -> None:
    database = salesmania.sandbox.platform.databases[salesmania_demo.DATABASE_ID]
    database.customers[salesmania_demo.CUSTOMER + 2]["ext_cust_no"] = "CUST-001"
    database.products[salesmania_demo.PRODUCT + 2]["ext_product_code"] = "PROD-001"
    found = find(salesmania, ("customer", "CUST-001"), ("product", "PROD-001"), ("product", "PROD-003"))
    assert list(values(found)) == ["product:PROD-003"]
    assert found.trouble == (
        "customer CUST-001: 2 customers have this code",
        "product PROD-001: 2 products have this code",
    )


def test_a_product_without_one_base_unit_tells_no_unit(salesmania: Connected) -> None:
    database = salesmania.sandbox.platform.databases[salesmania_demo.DATABASE_ID]
    database.products[salesmania_demo.PRODUCT + 1]["product_units"][1]["ratio"] = 1
    assert values(find(salesmania, ("product", "PROD-001"))) == {
        "product:PROD-001": {"product_id": salesmania_demo.PRODUCT + 1}
    }


# --- Ngorder ---


def ngorder_customer(ngorder: Connected, **changes: Any) -> FoundMappings:
    return find(ngorder, ("customer", "CUST-001"), known={MappingKey.of("address", "CUST-001"): {**ADDRESS, **changes}})


def test_a_customer_is_found_by_phone_in_either_writing(ngorder: Connected) -> None:
    expected = {"customer:CUST-001": {"customer_id": ngorder_demo.CUSTOMER + 1}}
    assert values(ngorder_customer(ngorder)) == expected
    assert values(ngorder_customer(ngorder, phone=demo.Customer(1).phone)) == expected
    assert values(ngorder_customer(ngorder, phone=demo.Customer(1).phone[:-1])) == {}


def test_a_customer_is_never_found_by_name(ngorder: Connected) -> None:
    assert values(ngorder_customer(ngorder, phone="081999999999")) == {}
    assert values(find(ngorder, ("customer", "CUST-001"))) == {}
    assert values(find(ngorder, ("customer", "Artia"))) == {}


def test_a_phone_that_two_customers_have_is_nobodys(ngorder: Connected) -> None:
    shop = ngorder.sandbox.platform.shop
    shop.customers[ngorder_demo.CUSTOMER + 2]["phone"] = shop.customers[ngorder_demo.CUSTOMER + 1]["phone"]
    found = ngorder_customer(ngorder)
    assert found.values == {}
    assert found.trouble == ("customer CUST-001: 2 customers have this code",)


def test_an_unknown_customer_is_created_only_where_the_channel_says_so(ngorder: Connected) -> None:
    before = len(ngorder.sandbox.platform.shop.customers)
    assert values(ngorder_customer(ngorder, phone="081999999999")) == {}
    assert len(ngorder.sandbox.platform.shop.customers) == before
    ngorder.channel.settings["create_customers"] = True
    created = values(ngorder_customer(ngorder, phone="081999999999"))
    assert len(ngorder.sandbox.platform.shop.customers) == before + 1
    assert values(ngorder_customer(ngorder, phone="081999999999")) == created != {}
    assert len(ngorder.sandbox.platform.shop.customers) == before + 1


def branch(ngorder: Connected, site: str, street: str, **changes: Any) -> dict[str, Any]:
    """What is found of a customer at one of its sites, which has the head office's number."""
    key = f"CUST-001@{site}"
    address = {**ADDRESS, "address": street, **changes}
    return values(find(ngorder, ("customer", key), known={MappingKey.of("address", key): address}))


def test_a_branch_is_a_customer_of_its_own_also_where_it_has_the_head_offices_number(ngorder: Connected) -> None:
    ngorder.channel.settings["create_customers"] = True
    head_office = values(ngorder_customer(ngorder))["customer:CUST-001"]
    braga, asia = branch(ngorder, "SITE-BDG", "Jl. Braga 1"), branch(ngorder, "SITE-ASIA", "Jl. Braga 10")
    ids = [head_office["customer_id"], *(row["customer_id"] for found in (braga, asia) for row in found.values())]
    assert len(set(ids)) == 3
    assert branch(ngorder, "SITE-BDG", "jl.  Braga 1") == braga
    assert branch(ngorder, "SITE-ASIA", "Jl. Braga 10") == asia


def test_a_branch_is_not_looked_for_by_the_head_offices_address(ngorder: Connected) -> None:
    ngorder.channel.settings["create_customers"] = True
    own = {MappingKey.of("address", "CUST-001"): ADDRESS}
    assert values(find(ngorder, ("customer", "CUST-001@SITE-BDG"), known=own)) == {}


def test_a_customer_whose_code_has_an_at_sign_is_found_by_the_code(salesmania: Connected) -> None:
    database = salesmania.sandbox.platform.databases[salesmania_demo.DATABASE_ID]
    database.customers[salesmania_demo.CUSTOMER + 2]["ext_cust_no"] = "shop@home"
    found = find(salesmania, ("customer", "shop@@home"), ("customer", "shop@home"))
    assert list(values(found)) == ["customer:shop@@home"]


def test_the_products_type_is_the_orders_product_status(ngorder: Connected) -> None:
    ngorder.sandbox.platform.shop.products[ngorder_demo.PRODUCT + 1].type = "PO"
    assert values(find(ngorder, ("product", "PROD-001")))["product:PROD-001"]["product_status"] == "PO"


def test_a_sku_that_two_variants_have_is_nobodys(ngorder: Connected) -> None:
    shop = ngorder.sandbox.platform.shop
    shop.variations[ngorder_demo.VARIATION + 2].sku = "PROD-001"
    found = find(ngorder, ("product", "PROD-001"))
    assert found.values == {}
    assert "2 variants have this code" in found.trouble[0]
