"""Orders to a channel keep to the worker's part of its rate_limit."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.calls.turns import LONGEST_WAIT_SECONDS, Turns


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def sent_at(turns: Turns, clock: Clock, count: int, rate_limit: Decimal | None, channel: str = "one") -> list[float]:
    times: list[float] = []
    while len(times) < count:
        seconds = turns.take(channel, rate_limit)
        if seconds:
            assert seconds > LONGEST_WAIT_SECONDS
            clock.sleep(seconds)
        else:
            times.append(clock.now - 100)
    return times


@pytest.mark.parametrize(
    ("workers", "rate_limit", "expected"),
    [
        (1, None, [0.0, 0.0, 0.0]),
        (1, Decimal(1), [0.0, 1.25, 2.5]),
        (5, Decimal(10), [0.0, 0.625, 1.25]),
        (5, Decimal("0.1"), [0.0, 62.5, 125.0]),
    ],
)
def test_a_worker_sends_its_part(workers: int, rate_limit: Decimal | None, expected: list[float]) -> None:
    clock = Clock()
    assert sent_at(Turns(workers, clock, clock.sleep), clock, 3, rate_limit) == pytest.approx(expected)


@given(st.integers(1, 10), st.decimals(min_value="0.5", max_value=50, places=2), st.integers(2, 30))
def test_all_workers_together_stay_below_the_limit(workers: int, rate_limit: Decimal, count: int) -> None:
    clock = Clock()
    times = sent_at(Turns(workers, clock, clock.sleep), clock, count, rate_limit)
    between = min(later - earlier for earlier, later in pairwise(times))
    assert workers / between <= float(rate_limit) + 1e-6


def test_a_turn_too_far_ahead_is_not_taken_and_costs_no_time() -> None:
    clock = Clock()
    turns = Turns(5, clock, clock.sleep)
    sent_at(turns, clock, 1, Decimal("0.1"))
    assert [turns.take("one", Decimal("0.1")) for _ in range(2)] == [62.5, 62.5]
    assert clock.now == 100.0


def test_one_channel_does_not_wait_for_another() -> None:
    clock = Clock()
    turns = Turns(1, clock, clock.sleep)
    sent_at(turns, clock, 1, Decimal(1), "one")
    assert sent_at(turns, clock, 1, Decimal(1), "two") == [0.0]


def test_whoever_was_idle_does_not_catch_up() -> None:
    clock = Clock()
    turns = Turns(1, clock, clock.sleep)
    sent_at(turns, clock, 1, Decimal(1))
    clock.now += 60
    assert sent_at(turns, clock, 2, Decimal(1)) == pytest.approx([60.0, 61.25])
