"""A sweep goes on item by item, each for itself."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from threading import Barrier
from typing import Any

import pytest

from orderbridge.values.conflicts import LostRace
from orderbridge.values.sweeps import AT_ONCE, SweepAll, SweepIncomplete, sweep_each
from orderbridge.values.times import utc_now
from tests.fakes.steps import Clock
from tests.patience import PATIENCE_S


def test_an_item_that_fails_is_said_when_all_others_are_done() -> None:
    done: list[int] = []

    def carry_on(item: int) -> str:
        if item in (1, 3):
            raise KeyError("revision")
        if item == 2:
            raise LostRace
        done.append(item)
        return "done"

    with pytest.raises(SweepIncomplete, match=r"2 items; {'done': 2, 'lost_race': 1} carried on") as raised:
        sweep_each(range(5), carry_on, Clock(), 10)

    assert done == [0, 4]
    assert isinstance(raised.value.__cause__, KeyError)


def test_no_item_is_begun_after_the_time() -> None:
    clock = Clock()

    def carry_on(_: int) -> str:
        clock.move(6)
        return "done"

    assert sweep_each(range(5), carry_on, clock, 10) == Counter(done=2)


def test_several_items_are_carried_on_at_once_and_each_once() -> None:
    together = Barrier(AT_ONCE, timeout=PATIENCE_S)
    done: list[int] = []

    def carry_on(item: int) -> str:
        if item < AT_ONCE:
            together.wait()  # nobody goes on before all are at it
        if item % 10 == 9:
            raise KeyError(item)
        done.append(item)
        return "done"

    def items() -> Iterator[int]:
        yield from range(1000)

    with pytest.raises(SweepIncomplete, match=r"100 items; {'done': 900} carried on"):
        sweep_each(items(), carry_on, utc_now, PATIENCE_S, AT_ONCE)

    assert sorted(done) == [item for item in range(1000) if item % 10 != 9]


def test_no_worker_begins_an_item_after_the_time() -> None:
    clock = Clock()

    def carry_on(_: int) -> str:
        clock.move(1)
        return "done"

    found = sweep_each(itertools.count(), carry_on, clock, 50, AT_ONCE)
    assert 50 <= found["done"] <= 50 + AT_ONCE


def test_items_that_cannot_even_be_listed_are_a_failure_of_the_sweep() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("the index did not answer")

    for at_once in (1, AT_ONCE):
        with pytest.raises(KeyError, match="the index"):
            sweep_each(items(), lambda _: "done", utc_now, 30, at_once)


def test_a_sweep_that_fails_holds_up_no_other() -> None:
    swept: list[str] = []

    def fails() -> Any:
        raise SweepIncomplete

    def works() -> Counter[str]:
        swept.append("after it")
        return Counter()

    with pytest.raises(SweepIncomplete):
        SweepAll((fails, works))()
    assert swept == ["after it"]
