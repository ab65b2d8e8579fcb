"""The machine: workers that take their steps in an order that a seed draws, on a clock that moves when nobody can."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.processes.machine import STEP, Died, Machine, Worker
from tests.patience import PATIENCE_S

NOW = datetime(2025, 1, 1, tzinfo=UTC)
Trace = list[tuple[str, float]]


@contextmanager
def machine_of(seed: int) -> Iterator[Machine]:
    made = Machine(NOW, seed)
    try:
        yield made
    finally:
        made.close()


def run(machine: Machine) -> None:
    """Let everybody come to an end; where all sleep, time goes on to when the first of them wakes."""
    while machine.workers:
        if not machine.run_one():
            wakes_at = machine.next_wake
            assert wakes_at is not None
            assert wakes_at > machine.now, "somebody could have gone on"
            machine.now = wakes_at


def worker_of(machine: Machine, name: str, plan: list[float | None], trace: Trace) -> Callable[[], None]:
    """Takes a step for each None, and sleeps for each number."""

    def act() -> None:
        for seconds in plan:
            trace.append((name, machine.ran_for))
            if seconds is None:
                machine.step(name)
            else:
                machine.sleep(seconds)
        trace.append((f"{name} ends", machine.ran_for))

    return act


plans = st.lists(st.lists(st.none() | st.sampled_from([0.0, 0.5, 3.0]), max_size=6), min_size=1, max_size=4)


def traced(seed: int, given_plans: list[list[float | None]]) -> Trace:
    trace: Trace = []
    with machine_of(seed) as machine:
        for number, plan in enumerate(given_plans):
            machine.start(f"w{number}", worker_of(machine, f"w{number}", plan, trace))
        run(machine)
    return trace


# --- the order of steps -----------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**32), plans=plans)
def test_the_same_seed_brings_the_same_steps_at_the_same_times(seed: int, plans: list[list[float | None]]) -> None:
    once = traced(seed, plans)
    assert traced(seed, plans) == once
    assert len(once) == sum(len(plan) + 1 for plan in plans)


def test_every_order_of_the_steps_of_two_workers_comes_with_some_seed() -> None:
    orders = set()
    for seed in range(200):
        steps: Trace = []
        with machine_of(seed) as machine:
            for name in "AB":
                machine.start(name, worker_of(machine, name, [None], steps))
            run(machine)
        orders.add("".join(name[0] for name, _ in steps))
    assert orders == {"AABB", "ABAB", "ABBA", "BBAA", "BABA", "BAAB"}


def test_one_worker_at_a_time_runs_and_none_between_two_steps_of_another() -> None:
    inside: list[str] = []
    with machine_of(3) as machine:

        def act() -> None:
            for _ in range(20):
                assert inside == []
                inside.append("here")
                inside.pop()
                machine.step("step")

        workers = [machine.start(f"w{number}", act) for number in range(5)]
        run(machine)
        assert [worker.failure for worker in workers] == [None] * 5
        assert machine.steps == 100


def test_a_worker_keeps_what_it_answers_or_how_it_failed_and_whoever_waits_for_its_end_is_told_once() -> None:
    ended: list[Worker] = []
    with machine_of(1) as machine:
        answers = machine.start("answers", lambda: 7, ended.append)
        fails = machine.start("fails", lambda: [][0], ended.append)
        run(machine)
    assert (answers.result, answers.failure) == (7, None)
    assert (fails.result, type(fails.failure)) == (None, IndexError)
    assert sorted(worker.name for worker in ended) == ["answers", "fails"]


def test_somebody_may_begin_while_another_runs() -> None:
    trace: Trace = []
    with machine_of(1) as machine:
        machine.start("first", lambda: machine.start("second", worker_of(machine, "second", [None], trace)))
        run(machine)
    assert [name for name, _ in trace] == ["second", "second ends"]


# --- time -------------------------------------------------------------------------------------------------------------


def test_sleepers_wake_in_the_order_of_their_times_and_not_before() -> None:
    trace: Trace = []
    with machine_of(5) as machine:
        for name, seconds in (("late", 30.0), ("soon", 1.0), ("between", 7.5)):
            machine.start(name, worker_of(machine, name, [seconds], trace))
        run(machine)
    assert trace[3:] == [("soon ends", 1.0), ("between ends", 7.5), ("late ends", 30.0)]


def test_time_stands_still_while_somebody_can_go_on_and_then_there_is_no_next_wake() -> None:
    trace: Trace = []
    with machine_of(1) as machine:
        assert machine.next_wake is None
        assert not machine.run_one()
        machine.start("sleeps", worker_of(machine, "sleeps", [60.0], trace))
        assert machine.next_wake is None, "it has not begun to sleep"
        machine.run_one()
        assert (machine.next_wake, machine.now) == (NOW + timedelta(seconds=60), NOW)
        assert not machine.run_one()
        machine.start("ready", worker_of(machine, "ready", [], trace))
        assert machine.next_wake is None
        machine.run_one()
        assert machine.now == NOW
        assert [name for name, _ in trace] == ["sleeps", "ready ends"]


def test_each_step_takes_its_time() -> None:
    with machine_of(1) as machine:
        machine.start("w", worker_of(machine, "w", [None] * 10, []))
        run(machine)
        assert machine.now == NOW + 10 * STEP


def test_a_workers_own_clock_may_be_off_and_nobody_elses_is() -> None:
    seen: dict[str, datetime] = {}
    skew = timedelta(minutes=2)
    with machine_of(1) as machine:
        machine.start("off", lambda: seen.update(off=machine.clock(), true=machine.true_clock()), skew=skew)
        machine.start("right", lambda: seen.update(right=machine.clock()))
        run(machine)
        assert machine.clock() == NOW
    assert seen == {"off": NOW + skew, "true": NOW, "right": NOW}


def test_whoever_is_no_worker_sleeps_by_moving_the_clock() -> None:
    with machine_of(1) as machine:
        machine.sleep(5)
        machine.step("nobody's")
        assert (machine.ran_for, machine.steps) == (5, 0)


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", [[None] * 2000, [60.0, None]])
def test_a_worker_that_is_killed_ends_at_its_next_step_or_out_of_its_sleep(plan: list[float | None]) -> None:
    trace: Trace = []
    ended: list[Worker] = []
    with machine_of(1) as machine:
        victim = machine.start("victim", worker_of(machine, "victim", plan, trace), ended.append)

        def kill() -> None:
            machine.sleep(1)
            machine.kill(victim)
            trace.append(("killed", machine.ran_for))

        killer = machine.start("killer", kill)
        run(machine)
        assert machine.ran_for < 2
    assert [name for name, _ in trace][-1] == "killed"
    assert (type(victim.failure), ended, killer.failure) == (Died, [victim], None)


def test_a_worker_that_is_killed_before_its_first_step_does_nothing() -> None:
    trace: Trace = []
    with machine_of(1) as machine:
        victim = machine.start("victim", worker_of(machine, "victim", [None], trace))
        machine.kill(victim)
        run(machine)
    assert (trace, type(victim.failure)) == ([], Died)


def test_nobody_catches_an_end_by_catching_exceptions() -> None:
    def act() -> None:
        try:
            machine.step("w")
        except Exception:  # noqa: BLE001 - what a function does with whatever fails
            trace.append("caught")

    trace: list[str] = []
    with machine_of(1) as machine:

        def before_step(_name: str, _worker: Worker) -> None:
            raise Died

        machine.before_step = before_step
        worker = machine.start("w", act)
        run(machine)
    assert (trace, type(worker.failure)) == ([], Died)


@pytest.mark.parametrize("plan", [[None] * 2000, [0.9, 0.2, None, None]])
def test_a_worker_whose_time_is_over_is_ended(plan: list[float | None]) -> None:
    trace: Trace = []
    ended: list[Worker] = []
    with machine_of(1) as machine:
        worker = machine.start("w", worker_of(machine, "w", plan, trace), ended.append, seconds=1)
        run(machine)
    assert (type(worker.failure), ended) == (Died, [worker])
    assert all(seconds <= 1 for _, seconds in trace)


def test_a_worker_that_ends_in_time_is_left_alone() -> None:
    trace: Trace = []
    with machine_of(1) as machine:
        worker = machine.start("w", worker_of(machine, "w", [0.5, 0.5], trace), seconds=1)
        run(machine)
    assert (worker.failure, trace[-1]) == (None, ("w ends", 1.0))


def test_closing_ends_all_workers_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    ended: list[Worker] = []
    trace: Trace = []
    machine = Machine(NOW, 1)
    for number in range(5):
        machine.start(f"w{number}", worker_of(machine, "w", [None, 60.0], trace), ended.append)
    for _ in range(3):
        machine.run_one()
    threads = set(threading.enumerate()) - before
    assert threads

    machine.close()

    for thread in threads:
        thread.join(PATIENCE_S)
    assert set(threading.enumerate()) - before == set()
    assert len(ended) == 5
    assert all(isinstance(worker.failure, Died) for worker in ended)
    assert "w ends" not in [name for name, _ in trace]
