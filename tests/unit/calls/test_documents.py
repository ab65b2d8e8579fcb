"""JSON on the wire: one spelling per document, and no float ever."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.calls.documents import (
    MAX_DEPTH,
    MAX_DIGITS,
    NotJson,
    UnreadableNumber,
    compact_json,
    exact_number,
    read_json,
)
from orderbridge.calls.numbers import id_in, number_in, text_in, whole_in
from orderbridge.platforms.ngorder import replies

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**38), 10**38) | DECIMALS | st.text(),
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
def test_what_is_no_json_is_reported_apart(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(body)


def test_fractions_are_decimals_and_a_byte_order_mark_is_no_obstacle() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 0.1}') == {"a": Decimal("0.1")}


def test_the_words_of_a_failure_do_not_quote_the_body() -> None:
    with pytest.raises(NotJson) as failure:
        read_json(b"secret-token")
    assert "secret" not in str(failure.value)


# --- bounds ---

BEYOND = [
    "1e1000000", "1e1000000000000000000", "-1E+999999999999", "1e-1000000000000000000", "9" * 41, "9" * 5000,
    "-" + "9" * 5000, "0." + "1" * 41, "1" + "0" * 40 + ".0", "0e99", "1e40",
]  # fmt: skip
WITHIN = ["9" * 40, "1e39", "-1.5e3", "0." + "1" * 40, "1e-40", "0e0", "123.456E+2"]


@pytest.mark.parametrize("digits", BEYOND)
def test_a_number_beyond_bounds_is_unreadable_by_itself_and_leaves_its_neighbours(digits: str) -> None:
    odd, other = read_json(f'[{digits}, {{"level": 20}}]'.encode())
    assert isinstance(odd, UnreadableNumber)
    assert other == {"level": 20}
    assert len(str(odd)) < 50
    for reader in (number_in, whole_in, text_in, id_in, replies.quantity, replies.whole):
        with pytest.raises(ValueError, match=r"."):
            reader(odd)


@pytest.mark.parametrize("text", BEYOND)
def test_a_number_beyond_bounds_is_none_as_a_text_either(text: str) -> None:
    for reader in (number_in, whole_in, replies.quantity, replies.whole, exact_number):
        with pytest.raises(ValueError, match=r"."):
            reader(text)
        with pytest.raises(ValueError, match=r"."):
            reader(f" {text} ")


@pytest.mark.parametrize("text", [text for text in BEYOND if len(text) < 4000])
def test_a_number_beyond_bounds_is_none_as_a_number_of_pythons_either(text: str) -> None:
    try:
        value: Any = int(text) if text.strip("-").isdigit() else Decimal(text)
    except ArithmeticError:
        return  # Python has none that is so large
    for reader in (number_in, whole_in, id_in, replies.quantity, replies.whole, exact_number):
        with pytest.raises(ValueError, match=r"."):
            reader(value)


@pytest.mark.parametrize("digits", WITHIN)
def test_a_number_within_bounds_is_itself(digits: str) -> None:
    assert read_json(digits.encode()) == Decimal(digits) == exact_number(digits)
    assert len(compact_json(read_json(digits.encode()))) <= 2 * MAX_DIGITS + 3


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), "NaN", "inf", "1_000", "٣", "0x1"]
)
def test_what_is_no_number_in_digits_is_none(value: Any) -> None:
    for reader in (number_in, replies.quantity, exact_number):
        with pytest.raises(ValueError, match=r"."):
            reader(value)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_document_may_be_so_deep_and_no_deeper(opening: str, closing: str) -> None:
    read_json((opening * MAX_DEPTH + "0" + closing * MAX_DEPTH).encode())
    for depth in (MAX_DEPTH + 1, 900, 100_000):
        with pytest.raises(NotJson, match="deep"):
            read_json((opening * depth + "0" + closing * depth).encode())


@pytest.mark.parametrize("text", ["[" * 100, "\\\\" + "[" * 100, '\\"' + "{[" * 50, "]" * 100])
def test_brackets_in_a_text_are_not_depth(text: str) -> None:
    assert read_json(f'[{{"a": "{text}"}}]'.encode()) == [{"a": json.loads(f'"{text}"')}]


def test_many_arrays_beside_each_other_are_not_deep() -> None:
    assert len(read_json(b"[" + b"[{}]," * 50_000 + b"[]]")) == 50_001


@pytest.mark.parametrize("escape", ["\\ud800", "\\uD800", "\\udfff x", "\\ude00\\ud83d", "\\ud83dx\\ude00"])
def test_half_a_character_becomes_a_sign_that_can_be_stored(escape: str) -> None:
    document = read_json(f'{{"a{escape}": ["{escape}", {{"b": "é {escape}"}}]}}'.encode())
    assert "\ufffd" in compact_json(document).decode()


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert read_json(b'["\\ud83d\\ude00", "\\\\ud800"]') == ["\U0001f600", "\\ud800"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (7, "7"), (Decimal("7.0"), "7"), (" 7 ", "7"), ("007", "007"), ("a b", "a b"), ("é" * 100, "é" * 100)],
)
def test_an_id_is_a_whole_number_or_a_short_text(value: Any, expected: str) -> None:
    assert id_in(value) == expected


@pytest.mark.parametrize(
    "value", [None, "", " ", True, False, -1, Decimal("0.5"), [], {}, "a\nb", "a\x00", "\ud800", "x" * 101, "a\u200bb"]
)
def test_anything_else_is_no_id(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        id_in(value)
