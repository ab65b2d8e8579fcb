"""docs/scale.md is what `python -m benchmarks.scale` computes, and what it computes holds together."""

from __future__ import annotations

from decimal import Decimal

import pytest

from benchmarks import scale
from benchmarks.hops import Durations, Limits, Settings
from benchmarks.keys import SharedKey
from benchmarks.scale import RATES, Ceiling, capacities, ceilings, costs, figures, turned, written

FLOORS = {
    "breaks first, orders/s": Decimal(100),
    "ceiling, sweeper alone, orders/s": Decimal(80),  # of one sweep that sends and tells, half each
    "ceiling, sweeper alone, telling, orders/s": Decimal(80),
}


def value(name: str) -> str:
    return next(value for each, value in figures() if each == name)


def by_hop() -> dict[str, Ceiling]:
    return {each.hop: each for each in ceilings(Settings.deployed(), costs(Durations()), Limits())}


def test_the_page_has_the_tables_that_the_program_computes() -> None:
    page = scale.PAGE.read_text(encoding="utf-8")

    assert written(page) == page, "python -m benchmarks.scale --write"


@pytest.mark.parametrize("name", FLOORS)
def test_orders_a_second_are_at_least(name: str) -> None:
    assert Decimal(value(name)) >= FLOORS[name]


@pytest.mark.parametrize("until", ["sent", "told"])
@pytest.mark.parametrize("by", ["r * T / (c - r)", "in the simulation"])
def test_six_hours_of_fifty_a_second_have_gone_in_twelve_by_the_sweeper_alone(until: str, by: str) -> None:
    hours, unit = value(f"backlog, {until}, {by}").split()

    assert unit in ("h", "min")
    assert Decimal(hours) / (1 if unit == "h" else 60) <= 12


def test_the_formula_of_a_backlog_is_that_of_the_outages() -> None:
    cost, limits = costs(Durations()), Limits()
    can = capacities(scale.BACKLOG_RATE, Settings.deployed(), cost, limits)
    by_outages = scale.by_formula(scale.flow.ALL_BUT_SWEEPER, scale.BACKLOG_RATE, can)

    assert by_outages is not None
    assert value("backlog, sent, r * T / (c - r)") == scale._hours(int(by_outages))


def test_no_hop_is_full_below_a_hundred_orders_a_second_as_deployed() -> None:
    assert [each.hop for each in by_hop().values() if each.orders < 100] == []


def test_every_figure_is_a_line_of_its_own_with_a_name_of_its_own() -> None:
    names = [each for each, _ in figures()]

    assert len(set(names)) == len(names)
    assert not any(": " in each or "\n" in value for each, value in figures())


def test_more_workers_raise_the_ceiling_of_their_hop_in_proportion() -> None:
    deployed, cost = Settings.deployed(), costs(Durations())
    twice = scale.replace(deployed, workers=deployed.workers * 2, webhook_workers=deployed.webhook_workers * 2)
    before, after = by_hop(), {each.hop: each for each in ceilings(twice, cost, Limits())}

    for hop in ("forwarder of ngorder", "webhook sender"):
        assert round(after[hop].orders, 9) == round(before[hop].orders * 2, 9)


def test_what_is_turned_for_a_rate_carries_it_wherever_no_key_is_at_its_limit() -> None:
    cost, limits = costs(Durations()), Limits()
    for rate in RATES:
        can = capacities(rate, turned(rate, cost, limits, Settings.deployed()), cost, limits)
        assert can.stream >= rate
        assert can.accept >= rate
        for each in can.forwards.values():
            assert each >= min(Decimal(rate), scale.by_keys("forwarding", cost, limits))


def test_a_hop_that_is_down_beside_the_stream_is_no_first_ceiling() -> None:
    assert not by_hop()[value("breaks first")].is_fallback


@pytest.mark.parametrize("key", scale.KEYS, ids=lambda key: key.name)
def test_a_life_writes_under_every_shared_key(key: SharedKey) -> None:
    assert key.units(costs(Durations()).told) > 0


def test_every_index_that_a_life_writes_to_is_looked_at_unless_each_order_has_its_own_key_there() -> None:
    written_to = {place for place, units in costs(Durations()).told.write_units.items() if units}

    assert written_to - {key.place for key in scale.KEYS} == {"by_code"}
