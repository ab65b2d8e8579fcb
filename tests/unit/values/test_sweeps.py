"""A sweep goes on item by item, each for itself."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from threading import Barrier
from typing import Any

import pytest

from orderbridge.values.conflicts import LostRace
from orderbridge.values.sweeps import AT_ONCE, TOGETHER, CarriedOn, Part, SweepAll, SweepIncomplete, sweep_each
from orderbridge.values.times import utc_now
from tests.fakes.steps import Clock
from tests.patience import PATIENCE_S


def all_taken(messages: Sequence[str]) -> Sequence[Exception | None]:
    return [None] * len(messages)


def asking_for(*messages: str, then: Callable[[int], object] = lambda _: None) -> Callable[[int], CarriedOn[str]]:
    """Items that want these messages sent, each with its own number before it."""

    def carry_on(item: int) -> CarriedOn[str]:
        yield [f"{item}{message}" for message in messages]
        then(item)
        return "done"

    return carry_on


def test_the_messages_of_several_items_are_sent_together_and_each_item_goes_on_afterwards() -> None:
    calls: list[Sequence[str]] = []
    gone_on: list[int] = []

    def send(messages: Sequence[str]) -> Sequence[Exception | None]:
        assert gone_on == list(range(TOGETHER * len(calls)))
        calls.append(messages)
        return all_taken(messages)

    items = TOGETHER + 2
    found = sweep_each(range(items), asking_for("a", "b", then=gone_on.append), send, Clock(), 10)

    assert found == Counter(done=items)
    assert [len(call) for call in calls] == [2 * TOGETHER, 2 * 2]
    assert gone_on == list(range(items))


def test_a_message_that_is_not_taken_is_an_error_of_its_item_alone() -> None:
    gone_on: list[int] = []

    def send(messages: Sequence[str]) -> Sequence[Exception | None]:
        return [KeyError("InternalError") if message == "1b" else None for message in messages]

    with pytest.raises(SweepIncomplete, match=r"1 items; {'done': 2} carried on") as raised:
        sweep_each(range(3), asking_for("a", "b", then=gone_on.append), send, Clock(), 10)

    assert gone_on == [0, 2]
    assert isinstance(raised.value.__cause__, KeyError)


def test_a_call_that_fails_is_an_error_of_every_item_that_had_a_message_in_it() -> None:
    def send(_: Sequence[str]) -> Sequence[Exception | None]:
        raise KeyError("the queue did not answer")

    def carry_on(item: int) -> CarriedOn[str]:
        yield ["x"] if item else []
        return "done"

    with pytest.raises(SweepIncomplete, match=r"2 items; {'done': 1} carried on"):
        sweep_each(range(3), carry_on, send, Clock(), 10)


def test_an_item_may_ask_more_than_once() -> None:
    sent: list[str] = []

    def send(messages: Sequence[str]) -> Sequence[Exception | None]:
        sent.extend(messages)
        return all_taken(messages)

    def carry_on(item: int) -> CarriedOn[str]:
        yield [f"first {item}"]
        yield [f"then {item}"]
        return "done"

    assert sweep_each(range(2), carry_on, send, Clock(), 10) == Counter(done=2)
    assert sent == ["first 0", "first 1", "then 0", "then 1"]


@pytest.mark.parametrize(("number", "of"), [(-1, 1), (1, 1), (8, 8), (0, 0)])
def test_there_is_no_such_part(number: int, of: int) -> None:
    with pytest.raises(ValueError, match="part"):
        Part(number, of)


def test_an_item_that_fails_is_said_when_all_others_are_done() -> None:
    done: list[int] = []

    def carry_on(item: int) -> CarriedOn[str]:
        if item in (1, 3):
            raise KeyError("revision")
        if item == 2:
            raise LostRace
        done.append(item)
        yield ()
        return "done"

    with pytest.raises(SweepIncomplete, match=r"2 items; {'lost_race': 1, 'done': 2} carried on") as raised:
        sweep_each(range(5), carry_on, all_taken, Clock(), 10)

    assert done == [0, 4]
    assert isinstance(raised.value.__cause__, KeyError)


def test_no_item_is_begun_after_the_time() -> None:
    clock = Clock()

    def carry_on(_: int) -> CarriedOn[str]:
        clock.move(6)
        yield ()
        return "done"

    assert sweep_each(range(5), carry_on, all_taken, clock, 10) == Counter(done=2)


def test_several_items_are_carried_on_at_once_and_each_once() -> None:
    together = Barrier(AT_ONCE, timeout=PATIENCE_S)
    done: list[int] = []

    def carry_on(item: int) -> CarriedOn[str]:
        if item < AT_ONCE:
            together.wait()  # nobody goes on before all are at it
        yield ()
        if item % 10 == 9:
            raise KeyError(item)
        done.append(item)
        return "done"

    def items() -> Iterator[int]:
        yield from range(1000)

    with pytest.raises(SweepIncomplete, match=r"100 items; {'done': 900} carried on"):
        sweep_each(items(), carry_on, all_taken, utc_now, PATIENCE_S, AT_ONCE)

    assert sorted(done) == [item for item in range(1000) if item % 10 != 9]


def test_no_worker_begins_an_item_after_the_time() -> None:
    clock = Clock()

    def carry_on(_: int) -> CarriedOn[str]:
        clock.move(1)
        yield ()
        return "done"

    found = sweep_each(itertools.count(), carry_on, all_taken, clock, 50, AT_ONCE)
    assert 50 <= found["done"] <= 50 + AT_ONCE


def test_items_that_cannot_even_be_listed_are_a_failure_of_the_sweep() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("the index did not answer")

    for at_once in (1, AT_ONCE):
        with pytest.raises(KeyError, match="the index"):
            sweep_each(items(), asking_for(), all_taken, utc_now, 30, at_once)


def test_a_sweep_that_fails_holds_up_no_other() -> None:
    swept: list[str] = []

    def fails(_: Part) -> Any:
        raise SweepIncomplete

    def works(_: Part) -> Counter[str]:
        swept.append("after it")
        return Counter()

    with pytest.raises(SweepIncomplete):
        SweepAll((fails, works))()
    assert swept == ["after it"]
