"""Levels are read strictly, and one source says what is right."""

from __future__ import annotations

import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.stock.levels import MAX_LEVEL, StockLevel, Told, UnreadableLevel, level_of_record, parse_level
from orderbridge.stock.lists import ListedLevel, Snapshot, StockPage


@pytest.mark.parametrize(
    "value", ["20", 20, " 20 ", "20\n", 20.0, Decimal("20.0"), Decimal("2E+1"), "20.0", "20.00", "020"]
)
def test_twenty_is_twenty_however_it_is_written(value: Any) -> None:
    assert parse_level(value) == Told(20)


@pytest.mark.parametrize("value", [0, "0", " 0 ", 0.0, "0.0", "-0"])
def test_zero_is_a_level(value: Any) -> None:
    assert parse_level(value) == Told(0)


@pytest.mark.parametrize("value", [-1, "-1", " -12 ", -1.0, "-1.00", Decimal("-3.5"), "-3.5", -MAX_LEVEL])
def test_below_zero_nothing_is_there_to_sell_and_that_is_nothing_odd(value: Any) -> None:
    assert parse_level(value) == Told(0)


@pytest.mark.parametrize(
    ("value", "available"),
    [(12.5, 12), ("12.5", 12), (" 12.75 ", 12), ("12.5000", 12), (Decimal("12.999"), 12), (0.5, 0), ("0.5", 0)],
)
def test_of_a_fraction_the_whole_pieces_count_and_it_is_remarked(value: Any, available: int) -> None:
    said = parse_level(value)
    assert said.available == available
    assert f"is no whole number of pieces; {available} count" in (said.remark or "")


@pytest.mark.parametrize(
    "value",
    [
        None, "", " ", "-", "--1", "abc", "N/A", "null", "20 pcs", True, False, [], {}, [20], "1.", ".5", "1.5.5",
        float("nan"), float("inf"), float("-inf"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), "NaN",
        "1.000", "12.500", "-1.000", "1,000", "20,0", "+20", "2e1", "٢٠", "12.٥",
        MAX_LEVEL + 1, -MAX_LEVEL - 1, "9" * 13, "9" * 5000, 10**30, Decimal("-1E+999999"),
    ],
)  # fmt: skip
def test_what_is_no_number_of_pieces_is_unreadable_and_never_zero(value: Any) -> None:
    with pytest.raises(UnreadableLevel) as raised:
        parse_level(value)
    assert len(str(raised.value)) < 80


@given(st.integers(0, MAX_LEVEL), st.sampled_from(["", " ", "\t"]), st.sampled_from(["", ".0", ".00"]))
def test_a_level_comes_back_from_every_spelling(level: int, space: str, fraction: str) -> None:
    assert parse_level(f"{space}{level}{fraction}{space}") == Told(level)
    assert parse_level(Decimal(f"{level}{fraction}")) == Told(level)


@given(st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.lists(st.integers()), st.booleans()))
def test_reading_gives_a_level_or_says_why_not(value: Any) -> None:
    try:
        level, remark = parse_level(value)
    except UnreadableLevel:
        return
    assert type(level) is int
    assert 0 <= level <= MAX_LEVEL
    assert remark is None or level <= Decimal(str(value).strip()) < level + 1


@given(st.decimals(-MAX_LEVEL, MAX_LEVEL, allow_nan=False, allow_infinity=False))
def test_any_number_is_its_whole_pieces_and_never_less_than_none(value: Decimal) -> None:
    said = parse_level(value)
    assert said.available <= max(value, Decimal(0)) < said.available + 1
    assert (said.remark is None) == (value < 0 or value == said.available)


def test_the_lowest_rank_that_knows_a_product_is_its_source_of_record() -> None:
    levels = [StockLevel(name, "P", number, "2025") for number, name in enumerate(("third", "first", "no-source"))]
    record = level_of_record(levels, {"third": 3, "first": 1, "knows-nothing": 0})
    assert record is not None
    assert record.channel == "first"
    assert level_of_record(levels, {}) is None


def test_a_complete_read_vouches_for_the_levels_that_it_did_not_change() -> None:
    level = StockLevel("shop", "P", 5, "2025-01-01T00:00:00.000Z")
    later = "2025-01-02T00:00:00.000Z"
    assert level.known_as_of(later) == later
    assert level.known_as_of(None) == level.as_of
    unread = StockLevel("shop", "P", 5, level.as_of, unread_since="2025-01-01T12:00:00.000Z")
    assert unread.known_as_of(later) == level.as_of


def test_a_large_list_takes_little_memory_while_it_is_read() -> None:
    rows = 50_000
    tracemalloc.start()
    snapshot = Snapshot("2025")
    for first in range(0, rows, 100):
        keys = [f"PROD-{number:08d}" for number in range(first, first + 100)]
        snapshot.add(StockPage(keys, [ListedLevel(key, 5) for key in keys], first + 100 < rows))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert snapshot.is_complete
    assert taken / rows < 400, f"{taken / rows:.0f} bytes a product"
