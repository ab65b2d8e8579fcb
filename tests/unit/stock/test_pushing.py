"""Pushes follow good reads, are absolute, read back and never idle; what is left differs visibly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orderbridge.stock import pushing
from orderbridge.stock.drift import PushResult
from orderbridge.stock.lists import StockReadFailed
from orderbridge.values.leases import Lease
from tests.fakes.steps import PortFailed
from tests.fakes.stock import StockWorld


def world(**levels: Any) -> StockWorld:
    """A source of rank 1, another source of rank 2 that receives, and a channel that only receives."""
    made = StockWorld()
    made.add("first", levels, source=True, rank=1)
    made.add("second", levels, source=True, rank=2)
    made.add("target", levels, push=True)
    return made


def sync(made: StockWorld) -> dict[str, Any]:
    return {channel.name: made.run_to_end(channel.name) for channel in made.channels}


def details(result: Any) -> dict[str, str]:
    return {problem.key: problem.detail for problem in result.report.problems}


def drifts(made: StockWorld) -> list[tuple[str, str, int, int, bool]]:
    """Every StockDrifted: product, channel, expected, available, settled."""
    return [
        (d["product_code"], d["channel"], d["expected"], d["available"], d["settled"])
        for d in (event.detail for event in made.bus.of_type("StockDrifted"))
    ]


def test_a_change_at_the_source_reaches_the_channel_that_receives_in_one_run_and_is_read_back() -> None:
    made = world(A=5, B=6)
    sync(made)
    made.shops["first"].held["A"] = 3
    made.shops["target"].calls.clear()
    results = sync(made)
    assert made.shops["target"].held == {"A": 3, "B": 6}
    assert made.shops["target"].pushes == [("A", 3)]
    assert made.shops["target"].calls["read"] == 1
    level = made.table.stored["target"]["A"]
    assert (level.available, level.pushed) == (3, 3)
    assert results["target"].report.pushed == 1


def test_a_push_that_would_change_nothing_is_not_sent() -> None:
    made = world(A=5, B=6)
    sync(made)
    sync(made)
    assert made.shops["target"].pushes == []
    assert made.shops["second"].pushes == []


def test_nothing_is_pushed_after_the_source_could_not_be_read() -> None:
    made = world(A=5)
    sync(made)
    made.shops["target"].held["A"] = 9

    def fails(name: str, number: int) -> None:
        raise StockReadFailed("timeout")

    made.shops["first"].fails = fails
    results = sync(made)
    assert made.shops["target"].pushes == []
    assert "not pushed: its last read failed: timeout" in details(results["target"])["first"]
    made.shops["first"].fails = lambda _name, _number: None
    sync(made)
    assert made.shops["target"].held == {"A": 5}


def test_nothing_is_pushed_after_the_channel_itself_could_not_be_read() -> None:
    made = world(A=5)
    sync(made)
    made.shops["first"].held["A"] = 3

    def fails(name: str, number: int) -> None:
        if name == "page":
            raise StockReadFailed("timeout")

    made.shops["target"].fails = fails
    sync(made)
    assert made.shops["target"].pushes == []


@pytest.mark.parametrize("value", [None, "", "abc", "-"])
def test_a_level_that_is_unreadable_at_the_source_is_not_pushed(value: Any) -> None:
    made = world(A=5, B=6)
    sync(made)
    made.shops["target"].held = {"A": 1, "B": 1}
    made.shops["first"].held["A"] = value
    sync(made)
    assert made.shops["target"].pushes == [("B", 6)]


def test_a_level_below_0_is_pushed_as_0_and_is_no_drift_beside_0() -> None:
    made = world(A=5, B=6)
    sync(made)
    made.shops["first"].held.update(A=-2, B=0)
    made.shops["target"].held["B"] = -7
    sync(made)
    assert made.shops["target"].held == {"A": 0, "B": -7}
    assert all(level.drift_since is None for level in made.table.stored["target"].values())


def test_nothing_is_pushed_from_a_source_that_is_paused_or_was_never_read_or_died() -> None:
    made = world(A=5)
    made.run("target")
    sync(made)
    made.shops["target"].held["A"] = 9
    active = made.channels[0]
    made.channels[0] = replace(active, state="paused")
    made.run("target")
    made.channels[0] = active
    run = made.table.by_channel["first"]
    made.table.by_channel["first"] = replace(run, lease=Lease("run-0", "2024-01-01T00:00:00.000Z"))
    result = made.run("target")
    assert "its last run did not end" in details(result)["first"]
    made.table.by_channel["first"] = replace(run, read_at="2024-01-01T00:00:00.000Z")
    made.run("target")
    assert made.shops["target"].pushes == []
    made.table.by_channel["first"] = run
    made.run("target")
    assert made.shops["target"].pushes == [("A", 5)]


def test_a_product_that_a_source_of_lower_rank_alone_knows_follows_that_one() -> None:
    made = StockWorld()
    made.add("first", {"A": 5}, source=True, rank=1)
    made.add("second", {"A": 7, "B": 8}, source=True, rank=2)
    made.add("target", {"A": 1, "B": 1, "C": 1}, push=True)
    sync(made)
    assert made.shops["target"].held == {"A": 5, "B": 8, "C": 1}


def test_pushing_stops_where_the_platform_refuses_and_the_rest_is_drift() -> None:
    made = world(A=5, B=6)
    sync(made)
    made.shops["first"].held = {"A": 1, "B": 2}
    made.shops["target"].takes_pushes = False
    result = sync(made)["target"]
    assert (result.state, result.ok) == ("aborted", False)
    assert "pushing stopped: Slow down!" in details(result)["target"]
    assert made.shops["target"].calls["push"] == 1
    assert {(code, channel) for code, channel, *_ in drifts(made) if channel == "target"} == {
        ("A", "target"),
        ("B", "target"),
    }


def test_a_push_that_cannot_be_read_back_leaves_the_level_unknown_and_makes_up_no_drift() -> None:
    made = world(A=5)
    sync(made)
    made.shops["first"].held["A"] = 3
    made.shops["second"].held["A"] = 3

    def fails(name: str, number: int) -> None:
        if name == "read":
            raise StockReadFailed("reset")

    made.shops["target"].fails = fails
    result = sync(made)["target"]
    level = made.table.stored["target"]["A"]
    assert (level.available, level.pushed) == (5, 3)
    assert level.unread_since is not None
    assert "reset" in details(result)["A"]
    assert drifts(made) == []
    made.shops["target"].fails = lambda _name, _number: None
    sync(made)
    assert made.available("target") == {"A": 3}
    assert made.table.stored["target"]["A"].unread_since is None


def test_pushing_stops_where_nothing_that_was_pushed_can_be_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "PUSHED_AT_ONCE", 1)
    made = world(A=5, B=5)
    sync(made)
    made.shops["first"].held.update(A=3, B=3)

    def fails(name: str, number: int) -> None:
        if name == "read":
            raise StockReadFailed("reset")

    made.shops["target"].fails = fails
    result = sync(made)["target"]
    assert not result.ok
    assert "nothing that was pushed could be confirmed" in details(result)["target"]
    assert len(made.shops["target"].pushes) == 1


def test_a_push_that_did_not_take_is_reported_and_tried_again_by_the_next_run() -> None:
    made = world(A=5)
    sync(made)
    made.shops["first"].held["A"] = made.shops["second"].held["A"] = 3
    shop = made.shops["target"]
    honest, tried = shop.push, []

    def push(targets: Any) -> Any:
        tried.extend(targets)
        return iter([PushResult(target.product, 5) for target in targets])

    shop.push = push  # type: ignore[method-assign]
    result = sync(made)["target"]
    assert details(result)["A"] == "3 was pushed, and it reads 5"
    assert result.report.pushed == 0
    assert drifts(made) == [("A", "target", 3, 5, False)]
    shop.push = honest  # type: ignore[method-assign]
    sync(made)
    assert drifts(made) == [("A", "target", 3, 5, False), ("A", "target", 3, 3, True)]


def test_codes_that_are_one_product_are_pushed_once_where_they_agree_and_not_at_all_where_they_do_not() -> None:
    made = StockWorld()
    made.add("first", {"A": 5, "B": 5, "C": 1, "D": 2}, source=True)
    made.add("target", {"s": 0, "t": 0}, mapped={"A": "s", "B": "s", "C": "t", "D": "t"}, push=True)
    results = sync(made)
    assert made.shops["target"].pushes == [("s", 5)]
    assert made.available("target") == {"A": 5, "B": 5, "C": 0, "D": 0}
    assert "their sources say 1 and 2" in details(results["target"])["C"]
    assert {code for code, *_ in drifts(made)} == {"C", "D"}


def test_what_a_code_agrees_with_already_is_not_pushed_away_from_it() -> None:
    made = StockWorld()
    made.add("first", {"A": 5, "B": 6}, source=True)
    made.add("target", {"s": 5}, mapped={"A": "s", "B": "s"}, push=True)
    sync(made)
    assert made.shops["target"].pushes == []
    assert [code for code, *_ in drifts(made)] == ["B"]


def test_what_has_just_been_sold_is_pushed_first_and_a_run_pushes_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "MAX_PUSHES_PER_RUN", 2)
    monkeypatch.setattr(pushing, "PUSHED_AT_ONCE", 1)
    made = world(A=5, B=5, C=5, D=5)
    sync(made)
    made.shops["first"].held["A"] = 4
    made.run("first")
    made.shops["first"].held["B"] = 3
    made.run("first")
    made.shops["first"].held.update(C=9, D=9)
    made.run("first")
    result = made.run("target")
    assert [product for product, _ in made.shops["target"].pushes] == ["B", "A"]
    assert "2 products wait" in details(result)["target"]
    made.run("target")
    assert made.shops["target"].held == {"A": 4, "B": 3, "C": 9, "D": 9}


def test_sold_products_are_read_and_pushed_before_a_long_list_is_read() -> None:
    made = world(**{f"P{number:02d}": 5 for number in range(40)})
    sync(made)
    made.shops["first"].held["P39"] = 2
    made.run("first")
    assert made.table.by_channel["first"].sold == ("P39",)
    order: list[str] = []
    made.shops["target"].fails = lambda name, _number: order.append(name)
    made.run("target")
    assert order[:3] == ["read", "push", "read"]
    assert order.count("page") == 14
    assert made.shops["target"].held["P39"] == 2


# --- drift --------------------------------------------------------------------------------------------------------


def test_drift_is_reported_once_when_it_begins_and_once_when_it_ends() -> None:
    made = world(A=5)
    sync(made)
    made.shops["second"].held["A"] = 9
    for _ in range(3):
        sync(made)
    assert drifts(made) == [("A", "second", 5, 9, False)]
    since = made.table.stored["second"]["A"].drift_since
    assert since is not None
    made.table.writes.clear()
    sync(made)
    assert made.table.writes["second"] == 0
    made.shops["second"].held["A"] = 5
    for _ in range(2):
        sync(made)
    assert drifts(made) == [("A", "second", 5, 9, False), ("A", "second", 5, 5, True)]
    assert made.bus.of_type("StockDrifted")[1].detail["since"] == since


def test_a_bus_that_is_down_keeps_the_mark_unwritten_so_that_the_next_run_tells_it() -> None:
    made = world(A=5)
    sync(made)
    made.shops["second"].held["A"] = 9
    made.bus.is_down = True
    with pytest.raises(PortFailed):
        made.run("second")
    made.bus.is_down = False
    assert made.run("second").ok
    assert len(drifts(made)) == 1


def test_levels_that_are_unread_begin_and_end_no_drift() -> None:
    made = world(A=5, B=6)
    sync(made)
    made.shops["second"].held.update(A=9, B=None)
    sync(made)
    made.shops["second"].held.update(A="", B=None)
    made.shops["first"].held.update(B=1)
    sync(made)
    assert drifts(made) == [("A", "second", 5, 9, False)]


def test_a_channel_without_a_source_beside_it_or_without_a_part_has_nothing_to_differ_from() -> None:
    made = StockWorld()
    made.add("only", {"A": 5}, push=True)
    assert made.run("only").ok
    made.add("source", {"A": 5}, source=True)
    made.add("no-part", {"A": 9})
    sync(made)
    assert made.available("no-part") == {"A": 9}
    assert made.bus.events == []
