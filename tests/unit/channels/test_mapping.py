"""What a mapping's value means: JSON where it begins as JSON does, else the very text that was written."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.channels.mapping import MappingKey, parse_value
from orderbridge.orders.order import parse_sales_order
from tests.fakes.samples import order_body


@pytest.mark.parametrize(
    "text",
    [
        "007", "0", "123", "-5", "1.10", "1E5", "1e-3", "12E34", "NaN", "nan", "Infinity", "-Infinity", "1_000", "+1",
        "0x10", "true", "false", "null", "PROD-1", "A{1}", "\u0661\u0662", "9" * 5000, "",
    ],
)  # fmt: skip
def test_an_id_that_is_alone_stays_what_was_written(text: str) -> None:
    assert parse_value(text) == text
    assert type(parse_value(text)) is str


@given(st.text().filter(lambda text: not text.startswith(("{", "[", '"'))))
def test_no_text_that_is_not_json_is_changed(text: str) -> None:
    assert parse_value(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"price": 1.10, "id": 7, "sku": "007"}', {"price": Decimal("1.10"), "id": 7, "sku": "007"}),
        ("[1, 2.5]", [1, Decimal("2.5")]),
        ('"1E5"', "1E5"),
        ("{}", {}),
    ],
)
def test_json_is_read_with_exact_numbers(text: str, value: Any) -> None:
    assert parse_value(text) == value
    assert repr(parse_value(text)) == repr(value)


@pytest.mark.parametrize("text", ["{", "[1", '"x', '{"price": NaN}', '{"price": -Infinity}', "{007}", "[" * 5000])
def test_what_begins_as_json_and_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_value(text)


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "key", "kept"),
    [
        ("sales", "  John \t DOE ", "john doe"),
        ("sales", "STRASSE", "strasse"),
        ("sales", "Stra\u00dfe", "strasse"),
        ("product", " PROD  1 ", "PROD 1"),
        ("product", "007", "007"),
    ],
)
def test_a_key_ignores_space_and_of_sales_people_case(kind: Any, key: str, kept: str) -> None:
    assert MappingKey.of(kind, key).key == kept


@given(st.text())
def test_a_key_that_was_normalised_once_stays_as_it_is(key: str) -> None:
    once = MappingKey.of("sales", key).key
    assert MappingKey.of("sales", once).key == once


def test_a_sales_name_of_the_longest_characters_is_taken() -> None:
    name = "\U0001f600" * 200
    assert json.loads(parse_sales_order(order_body(sales_name=name)).canonical_json())["sales_name"] == name
