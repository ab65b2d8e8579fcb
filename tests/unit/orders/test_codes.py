"""Order codes: their form, and a counter that never gives one twice."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orderbridge.orders.codes import MARKER, ORDER_CODE, marker, order_code
from orderbridge.orders.numbering import MAX_BLOCK, CodeAllocator
from tests.fakes.samples import NOW
from tests.fakes.steps import Clock, PortFailed, Steps, fail
from tests.fakes.store import Counter

DAY = date(2025, 1, 1)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (1, "SO-20250101-00001"), (99_999, "SO-20250101-99999"), (100_000, "SO-20250101-100000"),
        (12_345_678, "SO-20250101-12345678"),
    ],
)  # fmt: skip
def test_a_code_is_the_day_and_its_number_and_widens_past_99999(number: int, code: str) -> None:
    assert order_code(DAY, number) == code
    assert ORDER_CODE.fullmatch(code)


@given(st.dates(), st.integers(1, 10**7), st.dates(), st.integers(1, 10**7))
def test_two_numbers_never_share_a_code(day: date, number: int, other_day: date, other: int) -> None:
    assert (order_code(day, number) == order_code(other_day, other)) == ((day, number) == (other_day, other))


def test_a_marker_is_found_whole_or_not_at_all() -> None:
    code = order_code(DAY, 1)

    assert MARKER.findall(f"note {marker(code)} SO-20250101-00002 {marker(order_code(DAY, 12))}") == [
        code,
        order_code(DAY, 12),
    ]
    assert marker(code) not in marker(order_code(DAY, 10_001))


# --- the allocator ----------------------------------------------------------------------------------------------------


def numbers(codes: list[str]) -> list[int]:
    return [int(code.rsplit("-", 1)[1]) for code in codes]


def take_each(allocator: CodeAllocator, clock: Clock, count: int, seconds_between: float, day: date = DAY) -> list[str]:
    codes = []
    for _ in range(count):
        codes.append(allocator.take(day, clock()))
        clock.move(seconds_between)
    return codes


def test_at_rest_codes_count_one_two_three_one_call_each() -> None:
    counter = Counter()

    codes = take_each(CodeAllocator(counter), Clock(), 5, seconds_between=10)

    assert codes == [order_code(DAY, number) for number in (1, 2, 3, 4, 5)]
    assert counter.calls == [1, 1, 1, 1, 1]


def test_at_rest_several_environments_count_together() -> None:
    counter, clock = Counter(), Clock()
    environments = [CodeAllocator(counter), CodeAllocator(counter)]

    codes = [take_each(environments[turn % 2], clock, 1, seconds_between=5)[0] for turn in range(6)]

    assert numbers(codes) == [1, 2, 3, 4, 5, 6]


def test_under_load_a_block_carries_many_codes() -> None:
    counter = Counter()

    take_each(CodeAllocator(counter), Clock(), 2000, seconds_between=0.01)

    assert len(counter.calls) <= 0.02 * 2000
    assert max(counter.calls) <= MAX_BLOCK


@pytest.mark.parametrize("orders_per_second", [20, 25, 31, 33, 50, 200])
def test_from_twenty_orders_a_second_on_a_code_costs_a_tenth_of_a_call_at_most(orders_per_second: int) -> None:
    """At most 1.1 calls per accepted order, one of which is the put."""
    counter, orders = Counter(), orders_per_second * 60

    take_each(CodeAllocator(counter), Clock(), orders, seconds_between=1 / orders_per_second)

    assert len(counter.calls) / orders <= 0.1


def test_after_a_quiet_second_the_next_reservation_is_a_single_one() -> None:
    counter, clock = Counter(), Clock()
    allocator = CodeAllocator(counter)
    take_each(allocator, clock, 40, seconds_between=0.01)
    left = sum(counter.calls) - 40

    take_each(allocator, clock, left + 2, seconds_between=30)

    assert counter.calls[-2:] == [1, 1]


def test_a_number_that_was_given_back_goes_out_first() -> None:
    counter, clock = Counter(), Clock()
    gaps: list[int] = []
    allocator = CodeAllocator(counter, note_gap=gaps.append)
    first = allocator.take(DAY, clock())
    allocator.give_back(first)
    clock.move(60)

    assert allocator.take(DAY, clock()) == first
    assert counter.calls == [1]
    assert gaps == []


def test_a_block_belongs_to_one_day_and_what_is_left_of_it_is_a_counted_gap() -> None:
    counter, clock = Counter(), Clock()
    gaps: list[int] = []
    allocator = CodeAllocator(counter, note_gap=gaps.append)
    take_each(allocator, clock, 10, seconds_between=0.01)
    left = sum(counter.calls) - 10

    tomorrow = allocator.take(DAY + timedelta(days=1), clock())

    assert tomorrow == "SO-20250102-00001"
    assert gaps == [left]
    assert left > 0
    allocator.take(DAY + timedelta(days=2), clock())
    assert gaps == [left], "a day that used all of its numbers leaves none"


def test_a_code_of_yesterday_that_comes_back_is_a_gap_and_never_goes_out_today() -> None:
    gaps: list[int] = []
    allocator, clock = CodeAllocator(Counter(), note_gap=gaps.append), Clock()
    yesterday = allocator.take(DAY, clock())
    allocator.take(DAY + timedelta(days=1), clock())

    allocator.give_back(yesterday)

    assert gaps == [1]
    assert take_each(allocator, clock, 3, 60, DAY + timedelta(days=1)) == [
        order_code(DAY + timedelta(days=1), number) for number in (2, 3, 4)
    ]


def test_a_code_that_was_let_go_of_is_a_gap_and_goes_to_nobody() -> None:
    gaps: list[int] = []
    allocator, clock = CodeAllocator(Counter(), note_gap=gaps.append), Clock()

    allocator.abandon(allocator.take(DAY, clock()))

    assert gaps == [1]
    assert numbers(take_each(allocator, clock, 3, 60)) == [2, 3, 4]


@pytest.mark.parametrize("step", [0, 1])
def test_a_counter_that_fails_costs_a_gap_at_most(step: int) -> None:
    steps, clock = Steps(), Clock()
    counter = Counter(steps)
    allocator = CodeAllocator(counter)
    steps.at(step, fail)

    with pytest.raises(PortFailed):
        allocator.take(DAY, clock())

    assert numbers([allocator.take(DAY, clock())]) == [1 + step]


class Allocation(RuleBasedStateMachine):
    """Three environments on one counter, over days, with give-backs and failures: no code is ever held twice."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock(NOW)
        self.steps = Steps()
        self.counter = Counter(self.steps)
        self.environments = [CodeAllocator(self.counter, max_block=8) for _ in range(3)]
        self.held: list[tuple[int, str]] = []
        self.day = DAY

    @rule(environment=st.integers(0, 2), count=st.integers(1, 20))
    def take(self, environment: int, count: int) -> None:
        for _ in range(count):
            self.held.append((environment, self.environments[environment].take(self.day, self.clock())))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def give_back(self, data: Any) -> None:
        environment, code = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        self.environments[environment].give_back(code)

    @rule(environment=st.integers(0, 2), step=st.integers(0, 1))
    def fail(self, environment: int, step: int) -> None:
        self.steps.at(step, fail)
        with suppress(PortFailed):
            self.held.append((environment, self.environments[environment].take(self.day, self.clock())))
        self.steps.clear()

    @rule(seconds=st.sampled_from([0.01, 0.5, 2, 60]))
    def wait(self, seconds: float) -> None:
        self.clock.move(seconds)

    @rule(days=st.sampled_from([1, -1]))
    def change_day(self, days: int) -> None:
        self.day += timedelta(days=days)

    @invariant()
    def no_code_is_held_twice(self) -> None:
        codes = [code for _, code in self.held]
        assert len(codes) == len(set(codes))

    @invariant()
    def no_number_was_made_up(self) -> None:
        for _, code in self.held:
            _, day, number = code.split("-")
            assert 1 <= int(number) <= self.counter.last[date.fromisoformat(day)]


TestAllocation = Allocation.TestCase
TestAllocation.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
