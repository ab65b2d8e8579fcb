"""Runs that stop, die, fail in the middle or meet another one: the next run makes good, and nothing is made up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.channels.channel import Channel
from orderbridge.stock import pushing
from orderbridge.stock.lists import StockReadFailed
from orderbridge.stock.runs import PROGRESS_KEPT_SECONDS, SOURCE_TRUSTED_SECONDS
from orderbridge.values.leases import LEASE_SECONDS
from tests.fakes.steps import Died, PortFailed, die, fail
from tests.fakes.stock import StockWorld

CODES = [f"P{number}" for number in range(7)]


def world() -> StockWorld:
    made = StockWorld()
    made.add("first", {code: 10 + number for number, code in enumerate(CODES)}, source=True, rank=1)
    made.add("second", dict.fromkeys(CODES, 10), source=True, rank=2)
    made.add("target", dict.fromkeys(CODES, 1), push=True)
    return made


def sync(made: StockWorld) -> None:
    for channel in made.channels:
        made.run_to_end(channel.name)


def is_in_step(made: StockWorld) -> None:
    """Every level is what the platform holds, the target holds what the source holds, and only true drift is marked."""
    truth = {code: int(value) for code, value in made.shops["first"].held.items()}
    assert made.available("first") == truth
    assert {code: int(value) for code, value in made.shops["target"].held.items()} == truth
    assert made.available("target") == truth
    for code, level in made.table.stored["second"].items():
        assert level.available == int(made.shops["second"].held[code])
        assert (level.drift_since is not None) == (level.available != truth[code])
    assert all(level.drift_since is None for level in made.table.stored["target"].values())


def stopping_after(steps: int) -> Callable[[], float]:
    """An invocation's time that is over after so many looks at it."""
    left = steps

    def seconds_left() -> float:
        nonlocal left
        left -= 1
        return float(left >= 0)

    return seconds_left


# --- out of time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_a_run_goes_on_where_the_last_invocation_stopped(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "PUSHED_AT_ONCE", 2)
    made = world()
    states: dict[str, list[str]] = {}
    for channel in made.channels:
        states[channel.name] = []
        for _ in range(100):
            budget = stopping_after(steps)
            made.seconds = budget
            result = made.run(channel.name)
            states[channel.name].append(result.state)
            if result.state == "done":
                break
        assert made.shops[channel.name].calls["page"] == 3, "a page was read twice"
    assert ("continues" in states["first"]) == (steps < 5)
    assert result.report.pushed == len(CODES)
    assert len(made.shops["target"].pushes) == len(CODES)
    assert (states["target"].count("continues") > 3) == (steps == 1)
    is_in_step(made)


def test_a_run_whose_list_is_taken_over_can_be_followed_while_it_still_pushes() -> None:
    made = world()
    sync(made)
    made.table.by_channel["second"] = replace(made.table.by_channel["second"], failure="once")
    made.channels[1] = replace(made.channels[1], settings={"stock": {"source": True, "rank": 2, "push": True}})
    made.seconds = stopping_after(3)
    assert made.run("second").state == "continues"
    assert made.table.by_channel["second"].failure is None


def test_warehouses_that_have_been_asked_are_not_asked_again_by_the_next_invocation() -> None:
    made = world()
    shop = made.shops["first"]
    shop.in_warehouses = set(CODES)
    states = []
    for _ in range(30):
        made.seconds = stopping_after(4)
        states.append(made.run("first").state)
        if states[-1] == "done":
            break
    assert states.count("continues") > 1
    assert shop.calls["read"] == len(CODES)


def test_a_run_that_takes_long_keeps_its_lease_and_does_not_write_it_at_every_step() -> None:
    made = world()
    met: list[str] = []

    def slow(name: str, _number: int) -> None:
        made.clock.move(LEASE_SECONDS * 0.6)
        if name == "page":
            made.shops["first"].fails = lambda _name, _number: None
            met.append(made.run("first").state)
            made.shops["first"].fails = slow

    made.shops["first"].fails = slow
    made.steps.taken.clear()
    assert made.run("first").state == "done"
    assert met == ["busy"] * 3
    made.shops["first"].fails = lambda _name, _number: None
    made.steps.taken.clear()
    made.run("first")
    assert made.steps.taken.count("before save run") == 3  # begun, taken over, ended


def test_an_unfinished_list_changes_no_level() -> None:
    made = world()
    made.seconds = stopping_after(2)
    assert made.run("first").state == "continues"
    assert made.available("first") == {}


def test_the_report_of_a_run_is_that_of_all_its_invocations() -> None:
    made = world()
    made.shops["first"].held["P0"] = None
    for _ in range(20):
        made.seconds = stopping_after(1)
        result = made.run("first")
        if result.state == "done":
            break
    assert (result.report.read, result.report.changed) == (6, 6)
    assert [problem.key for problem in result.report.problems] == ["P0"]


def test_progress_that_is_too_old_or_not_wanted_is_dropped() -> None:
    made = world()
    made.seconds = stopping_after(2)
    made.run("first")
    made.clock.move(PROGRESS_KEPT_SECONDS + 1)
    made.seconds = lambda: 1.0
    made.shops["first"].calls.clear()
    assert made.run("first").state == "done"
    assert made.shops["first"].calls["page"] == 3
    made.seconds = stopping_after(2)
    made.run("first")
    made.seconds = lambda: 1.0
    made.shops["first"].calls.clear()
    assert made.run("first", restart=True).state == "done"
    assert made.shops["first"].calls["page"] == 3


def test_a_list_that_takes_many_hours_is_read_to_its_end_as_long_as_every_hour_brings_it_further() -> None:
    made = world()
    shop = made.shops["first"]
    shop.held = {f"P{number}": number for number in range(40)}
    states = []
    while not states or states[-1] != "done":
        made.seconds = stopping_after(2)
        states.append(made.run("first").state)
        made.clock.move(3600)
        assert len(states) < 20
    assert states.count("continues") * 3600 > 2 * PROGRESS_KEPT_SECONDS
    assert shop.calls["page"] == 14, "a page was read twice"
    assert made.table.by_channel["first"].distrust(made.clock()) is None


def test_a_list_that_takes_longer_than_a_day_is_begun_again_and_that_is_reported() -> None:
    made = world()
    made.seconds = stopping_after(2)
    made.run("first")
    for _ in range(SOURCE_TRUSTED_SECONDS // 7200 + 1):
        made.clock.move(7200)
        made.seconds = stopping_after(0)
        result = made.run("first")
    assert result.state == "continues"
    (problem,) = result.report.problems
    assert problem.key == "first"
    assert "begun anew" in problem.detail
    assert made.table.by_channel["first"].distrust(made.clock()) is not None


def test_progress_whose_snapshot_is_gone_is_begun_again() -> None:
    made = world()
    made.seconds = stopping_after(2)
    made.run("first")
    made.table.snapshots.clear()
    made.seconds = lambda: 1.0
    assert made.run("first").state == "done"
    assert len(made.available("first")) == len(CODES)


def test_a_level_that_was_read_alone_while_the_list_was_read_is_not_overwritten_by_the_older_list() -> None:
    made = world()
    sync(made)
    shop = made.shops["first"]
    shop.held["P6"] = 8
    sync(made)
    assert made.table.by_channel["first"].sold == ("P6",)
    shop.held["P0"] = 77
    made.seconds = stopping_after(3)
    assert made.run("first").state == "continues"
    # P6 is on the last page; P0's page has been read. P6 is sold again, and read alone before the list goes on.
    made.table.by_channel["first"] = _with_sold(made, ("P0",))
    shop.held["P0"] = 70
    made.seconds = lambda: 1.0
    made.run("first")
    assert made.available("first")["P0"] == 70


def _with_sold(made: StockWorld, sold: tuple[str, ...]) -> Any:
    return replace(made.table.by_channel["first"], sold=sold)


# --- dead, or failing ---------------------------------------------------------------------------------------------


def steps_of_a_run() -> int:
    made = world()
    made.steps.taken.clear()
    sync(made)
    return len(made.steps.taken)


@pytest.mark.parametrize("harm", [die, fail])
def test_whatever_a_run_dies_of_and_wherever_the_next_run_makes_good(harm: Callable[[], None]) -> None:
    for step in range(steps_of_a_run()):
        made = world()
        made.steps.at(step, harm)
        with suppress(Died, PortFailed):  # what a platform's part raises is a run that failed, and is not raised
            sync(made)
        assert made.steps.is_done
        made.steps.clear()
        made.clock.move(LEASE_SECONDS + 1)
        sync(made)
        sync(made)
        is_in_step(made)
        begun = [e for e in made.bus.of_type("StockDrifted") if not e.detail["settled"]]
        # Reported at least once for every product that differs at the second source, and again only after a death.
        assert {e.detail["product_code"] for e in begun if e.detail["channel"] == "second"} == set(CODES[1:])
        assert len(begun) <= 2 * len(CODES)


def test_whatever_fails_between_the_beginning_and_the_end_of_a_run_gives_the_channel_back_at_once() -> None:
    made = world()
    for name in ("first", "second", "target"):
        made.steps.taken.clear()
        made.run(name)
        for step, taken in enumerate(list(made.steps.taken)):
            if "run" in taken:
                continue  # beginning and ending are the lease itself
            made = world()
            for before in ("first", "second", "target")[: ("first", "second", "target").index(name)]:
                made.run(before)
            made.steps.at(step, fail)
            is_ours = not taken.endswith((" page", " read", " push"))
            with pytest.raises(PortFailed) if is_ours else nullcontext():
                assert made.run(name).state in ("aborted", "done")
            assert made.steps.is_done
            assert made.run(name).state == "done", taken


def test_an_account_that_cannot_be_opened_for_a_reason_that_nobody_foresaw_gives_the_channel_back_at_once() -> None:
    made = world()
    opened = made.open

    def fails(channel: Channel, _sites: Any) -> Any:
        raise KeyError(channel.name)

    made.open = fails  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        made.run("first")
    assert made.table.by_channel["first"].failure == "the run broke off: KeyError"
    made.open = opened  # type: ignore[method-assign]
    assert made.run("first").state == "done"


def test_a_run_that_died_holds_the_channel_until_its_lease_is_over() -> None:
    made = world()
    made.steps.at(6, die)
    with pytest.raises(Died):
        made.run("first")
    assert made.run("first").state == "busy"
    made.clock.move(LEASE_SECONDS + 1)
    assert made.run("first").state == "done"


# --- two at once --------------------------------------------------------------------------------------------------


def test_of_two_runs_at_once_one_yields_wherever_they_meet() -> None:
    for step in range(steps_of_a_run()):
        made = world()
        met: list[str] = []

        def meet(made: StockWorld = made, met: list[str] = met) -> None:
            met.extend(made.run(channel.name).state for channel in made.channels)

        made.steps.at(step, meet)
        sync(made)
        sync(made)
        is_in_step(made)
        # A channel whose run has ended, or has not begun, may be run; the one at work is not.
        assert met.count("busy") <= 1


def test_a_run_that_slept_through_its_lease_writes_nothing_any_more() -> None:
    for step in range(steps_of_a_run()):
        made = world()

        def oversleep(made: StockWorld = made) -> None:
            made.clock.move(LEASE_SECONDS + 1)
            made.shops["first"].held = dict.fromkeys(CODES, 500)
            for channel in made.channels:
                made.run(channel.name, restart=True)

        made.steps.at(step, oversleep)
        for channel in made.channels:
            made.run(channel.name)
        made.clock.move(LEASE_SECONDS + 1)
        assert set(made.available("first").values()) == {500}, f"an old level was written over a new one, step {step}"
        sync(made)
        is_in_step(made)


# --- faults of every kind -----------------------------------------------------------------------------------------

RAW = st.one_of(st.integers(0, 30), st.integers(0, 30).map(str), st.integers(0, 30).map(lambda n: f" {n} "))
BAD = st.sampled_from([None, "", "abc", "-", True])
FAULTS = st.lists(st.tuples(st.sampled_from(["page", "read"]), st.integers(1, 6)), max_size=3)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_after_any_faults_levels_are_true_or_kept_and_drift_is_never_made_up(data: st.DataObject) -> None:
    made = world()
    sync(made)
    # A run that goes on takes over pages that it read some rounds ago.
    once_true = {
        (name, code): _readable(value) for name, shop in made.shops.items() for code, value in shop.held.items()
    }
    for _ in range(data.draw(st.integers(1, 3), "rounds")):
        for name, shop in made.shops.items():
            shop.held.update(
                data.draw(
                    st.dictionaries(st.sampled_from(CODES), st.one_of(RAW, BAD), max_size=4), f"changes of {name}"
                )
            )
            for code, value in shop.held.items():
                once_true[name, code] |= _readable(value)
            faults = set(data.draw(FAULTS, f"faults of {name}"))
            shop.calls.clear()

            def fails(called: str, number: int, faults: set[tuple[str, int]] = faults) -> None:
                if (called, number) in faults:
                    raise StockReadFailed("a fault")

            shop.fails = fails
            made.seconds = stopping_after(data.draw(st.integers(2, 40), "time"))
            made.run(name)
            for code, available in made.available(name).items():
                assert available in once_true[name, code] | once_true["first", code]
    for shop in made.shops.values():
        shop.fails = lambda _name, _number: None
        shop.held = {code: value if _readable(value) else 5 for code, value in shop.held.items()}
    made.seconds = lambda: 1.0
    sync(made)
    sync(made)
    is_in_step(made)


def _readable(value: Any) -> set[int]:
    from orderbridge.stock.levels import UnreadableLevel, parse_level

    try:
        return {parse_level(value).available}
    except UnreadableLevel:
        return set()
