"""Cursors read back what they wrote, and nothing else."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.reading.cursors import BadCursor, OrderCursor, StockCursor

CREATED_KEYS = st.builds(
    lambda moment, number: (
        f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z#SO-{moment:%Y%m%d}-{number:05d}"
    ),
    st.datetimes(min_value=datetime(2000, 1, 1)),  # noqa: DTZ001 - only its digits are used
    st.integers(min_value=1, max_value=10**9),
)
ORDER_CURSORS = st.builds(OrderCursor, st.dates(), st.none() | CREATED_KEYS)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


@given(ORDER_CURSORS)
def test_an_order_cursor_reads_back(cursor: OrderCursor) -> None:
    assert OrderCursor.decode(cursor.encode()) == cursor


@given(st.text(min_size=1, max_size=200).filter(lambda text: len(text.encode("utf-8", "ignore")) > 0))
def test_a_stock_cursor_reads_back(product: str) -> None:
    try:
        text = StockCursor(product).encode()
    except UnicodeEncodeError:
        return  # a lone surrogate is in no product code that is stored
    assert StockCursor.decode(text) == StockCursor(product)


@given(st.text() | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ "))
def test_any_text_is_a_cursor_of_ours_or_a_bad_one(text: str) -> None:
    for kind in (OrderCursor, StockCursor):
        try:
            cursor = kind.decode(text)
        except BadCursor:
            continue
        assert cursor.encode() == text


@given(ORDER_CURSORS, st.integers(min_value=0), st.characters())
def test_a_cursor_with_one_other_character_is_another_cursor_or_a_bad_one(
    cursor: OrderCursor, place: int, character: str
) -> None:
    text = cursor.encode()
    place %= len(text)
    tampered = text[:place] + character + text[place + 1 :]
    if tampered == text:
        return
    with suppress(BadCursor):
        assert OrderCursor.decode(tampered) != cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "a" * 513,
        "W1tb" * 128,  # arrays, as deep as its length allows
        encoded("2025-01-01"),
        encoded({"day": "2025-01-01"}),
        encoded(["2025-01-01"]),
        encoded(["2025-01-01", None, None]),
        encoded(["20250101", None]),
        encoded(["2025-01-01T00:00:00", None]),
        encoded(["2025-01-01", ""]),
        encoded(["2025-01-01", "Z"]),
        encoded(["2025-01-01", 7]),
        encoded(["2025-01-01", "2025-01-01T00:00:00.000Z#SO-20250101-1"]),
        encoded(["2025-01-01", "2025-01-01T00:00:00.000Z#SO-20250101-00001 OR 1=1"]),
        encoded(["2025-01-01", "2025-01-01T00:00:00.000Z#SO-20250101-٠٠٠٠١"]),
        OrderCursor(date(2025, 1, 1), None).encode() + "=",
        " " + OrderCursor(date(2025, 1, 1), None).encode(),
        base64.urlsafe_b64encode(b'["2025-01-01", null]').decode().rstrip("="),
    ],
)
def test_what_is_no_order_cursor_is_bad(text: str) -> None:
    with pytest.raises(BadCursor):
        OrderCursor.decode(text)


@pytest.mark.parametrize("text", ["", "=", "YQ==", "YR", "_w", "a" * 1367])
def test_what_is_no_stock_cursor_is_bad(text: str) -> None:
    with pytest.raises(BadCursor):
        StockCursor.decode(text)
