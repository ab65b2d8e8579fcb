"""What an operator sees of stock: every level, and true differences only."""

from __future__ import annotations

from typing import Any

from orderbridge_cli.operating.stock import StockOverview
from tests.fakes.stock import StockWorld


def world() -> StockWorld:
    made = StockWorld()
    made.add("first", {"A": 5, "B": 6}, source=True, rank=1)
    made.add("second", {"A": 5, "C": 1}, source=True, rank=2)
    made.add("target", {"A": 5, "B": 6}, push=True)
    made.add("no-part", {"A": 99})
    for channel in made.channels:
        made.run_to_end(channel.name)
    return made


def overview(made: StockWorld) -> StockOverview:
    return StockOverview(made.table, made.table, made.channels, made.clock)


def drifts(made: StockWorld) -> list[tuple[Any, ...]]:
    names = ("product_code", "source", "expected", "channel", "available")
    return [tuple(each[name] for name in names) for each in overview(made).drift()]


def test_every_product_is_shown_with_every_channels_level() -> None:
    made = world()
    shown = {each["product_code"]: each["levels"] for each in overview(made).products()}
    assert list(shown) == ["A", "B", "C"]
    assert [(level["channel"], level["available"]) for level in shown["A"]] == [
        ("first", 5), ("no-part", 99), ("second", 5), ("target", 5)
    ]  # fmt: skip
    assert shown["A"][0]["as_of"] == made.table.by_channel["first"].read_at
    assert [each["product_code"] for each in overview(made).products("B")] == ["B"]
    assert [each["product_code"] for each in overview(made).products("\ufeffB\u00a0")] == ["B"]
    assert list(overview(made).products("none")) == []


def test_nothing_drifts_where_channels_agree_and_a_channel_without_a_part_is_not_compared() -> None:
    assert drifts(world()) == []


def test_a_source_that_has_been_read_again_shows_at_once_who_does_not_follow_it_yet() -> None:
    made = world()
    made.shops["first"].held["A"] = 3
    made.run("first")
    assert drifts(made) == [("A", "first", 3, "second", 5), ("A", "first", 3, "target", 5)]
    (since,) = {each["since"] for each in overview(made).drift()}
    assert since == made.table.stored["first"]["A"].as_of


def test_drift_that_a_run_has_marked_keeps_its_beginning_and_what_was_pushed() -> None:
    made = world()
    made.shops["first"].held["A"] = 3
    for name in ("first", "second", "target"):
        made.run(name)
    (drift,) = list(overview(made).drift())
    assert (drift["channel"], drift["since"]) == ("second", made.table.stored["second"]["A"].drift_since)
    assert drift["last_pushed"] is None
    made.shops["target"].held["A"] = 8
    made.channels = [channel for channel in made.channels if channel.name != "second"]
    made.run("first")
    made.shops["target"].takes_pushes = False
    made.run("target")
    (drift,) = list(overview(made).drift())
    assert drift["last_pushed"] == {"available": 3, "at": made.table.stored["target"]["A"].pushed_at}


def test_no_drift_is_made_up_from_what_could_not_be_read() -> None:
    made = world()
    made.shops["first"].held.update(A=None, B=None)
    made.shops["second"].held["A"] = 9
    made.shops["target"].held["B"] = 9
    for name in ("first", "second", "target"):
        made.run(name)
    assert drifts(made) == []
