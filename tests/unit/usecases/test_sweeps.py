"""A sweep goes on item by item, each for itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from orderbridge.ports import LostRace
from orderbridge.usecases.sweeps import SweepAll, SweepIncomplete, sweep_each
from tests.fakes.steps import Clock


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
