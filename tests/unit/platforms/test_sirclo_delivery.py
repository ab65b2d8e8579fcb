"""Whom and where SIRCLO delivers to: the rows of site and customer, and which of them says what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.channels.mapping import MappingKey, MissingMappings
from orderbridge.channels.site_keys import any_site
from orderbridge.platforms.sirclo import DEFINITION, Settings, mapper
from tests.unit.platforms.examples import ADDRESS, BASE_URLS, DELIVERY, mappings, missing, order

EARLY = DEFINITION.read_settings({"base_url": BASE_URLS["sirclo"]})
WAITING = DEFINITION.read_settings({"base_url": BASE_URLS["sirclo"], "unknown_customers": "wait"})
LATER = DEFINITION.read_settings({"base_url": BASE_URLS["sirclo"], "revision": "2021-02"})
BOTH = pytest.mark.parametrize("settings", [EARLY, LATER], ids=["2019-07", "2021-02"])
PRODUCT: dict[str, Any] = {"product:PROD-1": {"sku": "DKL0907", "id": 5, "price": 100000}}
SOME_SITE: dict[MappingKey, Any] = {any_site("customer", "CUST-1"): True}

BANDUNG = {
    "delivery_region": "Jawa Barat",
    "delivery_city": "Kota Bandung",
    "delivery_suburb": "Coblong",
    "delivery_post_code": "40132",
}
LOCATION = ("delivery_region", "delivery_city", "delivery_suburb", "delivery_country", "delivery_post_code")
PERSON = ("delivery_name", "delivery_email", "delivery_mobile")
ROWS = ("address:CUST-1@SITE-1", "customer:CUST-1@SITE-1", "address:CUST-1", "customer:CUST-1")
"""The most specific first."""


def delivery(settings: Settings, rows: dict[str, Any], extra: dict[MappingKey, Any] | None = None) -> dict[str, Any]:
    request = mapper.to_request(order(), settings, {**mappings({**PRODUCT, **rows}), **(extra or {})})
    return {name: value for name, value in mapper.order_in(request).items() if name.startswith("delivery_")}


def missing_of(settings: Settings, rows: dict[str, Any], extra: dict[MappingKey, Any] | None = None) -> list[str]:
    with pytest.raises(MissingMappings) as parked:
        delivery(settings, rows, extra)
    return missing(parked.value.keys)


def test_an_order_for_a_branch_goes_to_its_own_city() -> None:
    """The street of Bandung once was beside the city of Jakarta Barat."""
    shown = delivery(EARLY, {"customer:CUST-1": DELIVERY, "address:CUST-1@SITE-1": {"delivery_city": "Kota Bandung"}})
    assert shown == {
        "delivery_street_address": ADDRESS,
        "delivery_city": "Kota Bandung",
        "delivery_country": "Indonesia",
        **{name: DELIVERY[name] for name in (*PERSON, "delivery_method")},
    }


rows_of_a_customer = st.dictionaries(
    st.sampled_from(ROWS),
    st.dictionaries(st.sampled_from(LOCATION + PERSON), st.sampled_from(["one", "two", "three"]), max_size=6),
)


@given(rows_of_a_customer)
def test_all_that_says_where_it_is_comes_from_the_most_specific_row_that_says_anything_of_it(
    rows: dict[str, dict[str, str]],
) -> None:
    shown = delivery(EARLY, rows)
    by_rank = [rows[name] for name in ROWS if name in rows]
    located = next((row for row in by_rank if set(row) & set(LOCATION)), {})
    for name in LOCATION:
        default = "Indonesia" if name == "delivery_country" else None
        expected = None if name == "delivery_suburb" else located.get(name, default)
        assert shown.get(name) == expected
    for name in PERSON:
        default = "CUST-1" if name == "delivery_name" else None
        assert shown.get(name) == next((row[name] for row in by_rank if name in row), default)
    assert shown["delivery_street_address"] == ADDRESS


@BOTH
def test_a_customer_that_is_known_by_other_sites_alone_is_missing_at_this_one(settings: Settings) -> None:
    assert missing_of(settings, {}, SOME_SITE) == ["customer:CUST-1@SITE-1"]
    assert missing_of(settings, {}, {any_site("address", "CUST-1"): True}) == ["customer:CUST-1@SITE-1"]


@BOTH
def test_a_row_of_its_own_serves_every_site_that_has_none(settings: Settings) -> None:
    shown = delivery(settings, {"customer:CUST-1": DELIVERY}, SOME_SITE)
    assert shown["delivery_city"] == DELIVERY["delivery_city"]


@pytest.mark.parametrize("settings", [EARLY, WAITING, LATER], ids=["2019-07", "2019-07, wait", "2021-02"])
@pytest.mark.parametrize("name", ROWS)
def test_any_one_row_is_enough_to_know_a_customer(settings: Settings, name: str) -> None:
    shown = delivery(settings, {name: DELIVERY}, SOME_SITE)
    assert (shown["delivery_name"], shown["delivery_city"]) == (DELIVERY["delivery_name"], DELIVERY["delivery_city"])


def test_2021_names_the_row_that_lacks_something() -> None:
    whole = {"customer:CUST-1": DELIVERY}
    assert missing_of(LATER, {**whole, "address:CUST-1@SITE-1": {"delivery_city": "Kota Bandung"}}) == [
        "address:CUST-1@SITE-1"
    ]
    shown = delivery(LATER, {**whole, "address:CUST-1@SITE-1": BANDUNG})
    assert {name: shown[name] for name in BANDUNG} == BANDUNG
    assert shown["delivery_name"] == DELIVERY["delivery_name"]


def test_2019_sends_an_unknown_customer_under_its_code() -> None:
    assert delivery(EARLY, {}) == {
        "delivery_name": "CUST-1",
        "delivery_street_address": ADDRESS,
        "delivery_country": "Indonesia",
    }


def test_a_channel_may_wait_for_unknown_customers_and_2021_always_does() -> None:
    assert missing_of(WAITING, {}) == ["customer:CUST-1"]
    assert missing_of(LATER, {}) == ["customer:CUST-1"]


def test_every_key_that_is_asked_for_is_among_those_that_are_read() -> None:
    for settings in (EARLY, WAITING, LATER):
        for extra in ({}, SOME_SITE):
            with pytest.raises(MissingMappings) as parked:
                mapper.to_request(order(), settings, dict(extra))
            assert set(parked.value.keys) <= mapper.mapping_keys(order())
