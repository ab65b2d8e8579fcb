"""A channel that was down and is back: what is asked of it meanwhile, and how soon its orders go (the breaker)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from orderbridge.channels.breaker import FAILURES_TO_OPEN
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.releasing import BATCH
from orderbridge.orders.order import Order
from tests.fakes.house import House
from tests.fakes.samples import SIRCLO, order
from tests.fakes.steps import Died, die
from tests.unit.forwarding.sending_cases import always, in_turn

S = ForwardState


def orders(count: int) -> list[Order]:
    return [order(f"SO-20250101-{number:05}") for number in range(1, count + 1)]


def swept_house() -> House:
    """A house whose sweeper comes once a minute, as in the template."""
    house = House()
    house.sweep_every = 60
    return house


def down(house: House) -> None:
    house.platform.answer, house.platform.probe_answer = always("not sent"), always("connection refused")


def up(house: House) -> None:
    house.platform.answer, house.platform.probe_answer = always("accepted"), always(None)


def settings(house: House, **changes: Any) -> None:
    channel = house.channel()
    house.channels.by_name[SIRCLO.name] = replace(channel, settings={**channel.settings, **changes})


def house_that_was_down(count: int, minutes: float, **changes: Any) -> tuple[House, list[Order]]:
    house, waiting = swept_house(), orders(count)
    settings(house, **changes)
    down(house)
    for each in waiting:
        house.queue(each)
    house.pass_time(minutes * 60, step=1)
    return house, waiting


def sent_at(house: House, accepted: Order) -> datetime:
    return next(at for code, at in house.platform.held if code == accepted.code)


@pytest.mark.parametrize("minutes", [3, 20, 180])
def test_the_first_order_goes_within_a_minute_of_the_platforms_return_and_all_soon_after(minutes: float) -> None:
    house, waiting = house_that_was_down(30, minutes)
    assert {house.state_of(each) for each in waiting} <= {S.PAUSED, S.QUEUED}
    up(house)
    back = house.clock()

    house.pass_time(120, step=1)

    assert {house.state_of(each) for each in waiting} == {S.SENT}
    first = min(sent_at(house, each) for each in waiting)
    assert first - back <= timedelta(seconds=60)
    assert max(sent_at(house, each) for each in waiting) - first < timedelta(seconds=30)


def test_while_it_is_down_one_worker_reads_once_a_minute_and_nothing_is_sent() -> None:
    house, waiting = house_that_was_down(30, 10)
    calls, probes, writes = len(house.platform.calls), house.platform.probes, len(house.store.writes)
    assert calls <= 2 * FAILURES_TO_OPEN

    house.pass_time(3600, step=1)

    assert len(house.platform.calls) == calls
    assert 55 <= house.platform.probes - probes <= 62
    rechecks = 30 * 3600 / 600
    assert len(house.store.writes) - writes <= 3 * rechecks, "each forward is looked after at its slow recheck alone"
    assert len(house.queues.sent) <= len(waiting) + 5, "and messages do not pile up"


def test_how_often_it_is_probed_is_a_setting_of_the_channel() -> None:
    house, _ = house_that_was_down(12, 3, probe_s=20)
    probes = house.platform.probes
    house.pass_time(600, step=1)
    assert 28 <= house.platform.probes - probes <= 31


def test_calls_that_fail_while_it_is_open_make_nobody_wait_longer() -> None:
    """Eight orders under way when the channel fails keep it closed no longer than one does."""
    house, waiting = swept_house(), orders(8)
    down(house)
    for each in waiting:
        house.queue(each)
    for _ in range(20):
        house.pass_time(1, step=1)
    up(house)
    back = house.clock()
    house.pass_time(120, step=1)

    assert {house.state_of(each) for each in waiting} == {S.SENT}
    assert max(sent_at(house, each) for each in waiting) - back <= timedelta(seconds=62)


def test_it_is_never_probed_before_the_rest_that_the_platform_asked_for() -> None:
    house = swept_house()
    house.platform.answer = in_turn("refused for an hour", "accepted")
    for each in orders(5):
        house.queue(each)
    house.pass_time(3590, step=10)
    assert (len(house.platform.calls), house.platform.probes) == (1, 0)

    house.pass_time(130, step=1)
    assert {house.state_of(each) for each in orders(5)} == {S.SENT}


@pytest.mark.parametrize("rate_limit", [None, 2])
def test_many_are_let_go_oldest_first_in_batches_at_the_channels_rate(rate_limit: int | None) -> None:
    count = 3 * BATCH
    house, waiting = house_that_was_down(count, 12, rate_limit=rate_limit)
    up(house)
    begun = house.clock()
    house.pass_time(60 + (0 if rate_limit is None else count / rate_limit) + 60, step=1)

    assert {house.state_of(each) for each in waiting} == {S.SENT}
    arrived = [code for code, at in house.platform.held]
    paused = [each.code for each in waiting[2 * FAILURES_TO_OPEN :]]
    assert [code for code in arrived if code in paused] == paused, "the longest waiting first"
    if rate_limit is not None:
        seconds = [int((at - begun).total_seconds()) for _, at in house.platform.held]
        assert max(seconds.count(second) for second in set(seconds)) <= 3 * rate_limit


@pytest.mark.parametrize("step", range(0, 60, 3))
def test_a_release_that_dies_is_carried_on_by_the_sweeper(step: int) -> None:
    house, waiting = house_that_was_down(BATCH + 10, 12)
    up(house)
    while house.channel().breaker.open_until is not None:
        house.pass_time(1, step=1)
    house.steps.at(step, die)
    try:
        house.pass_time(1, step=1)
    except Died:
        house.queues.sent.clear()
    house.steps.clear()

    house.pass_time(300, step=5)

    assert {house.state_of(each) for each in waiting} == {S.SENT}
    assert set(house.platform.times_held().values()) == {1}


def test_a_probe_whose_message_is_lost_is_made_within_three_minutes_all_the_same() -> None:
    house, waiting = house_that_was_down(12, 3)
    house.queues.sent.clear()
    up(house)
    house.pass_time(180, step=1)
    assert {house.state_of(each) for each in waiting} == {S.SENT}


def test_a_platform_that_reads_well_and_takes_no_orders_is_given_few_of_them() -> None:
    house, waiting = swept_house(), orders(40)
    house.platform.answer = always("refused")
    for each in waiting:
        house.queue(each)
    house.pass_time(120, step=1)
    calls = len(house.platform.calls)
    house.pass_time(600, step=1)
    assert len(house.platform.calls) - calls <= 10 * FAILURES_TO_OPEN, "some after each probe, and not all of them"

    up(house)
    house.pass_time(180, step=1)
    assert {house.state_of(each) for each in waiting} == {S.SENT}


def test_orders_without_an_answer_are_looked_for_once_the_channel_is_back() -> None:
    house, waiting = swept_house(), orders(FAILURES_TO_OPEN + 2)
    house.platform.answer, house.platform.probe_answer = always("lost after"), always("timeout")
    house.platform.look_fails = lambda: True
    for each in waiting:
        house.queue(each)
    house.pass_time(1800, step=1)
    looks = house.platform.looks
    house.pass_time(600, step=1)
    assert house.platform.looks == looks, "nobody is looked for while the breaker is open"

    up(house)
    house.platform.look_fails = lambda: False
    house.pass_time(68, step=1)  # a probe within a minute, and their looks right behind it
    assert {house.state_of(each) for each in waiting} == {S.SENT}
    assert set(house.platform.times_held().values()) == {1}


def test_a_paused_channel_is_woken_by_nobody() -> None:
    house = swept_house()
    house.channels.pause(SIRCLO, "maintenance", "")
    house.queue(orders(1)[0])
    house.pass_time(7200, step=10)
    assert (house.platform.calls, house.platform.probes) == ([], 0)
