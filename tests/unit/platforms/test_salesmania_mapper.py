"""An order in SalesMania's form (SalesMania's document, Add new order)."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.calls.documents import read_json
from orderbridge.channels.mapping import MappingKey, MissingMappings
from orderbridge.channels.outcomes import Accepted, Outcome, Unknown
from orderbridge.http.transport import Reply
from orderbridge.platforms.salesmania import DEFINITION, Unit, mapper
from orderbridge.platforms.values import InvalidValue
from tests.unit.platforms.examples import ADDRESS, BASE_URLS, CODE, mappings, missing, order

SETTINGS = DEFINITION.read_settings({"base_url": BASE_URLS["salesmania"], "database_id": 2981})
PRODUCT = {"product_id": 501, "unit": "PCS", "price": 17500}
ROWS: dict[str, Any] = {"product:PROD-1": PRODUCT, "customer:CUST-1": 70001, "sales:John Doe": 24728}


def sent(rows: dict[str, Any] | None = None, pieces: int = 10, **settings: Any) -> dict[str, Any]:
    chosen = SETTINGS.model_copy(update=settings)
    request = mapper.to_request(order((("PROD-1", pieces),)), chosen, mappings({**ROWS, **(rows or {})}))
    document = read_json(request.body)
    assert isinstance(document, dict)
    return document


def line(rows: dict[str, Any] | None = None, pieces: int = 10) -> dict[str, Any]:
    (only,) = sent(rows, pieces)["ordered_products"]
    assert isinstance(only, dict)
    return only


def missing_of(rows: dict[str, Any], **settings: Any) -> list[str]:
    chosen = SETTINGS.model_copy(update=settings)
    with pytest.raises(MissingMappings) as parked:
        mapper.to_request(order((("PROD-1", 10), ("PROD-2", 1), ("PROD-1", 3))), chosen, mappings(rows))
    return missing(parked.value.keys)


def test_the_whole_request() -> None:
    request = mapper.to_request(order((("PROD-1", 10), ("PROD-1", 2))), SETTINGS, mappings(ROWS))
    assert (request.method, request.path) == ("POST", "/extapi/v1.0/orders")
    assert json.loads(request.body) == {
        "date": "2025-01-01",
        "customer_id": 70001,
        "team_id": 24728,
        "description": f"{CODE} | PO: PO-77 | site: SITE-1 | sales: John Doe | {ADDRESS}",
        "ordered_products": [
            {"product_id": 501, "qty": 10, "unit": "PCS", "price": 17500, "ext_order_line_id": 1},
            {"product_id": 501, "qty": 2, "unit": "PCS", "price": 17500, "ext_order_line_id": 2},
        ],
        "ext_order_no": CODE,
        "ext_order_status_name": "SUBMITTED",
    }


def test_the_same_order_is_the_same_bytes() -> None:
    bodies = {mapper.to_request(order(), SETTINGS, mappings(dict(reversed(ROWS.items())))).body for _ in range(2)}
    bodies.add(mapper.to_request(order(), SETTINGS, mappings(ROWS)).body)
    assert len(bodies) == 1


def test_every_key_that_is_asked_for_is_announced() -> None:
    asked: set[MappingKey] = set()

    class Recording(dict[MappingKey, Any]):
        def __contains__(self, key: object) -> bool:
            asked.add(key)  # type: ignore[arg-type]
            return super().__contains__(key)

    mapper.to_request(order(), SETTINGS, Recording(mappings(ROWS)))
    assert asked <= mapper.mapping_keys(order())
    assert missing(sorted(mapper.mapping_keys(order()))) == [
        "customer:CUST-1", "customer:CUST-1@", "customer:CUST-1@SITE-1",
        "price:PROD-1", "product:PROD-1", "sales:john doe", "unit:PROD-1",
    ]  # fmt: skip


def test_everything_that_is_missing_is_reported_at_once() -> None:
    assert missing_of({}) == ["product:PROD-1", "product:PROD-2", "customer:CUST-1", "sales:john doe"]


def test_a_product_without_a_price_waits_for_the_price() -> None:
    rows = {**ROWS, "product:PROD-1": {"product_id": 501, "unit": "PCS"}, "product:PROD-2": {"product_id": 502}}
    assert missing_of(rows) == ["price:PROD-1", "price:PROD-2", "unit:PROD-2"]


def test_a_value_that_cannot_be_used_is_missing_and_the_reason_said() -> None:
    rows = {**ROWS, "product:PROD-1": {"sku": "other"}, "product:PROD-2": PRODUCT}
    assert missing_of(rows) == ["product:PROD-1"]
    with pytest.raises(MissingMappings) as parked:
        mapper.to_request(order((("PROD-1", 1), ("PROD-3", 1))), SETTINGS, mappings(rows))
    assert missing(parked.value.keys) == ["product:PROD-1", "product:PROD-3"]
    assert parked.value.reason is not None
    assert parked.value.reason.startswith("product:PROD-1 cannot be used: ")
    assert "product_id: Field required" in parked.value.reason
    assert "other" not in parked.value.reason
    assert "PROD-3" not in parked.value.reason, "it is not mapped, and there is no more to say"


def test_sales_people_ignore_case_and_spaces() -> None:
    rows = {name: value for name, value in ROWS.items() if not name.startswith("sales")}
    read = mapper.to_request(order(), SETTINGS, mappings({**rows, "sales:  JOHN   doe ": "7"}))
    assert read_json(read.body)["team_id"] == 7


def test_an_unmapped_sales_person_is_on_the_default_team() -> None:
    rows = {name: value for name, value in ROWS.items() if not name.startswith("sales")}
    request = mapper.to_request(order(), SETTINGS.model_copy(update={"default_team_id": 0}), mappings(rows))
    assert read_json(request.body)["team_id"] == 0


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (20000, {"price": 20000}),
        ({"price": 20000, "disc_percent": "55.05+3"}, {"price": 20000, "item_disc_percent": "55.05+3"}),
        ({"price": 20000, "disc_amount": 500}, {"price": 20000, "item_disc_amount": 500}),
        ({"price": 20000, "disc_percent": "0", "disc_amount": 0}, {"price": 20000}),
        ({"free": True}, {"price": 0}),
        (Decimal("99.95"), {"price": Decimal("99.95")}),
    ],
)
def test_a_price_row_comes_before_the_products_own_and_has_one_discount_at_most(
    price: Any, expected: dict[str, Any]
) -> None:
    shown = line({"price:PROD-1": price})
    assert {name: shown[name] for name in shown if name.startswith(("price", "item_disc"))} == expected


def test_an_order_counts_pieces_and_a_box_holds_twelve() -> None:
    rows = {"unit:PROD-1": {"unit": "BOX", "ratio": 12}, "price:PROD-1": 200000}
    shown = line(rows, pieces=24)
    assert (shown["qty"], shown["unit"], shown["price"]) == (2, "BOX", 200000)


def test_a_box_does_not_cost_what_a_piece_costs() -> None:
    with pytest.raises(MissingMappings) as parked:
        line({"unit:PROD-1": {"unit": "BOX", "ratio": 12}}, pieces=24)
    assert missing(parked.value.keys) == ["price:PROD-1"]
    assert parked.value.reason == "price:PROD-1 is known for one PCS alone"


def test_a_broken_box_waits_for_a_unit_that_can_hold_it() -> None:
    boxed = {"product:PROD-1": {"product_id": 501, "unit": "BOX", "ratio": 12, "price": 200000}}
    with pytest.raises(MissingMappings) as parked:
        line(boxed, pieces=13)
    assert missing(parked.value.keys) == ["unit:PROD-1"]
    assert parked.value.reason == "unit:PROD-1 of 12 pieces cannot hold 13 exactly"
    assert line({**boxed, "unit:PROD-1": "PCS", "price:PROD-1": 17500}, pieces=13)["qty"] == 13


def test_a_divisible_unit_takes_a_part_but_never_a_rounded_one() -> None:
    rows = {"unit:PROD-1": {"unit": "KG", "ratio": 8, "divisible": True}, "price:PROD-1": 100}
    assert line(rows, pieces=3)["qty"] == Decimal("0.375")
    rows["unit:PROD-1"] = {"unit": "DZN", "ratio": 12, "divisible": True}
    with pytest.raises(MissingMappings):
        line(rows, pieces=13)


@given(st.integers(1, 1_000_000), st.integers(1, 1000))
def test_a_quantity_is_exact_or_not_sent(pieces: int, ratio: int) -> None:
    quantity = Unit(unit="X", ratio=ratio, divisible=True).quantity_of(pieces)
    if quantity is not None:
        assert Fraction(quantity) * ratio == pieces


def test_an_address_that_looks_like_a_mark_is_no_mark() -> None:
    request = mapper.to_request(order(address="[SO-20250101-00099] Jl. Anggrek"), SETTINGS, mappings(ROWS))
    assert "[SO-20250101-00099]" not in read_json(request.body)["description"]


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("product", {"unit": "PCS"}, "product_id: Field required"),
        ("product", {"product_id": "x"}, "product_id"),
        ("product", {"product_id": 1, "unit": ""}, "unit"),
        ("product", {"product_id": 1, "price": 0}, "price: must be more than 0"),
        ("product", {"product_id": 1, "ratio": 0}, "ratio"),
        ("product", {"product_id": True}, "whole number"),
        ("customer", "abc", "customer_id"),
        ("customer", -1, "customer_id"),
        ("customer", None, "customer_id"),
        ("sales", {"team": 1}, "team_id: Field required"),
        ("unit", {"ratio": 2}, "unit: Field required"),
        ("cost", 5, "SalesMania takes no cost mappings, only customer, price, product, sales, unit"),
        ("site", 5, "takes no site mappings"),
    ],
)
def test_a_bad_mapping_row_is_refused_in_words(kind: Any, value: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        DEFINITION.read_mapping(kind, value, SETTINGS)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "base_url: Field required; database_id: Field required"),
        ({"base_url": "http://example.com", "database_id": 1}, "base_url: must be an https address"),
        ({"base_url": "https://a.id", "database_id": 1, "databse": 1}, "databse: Extra inputs"),
        ({"base_url": "https://a.id", "database_id": 1, "paths": {"token": "//evil.id/x"}}, "must be a path"),
        ({"base_url": "https://a.id", "database_id": 1, "timezone": "Mars"}, "not a time zone"),
    ],
)
def test_bad_settings_are_refused_in_words(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        DEFINITION.read_settings(settings)


def test_bad_credentials_are_refused_without_showing_them() -> None:
    with pytest.raises(InvalidValue) as failure:
        DEFINITION.read_credentials({"username": "a:b-secret", "password": "", "extra-secret": 1})
    assert "username" in str(failure.value)
    assert "password" in str(failure.value)
    assert "b-secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{}", Accepted(None)),
        (b" {} ", Accepted(None)),
        (b'{"id": 5}', Accepted("5")),
        (b'{"id": "5", "status": "Baru", "ext_order_no": "SO-20250101-00001"}', Accepted("5")),
        (b'{"success": true, "data": {"id": 5}}', Accepted("5")),
        (b"", Unknown),
        (b'{"message": "ok", "anything": []}', Unknown),
        (b'{"code": "IllegalAccessToken", "message": "Illegal access token"}', Unknown),
        (b'{"status": "error"}', Unknown),
        (b'{"success": "false"}', Unknown),
        (b'{"message": "We are under maintenance"}', Unknown),
        (b'{"id": 0}', Unknown),
        (b'{"id": -5}', Unknown),
        (b'{"id": true}', Unknown),
        (b'{"id": 5, "status": "error"}', Unknown),
        (b'{"id": 5, "error": "no"}', Unknown),
        (b'{"id": 5, "code": "E17"}', Unknown),
        (b'{"success": "false", "data": {"id": 5}}', Unknown),
        (b'{"data": [{"id": 5}]}', Unknown),
        (b"[]", Unknown),
        (b"null", Unknown),
        (b'"ok"', Unknown),
        (b"<html>", Unknown),
        (b'{"error": "no"}', Unknown),
        (b'{"errors": {"date": ["no"]}}', Unknown),
        (b'{"success": false}', Unknown),
        (b"{", Unknown),
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_an_order_is_accepted_by_the_empty_object_or_its_own_id_and_by_nothing_else(
    status: int, body: bytes, expected: Outcome | type[Outcome]
) -> None:
    outcome = mapper.read_reply(Reply(status, {}, body))
    assert outcome == expected if isinstance(expected, Accepted) else isinstance(outcome, Unknown)


@pytest.mark.parametrize("body", [b"{}", b'{"id": 5}', b'{"message": "queued"}', b""])
@pytest.mark.parametrize("status", [202, 203, 206, 226])
def test_no_other_2xx_proves_an_order_whatever_it_says(status: int, body: bytes) -> None:
    assert isinstance(mapper.read_reply(Reply(status, {}, body)), Unknown)


def test_a_204_is_an_order_and_a_204_with_words_is_none() -> None:
    assert mapper.read_reply(Reply(204, {}, b"")) == Accepted(None)
    assert isinstance(mapper.read_reply(Reply(204, {}, b"<html>")), Unknown)


def test_what_is_personal_in_a_request_is_known() -> None:
    texts = mapper.personal_texts(mapper.to_request(order(), SETTINGS, mappings(ROWS)))
    assert {"John Doe", ADDRESS} <= set(texts)


def test_the_date_is_that_of_the_accounts_zone() -> None:
    """A channel has a time zone. Three in the morning, UTC, is the evening before in Honolulu."""
    assert [sent(timezone=zone)["date"] for zone in ("Asia/Jakarta", "Pacific/Honolulu")] == [
        "2025-01-01",
        "2024-12-31",
    ]
