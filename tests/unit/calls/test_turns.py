"""Orders to a channel keep to its rate_limit, and a slow channel holds a part of the workers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.aws.table import DynamoDb, Table
from evidence.processes.virtual import exceptions_of
from orderbridge.calls.turns import LONGEST_WAIT_SECONDS, SLOW_PART, OwnTurnBook, TurnBook, Turns
from orderbridge.channels.channel import Channel
from orderbridge.channels.table import TableTurnBook
from tests.contract.template import template

TIMEOUT_S = Decimal(10)
ONE, TWO = Channel("one", "sirclo", {}), Channel("two", "sirclo", {})
SLOW = replace(ONE, slow_until="2025-01-01T00:10:00.000Z")
BEGAN = 1_735_689_600.0
"""2025-01-01."""


class Clock:
    def __init__(self) -> None:
        self.now = BEGAN

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def table_book() -> TableTurnBook:
    table = Table(template().of_type("AWS::DynamoDB::Table")["Table"])
    client: Any = DynamoDb(table, exceptions_of("dynamodb"), lambda _operation, _asked, act: act())
    return TableTurnBook(client, "table")


@pytest.fixture(params=[OwnTurnBook, table_book], ids=["of this process", "in the table"])
def book(request: pytest.FixtureRequest) -> TurnBook:
    make: Callable[[], TurnBook] = request.param
    return make()


def sent_at(turns: Turns, clock: Clock, count: int, rate_limit: Decimal | None, channel: Channel = ONE) -> list[float]:
    times: list[float] = []
    while len(times) < count:
        seconds = turns.take(channel, rate_limit, TIMEOUT_S)
        if seconds:
            assert seconds > LONGEST_WAIT_SECONDS
            clock.sleep(seconds)
        else:
            times.append(clock.now - BEGAN)
    return times


@pytest.mark.parametrize(
    ("rate_limit", "expected"),
    [(None, [0.0, 0.0, 0.0]), (Decimal(1), [0.0, 1.25, 2.5]), (Decimal("0.1"), [0.0, 12.5, 25.0])],
)
def test_a_channel_is_sent_to_at_its_rate(book: TurnBook, rate_limit: Decimal | None, expected: list[float]) -> None:
    clock = Clock()
    assert sent_at(Turns(book, 50, clock, clock.sleep), clock, 3, rate_limit) == pytest.approx(expected, abs=0.002)


RATES = st.decimals(min_value="0.5", max_value=50, places=2)


@given(st.integers(1, 6), RATES, st.lists(st.integers(0, 5), max_size=30))
def test_all_workers_together_keep_to_the_limit(workers: int, rate_limit: Decimal, order: list[int]) -> None:
    clock, book = Clock(), table_book()
    everybody = [Turns(book, workers, clock, clock.sleep) for _ in range(workers)]
    times = [sent_at(everybody[each % workers], clock, 1, rate_limit)[0] for each in order]
    assert all(later - earlier >= float(1 / rate_limit) for earlier, later in pairwise(times))


def test_a_turn_too_far_ahead_is_not_taken_and_costs_no_time(book: TurnBook) -> None:
    clock = Clock()
    turns = Turns(book, 5, clock, clock.sleep)
    sent_at(turns, clock, 1, Decimal("0.1"))
    assert [turns.take(ONE, Decimal("0.1"), TIMEOUT_S) for _ in range(2)] == pytest.approx([12.5, 12.5])
    assert clock.now == BEGAN


def test_a_rate_that_is_changed_counts_from_the_next_turn_on(book: TurnBook) -> None:
    clock = Clock()
    turns = Turns(book, 5, clock, clock.sleep)
    sent_at(turns, clock, 1, Decimal("0.1"))
    assert sent_at(turns, clock, 2, Decimal(10)) == pytest.approx([0.125, 0.25], abs=0.002)


def test_one_channel_does_not_wait_for_another(book: TurnBook) -> None:
    clock = Clock()
    turns = Turns(book, 1, clock, clock.sleep)
    sent_at(turns, clock, 1, Decimal(1), ONE)
    assert sent_at(turns, clock, 1, Decimal(1), TWO) == [0.0]


def test_whoever_was_idle_does_not_catch_up(book: TurnBook) -> None:
    clock = Clock()
    turns = Turns(book, 1, clock, clock.sleep)
    sent_at(turns, clock, 1, Decimal(1))
    clock.now += 60
    assert sent_at(turns, clock, 2, Decimal(1)) == pytest.approx([60.0, 61.25], abs=0.002)


@pytest.mark.parametrize("workers", [1, 2, 5, 50])
def test_calls_of_a_slow_channel_that_take_their_whole_time_hold_its_part_of_the_workers(
    book: TurnBook, workers: int
) -> None:
    clock = Clock()
    times = sent_at(Turns(book, workers, clock, clock.sleep), clock, 40, None, SLOW)
    held = max(sum(at <= moment < at + float(TIMEOUT_S) - 0.01 for at in times) for moment in times)
    assert held <= max(workers // SLOW_PART, 1)


def test_a_channel_is_slow_no_longer_than_is_noted(book: TurnBook) -> None:
    clock = Clock()
    turns = Turns(book, 4, clock, clock.sleep)
    sent_at(turns, clock, 2, None, SLOW)
    clock.now = BEGAN + 600
    assert [turns.take(SLOW, None, TIMEOUT_S) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert clock.now == BEGAN + 600


def test_who_loses_every_race_for_a_turn_comes_back_later() -> None:
    class Raced:
        """Somebody else has always taken the turn between our two calls."""

        class exceptions:  # noqa: N801 - botocore's name
            class ConditionalCheckFailedException(Exception):
                def __init__(self) -> None:
                    self.response = {"Item": {"turn": {"N": str(int(BEGAN * 1000))}}}

        def update_item(self, **_: Any) -> None:
            raise self.exceptions.ConditionalCheckFailedException

    client: Any = Raced()
    clock = Clock()
    assert Turns(TableTurnBook(client, "table"), 1, clock).take(ONE, Decimal(5), TIMEOUT_S) > LONGEST_WAIT_SECONDS
