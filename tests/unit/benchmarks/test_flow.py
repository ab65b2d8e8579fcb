"""Orders through the hops, minute by minute: what waits, for how long, and until when it has gone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from benchmarks.flow import DAY, STEP_SECONDS, Capacities, Outage, System, run
from benchmarks.scale import by_formula

RATE = 10
HOURS = 3600 // STEP_SECONDS
AMPLE = Capacities(
    accept=Decimal(1000),
    stream=Decimal(1000),
    forwards={"a": Decimal(15), "b": Decimal(20)},
    tell=Decimal(1000),
    sweep=Decimal(4),
    relay=Decimal(2),
    webhooks=Decimal(1000),
    oldest_record_seconds=3600,
)


def six_hours_without(hop: str) -> Outage:
    return Outage(hop, HOURS, 7 * HOURS)


def test_nothing_waits_where_every_hop_can_do_what_arrives() -> None:
    flow = run(RATE, AMPLE)

    assert flow.backlog == 0
    assert flow.turned_away == 0
    assert max(flow.lag.values()) <= STEP_SECONDS


def test_what_a_hop_cannot_do_waits_there_and_nowhere_else() -> None:
    flow = run(RATE, replace(AMPLE, forwards={"a": Decimal(9), "b": Decimal(20)}))

    assert flow.backlog == 1 * 86_400
    assert flow.longest["a"] == flow.backlog
    assert flow.longest["b"] == 0


def test_what_is_beyond_the_api_is_turned_away() -> None:
    assert run(RATE, replace(AMPLE, accept=Decimal(7))).turned_away == 3 * 86_400


def test_a_capacity_that_is_no_whole_number_of_orders_loses_none_over_time() -> None:
    flow = run(RATE, replace(AMPLE, stream=Decimal(10) / 3 * 3, forwards={"a": Decimal("9.99"), "b": Decimal(20)}))

    assert abs(flow.backlog - Decimal("0.01") * 86_400) <= 1


@pytest.mark.parametrize("hop", ["stream", "bus", "queues", "a", "sweeper alone"])
def test_no_order_is_lost_in_an_outage(hop: str) -> None:
    system = System(RATE, AMPLE, Outage(hop, 5, 90))
    for at in range(200):
        system.step(at)

    for platform in AMPLE.forwards:
        waiting = (system.published, system.left, system.queues[platform], system.sent[platform], system.told)
        assert sum(line.length for line in (*waiting, system.webhooks)) + system.delivered == 200 * 60 * RATE


@pytest.mark.parametrize(
    "capacities",
    [
        AMPLE,
        replace(AMPLE, sweep=Decimal(8)),
        replace(AMPLE, sweep=Decimal(12)),
        replace(AMPLE, sweep=Decimal(40), forwards={"a": Decimal(30), "b": Decimal(11)}),
        replace(AMPLE, accept=Decimal(6), sweep=Decimal(5)),
    ],
)
@pytest.mark.parametrize("hop", ["stream", "bus", "queues", "a", "b", "sweeper alone"])
def test_what_waited_has_gone_when_the_formula_says(hop: str, capacities: Capacities) -> None:
    computed = by_formula(hop, RATE, capacities)
    flow = run(RATE, capacities, six_hours_without(hop))

    if computed is None:
        assert flow.drained is None
    else:
        assert flow.drained is not None
        assert abs(flow.drained - computed) <= max(computed * Decimal("0.05"), 3 * STEP_SECONDS)


def test_records_too_old_for_the_stream_are_left_to_the_sweeper() -> None:
    system = System(RATE, replace(AMPLE, sweep=Decimal(0)), Outage("stream", 0, 2 * HOURS))
    for at in range(2 * HOURS + 1):
        system.step(at)

    assert system.left.length == (2 * HOURS - HOURS) * 60 * RATE


def test_an_order_is_told_once_the_last_platform_has_it() -> None:
    flow = run(RATE, AMPLE, six_hours_without("b"))

    assert flow.told_drained is not None
    assert flow.drained is not None
    assert flow.told_drained >= flow.drained - STEP_SECONDS


def test_a_backlog_that_does_not_shrink_from_day_to_day_is_never_gone() -> None:
    flow = run(RATE, replace(AMPLE, forwards={"a": Decimal(RATE), "b": Decimal(20)}), six_hours_without("a"))

    assert flow.drained is None


def test_a_day_is_as_many_steps_as_it_has_minutes() -> None:
    assert DAY * STEP_SECONDS == 86_400
