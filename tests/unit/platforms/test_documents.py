"""JSON on the wire: one spelling per document, and no float ever."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.platforms.documents import NotJson, compact_json, read_json

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | DECIMALS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Decimal("0.1"), "0.1"),
        (Decimal("43.6015"), "43.6015"),
        (Decimal("10000.0000"), "10000"),
        (Decimal("1E+5"), "100000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-0"), "0"),
        (Decimal("12345678901234567890.12"), "12345678901234567890.12"),
        (0, "0"),
        (True, "true"),
    ],
)
def test_a_number_is_written_digit_for_digit(number: object, text: str) -> None:
    assert compact_json({"n": number}) == b'{"n":' + text.encode() + b"}"


@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), Decimal("Infinity"), {1}, b"bytes", object()])
def test_what_is_not_exact_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        compact_json({"n": value})


def test_there_are_no_spaces_and_text_stays_text() -> None:
    assert compact_json({"a": ["é", '"', 1], "b": {}}) == '{"a":["é","\\"",1],"b":{}}'.encode()


@given(DOCUMENTS)
def test_what_is_written_is_read_back(document: object) -> None:
    assert read_json(compact_json(document)) == document


@given(DOCUMENTS)
def test_it_is_json_for_everybody_else(document: object) -> None:
    json.loads(compact_json(document))


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\x1f\x8b\xff", b'{"a":', b"[" * 100_000, b'{"a": NaN}', b'{"a": Infinity}', b"1 2"]
)
def test_what_is_no_json_is_told_apart(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(body)


def test_fractions_are_decimals_and_a_byte_order_mark_is_no_obstacle() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 0.1}') == {"a": Decimal("0.1")}


def test_the_words_of_a_failure_do_not_quote_the_body() -> None:
    with pytest.raises(NotJson) as failure:
        read_json(b"secret-token")
    assert "secret" not in str(failure.value)
