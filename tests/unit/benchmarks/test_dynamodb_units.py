"""Sizes and units of DynamoDB, against the worked examples of its developer guide."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from benchmarks.dynamodb_units import IndexShape, item_bytes, read_units, table_units, value_bytes, write_units

KB = 1024
DUE = IndexShape("due", ("due_shard", "due_at"), frozenset())
ALL = IndexShape("waiting", ("waiting", "waiting_since"), None)
BY_DAY = IndexShape("by_day", ("day",), frozenset({"status"}))


def item(size: int = 0, **attributes: str) -> dict[str, Any]:
    """An item with these texts, as large as is wished."""
    made = {"PK": {"S": "p"}, "SK": {"S": "s"}, **{name: {"S": value} for name, value in attributes.items()}}
    return {**made, "x": {"S": "x" * (size - item_bytes(made) - 1)}} if size else made


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    """The guide: "the total size of that item is 23 bytes"."""
    assert item_bytes({"shirt-color": {"S": "R"}, "shirt-size": {"S": "M"}}) == 23


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "Größe"}, 7),
        ({"B": b"1234"}, 4),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"N": "0"}, 1),
        ({"N": "27"}, 2),
        ({"N": "461"}, 3),
        ({"N": "-461"}, 4),
        ({"N": "1000000"}, 2),  # leading and trailing zeros are trimmed
        ({"N": "0.00012"}, 2),
        ({"L": []}, 3),
        ({"M": {}}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": False}]}, 3 + 3 + 2),
        ({"M": {"name": {"S": "ab"}}}, 3 + 1 + 4 + 2),
    ],
)
def test_a_value_is_as_large_as_the_guide_says(value: dict[str, Any], size: int) -> None:
    assert value_bytes(value) == size


def test_a_kind_of_value_that_nothing_stores_is_refused() -> None:
    with pytest.raises(ValueError, match="SS"):
        value_bytes({"SS": ["a"]})


@pytest.mark.parametrize(("size", "units"), [(512, 1), (KB, 1), (KB + 1, 2), (3 * KB, 3)])
def test_a_write_is_charged_by_the_kilobyte_that_is_begun(size: int, units: int) -> None:
    assert table_units(None, item(size)) == units


def test_a_transaction_of_three_kilobytes_is_six_units() -> None:
    assert write_units(None, item(3 * KB), [], transactional=True) == {"table": 6}


@pytest.mark.parametrize(
    ("before", "after"), [(item(2 * KB), item(100)), (item(100), item(2 * KB)), (item(2 * KB), None)]
)
def test_a_change_is_charged_by_the_larger_of_before_and_after(before: Any, after: Any) -> None:
    assert table_units(before, after) == 2


def test_a_failed_condition_is_charged_by_what_is_there_and_is_one_unit_at_least() -> None:
    assert table_units(item(2 * KB), item(2 * KB)) == 2
    assert table_units(None, None) == 1


def test_an_item_without_an_indexs_keys_costs_the_index_nothing() -> None:
    assert write_units(None, item(due_at="1"), [DUE]) == {"table": 1}


def test_an_item_that_comes_into_an_index_or_leaves_it_is_one_write_there() -> None:
    held = item(due_shard="01", due_at="1")

    assert write_units(None, held, [DUE])["due"] == 1
    assert write_units(held, item(), [DUE])["due"] == 1


def test_an_item_whose_place_in_an_index_moves_is_two_writes_there() -> None:
    moved = write_units(item(due_shard="01", due_at="1"), item(due_shard="01", due_at="2"), [DUE])

    assert moved["due"] == 2


def test_a_change_that_an_index_does_not_hold_costs_it_nothing() -> None:
    before, after = item(day="1", status="DRAFT", note="a"), item(day="1", status="DRAFT", note="b")

    assert write_units(before, after, [BY_DAY]) == {"table": 1}
    assert write_units(before, item(day="1", status="SENT"), [BY_DAY])["by_day"] == 1


def test_an_index_of_everything_is_charged_by_the_size_of_the_item() -> None:
    assert write_units(None, item(2 * KB, waiting="a", waiting_since="1"), [ALL]) == {"table": 2, "waiting": 2}


def test_an_index_of_keys_is_charged_by_its_entry_however_large_the_item() -> None:
    assert write_units(None, item(5 * KB, due_shard="01", due_at="1"), [DUE]) == {"table": 5, "due": 1}


def test_a_transaction_makes_an_index_no_dearer() -> None:
    assert write_units(None, item(due_shard="01", due_at="1"), [DUE], transactional=True) == {"table": 2, "due": 1}


def test_an_item_of_eight_kilobytes_is_two_units_to_read_one_and_four() -> None:
    assert read_units([8 * KB], consistent=True) == 2
    assert read_units([8 * KB], consistent=False) == 1
    assert read_units([8 * KB], consistent=True, transactional=True) == 4


def test_a_batch_rounds_each_item_up() -> None:
    """The guide: 1.5 KB and 6.5 KB are 12 KB, and not 8."""
    assert read_units([KB * 3 // 2, KB * 13 // 2], consistent=True) == 3


def test_a_query_rounds_up_the_sum() -> None:
    """The guide: 10 items of 40.8 KB together are 44 KB."""
    assert read_units([int(40.8 * KB)], consistent=True) == 11
    assert read_units([1500 * 64], consistent=False) == 12


def test_what_is_not_there_is_charged_as_the_smallest_item() -> None:
    assert read_units([0], consistent=False) == Decimal("0.5")
