"""A channel that was down and is back: what is asked of it meanwhile, and how soon its orders go (the breaker)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from orderbridge.channels.breaker import FAILURES_TO_OPEN
from orderbridge.forwarding.channel_gate import Access, Blocked
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.releasing import BATCH
from orderbridge.orders.order import Order
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import SIRCLO, order
from tests.fakes.steps import Died, die
from tests.unit.forwarding.sending_cases import always, in_turn

S = ForwardState


def orders(count: int) -> list[Order]:
    return [order(f"SO-20250101-{number:05}") for number in range(1, count + 1)]


def swept_house() -> Pipeline:
    """A house whose sweeper comes once a minute, as in the template."""
    pipeline = Pipeline()
    pipeline.sweep_every = 60
    return pipeline


def down(pipeline: Pipeline) -> None:
    pipeline.platform.answer, pipeline.platform.probe_answer = always("not sent"), always("connection refused")


def up(pipeline: Pipeline) -> None:
    pipeline.platform.answer, pipeline.platform.probe_answer = always("accepted"), always(None)


def settings(pipeline: Pipeline, **changes: Any) -> None:
    channel = pipeline.channel()
    pipeline.channels.by_name[SIRCLO.name] = replace(channel, settings={**channel.settings, **changes})


def house_that_was_down(count: int, minutes: float, **changes: Any) -> tuple[Pipeline, list[Order]]:
    pipeline, waiting = swept_house(), orders(count)
    settings(pipeline, **changes)
    down(pipeline)
    for each in waiting:
        pipeline.queue(each)
    pipeline.pass_time(minutes * 60, step=1)
    return pipeline, waiting


def sent_at(pipeline: Pipeline, accepted: Order) -> datetime:
    return next(at for code, at in pipeline.platform.held if code == accepted.code)


@pytest.mark.parametrize("minutes", [3, 20, 180])
def test_the_first_order_goes_within_a_minute_of_the_platforms_return_and_all_soon_after(minutes: float) -> None:
    pipeline, waiting = house_that_was_down(30, minutes)
    assert {pipeline.state_of(each) for each in waiting} <= {S.PAUSED, S.QUEUED}
    up(pipeline)
    back = pipeline.clock()

    pipeline.pass_time(120, step=1)

    assert {pipeline.state_of(each) for each in waiting} == {S.SENT}
    first = min(sent_at(pipeline, each) for each in waiting)
    assert first - back <= timedelta(seconds=60)
    assert max(sent_at(pipeline, each) for each in waiting) - first < timedelta(seconds=30)


def test_while_it_is_down_one_worker_reads_once_a_minute_and_nothing_is_sent() -> None:
    pipeline, waiting = house_that_was_down(30, 10)
    calls, probes, writes = len(pipeline.platform.calls), pipeline.platform.probes, len(pipeline.store.writes)
    assert calls <= 2 * FAILURES_TO_OPEN

    pipeline.pass_time(3600, step=1)

    assert len(pipeline.platform.calls) == calls
    assert 55 <= pipeline.platform.probes - probes <= 62
    rechecks = 30 * 3600 / 600
    assert len(pipeline.store.writes) - writes <= 3 * rechecks, "each forward is looked after at its slow recheck alone"
    assert len(pipeline.queues.sent) <= len(waiting) + 5, "and messages do not pile up"


def test_while_one_worker_probes_the_others_are_held_off() -> None:
    pipeline, _ = house_that_was_down(FAILURES_TO_OPEN, 3)
    pipeline.clock.move(61)
    probes = pipeline.platform.probes
    others: list[Any] = []

    def another_asks_meanwhile() -> None:
        pipeline.platform.probe_answer = always(None)
        others.append(pipeline.watch.access_to(SIRCLO))

    pipeline.platform.probe_answer = another_asks_meanwhile
    access = pipeline.watch.access_to(SIRCLO)

    assert isinstance(access, Access)
    assert access.has_recovered
    assert [type(other) for other in others] == [Blocked]
    assert pipeline.platform.probes == probes + 1


def test_how_often_it_is_probed_is_a_setting_of_the_channel() -> None:
    pipeline, _ = house_that_was_down(12, 3, probe_s=20)
    probes = pipeline.platform.probes
    pipeline.pass_time(600, step=1)
    assert 28 <= pipeline.platform.probes - probes <= 31


def test_calls_that_fail_while_it_is_open_make_nobody_wait_longer() -> None:
    """Eight orders under way when the channel fails keep it closed no longer than one does."""
    pipeline, waiting = swept_house(), orders(8)
    down(pipeline)
    for each in waiting:
        pipeline.queue(each)
    for _ in range(20):
        pipeline.pass_time(1, step=1)
    up(pipeline)
    back = pipeline.clock()
    pipeline.pass_time(120, step=1)

    assert {pipeline.state_of(each) for each in waiting} == {S.SENT}
    assert max(sent_at(pipeline, each) for each in waiting) - back <= timedelta(seconds=62)


def test_it_is_never_probed_before_the_rest_that_the_platform_asked_for() -> None:
    pipeline = swept_house()
    pipeline.platform.answer = in_turn("refused for an hour", "accepted")
    for each in orders(5):
        pipeline.queue(each)
    pipeline.pass_time(3590, step=10)
    assert (len(pipeline.platform.calls), pipeline.platform.probes) == (1, 0)

    pipeline.pass_time(130, step=1)
    assert {pipeline.state_of(each) for each in orders(5)} == {S.SENT}


@pytest.mark.parametrize("rate_limit", [None, 2])
def test_many_are_let_go_oldest_first_in_batches_at_the_channels_rate(rate_limit: int | None) -> None:
    count = 3 * BATCH
    pipeline, waiting = house_that_was_down(count, 12, rate_limit=rate_limit)
    up(pipeline)
    begun = pipeline.clock()
    pipeline.pass_time(60 + (0 if rate_limit is None else count / rate_limit) + 60, step=1)

    assert {pipeline.state_of(each) for each in waiting} == {S.SENT}
    arrived = [code for code, at in pipeline.platform.held]
    paused = [each.code for each in waiting[2 * FAILURES_TO_OPEN :]]
    assert [code for code in arrived if code in paused] == paused, "the longest waiting first"
    if rate_limit is not None:
        seconds = [int((at - begun).total_seconds()) for _, at in pipeline.platform.held]
        assert max(seconds.count(second) for second in set(seconds)) <= 3 * rate_limit


@pytest.mark.parametrize("step", range(0, 60, 3))
def test_a_release_that_dies_is_carried_on_by_the_sweeper(step: int) -> None:
    pipeline, waiting = house_that_was_down(BATCH + 10, 12)
    up(pipeline)
    while pipeline.channel().breaker.open_until is not None:
        pipeline.pass_time(1, step=1)
    pipeline.steps.at(step, die)
    try:
        pipeline.pass_time(1, step=1)
    except Died:
        pipeline.queues.sent.clear()
    pipeline.steps.clear()

    pipeline.pass_time(300, step=5)

    assert {pipeline.state_of(each) for each in waiting} == {S.SENT}
    assert set(pipeline.platform.times_held().values()) == {1}


def test_a_probe_whose_message_is_lost_is_made_within_three_minutes_all_the_same() -> None:
    pipeline, waiting = house_that_was_down(12, 3)
    pipeline.queues.sent.clear()
    up(pipeline)
    pipeline.pass_time(180, step=1)
    assert {pipeline.state_of(each) for each in waiting} == {S.SENT}


def test_a_platform_that_reads_well_and_takes_no_orders_is_given_few_of_them() -> None:
    pipeline, waiting = swept_house(), orders(40)
    pipeline.platform.answer = always("refused")
    for each in waiting:
        pipeline.queue(each)
    pipeline.pass_time(120, step=1)
    calls = len(pipeline.platform.calls)
    pipeline.pass_time(600, step=1)
    assert len(pipeline.platform.calls) - calls <= 10 * FAILURES_TO_OPEN, "some after each probe, and not all of them"

    up(pipeline)
    pipeline.pass_time(180, step=1)
    assert {pipeline.state_of(each) for each in waiting} == {S.SENT}


def test_orders_without_an_answer_are_looked_for_once_the_channel_is_back() -> None:
    pipeline, waiting = swept_house(), orders(FAILURES_TO_OPEN + 2)
    pipeline.platform.answer, pipeline.platform.probe_answer = always("lost after"), always("timeout")
    pipeline.platform.look_fails = lambda: True
    for each in waiting:
        pipeline.queue(each)
    pipeline.pass_time(1800, step=1)
    looks = pipeline.platform.looks
    pipeline.pass_time(600, step=1)
    assert pipeline.platform.looks == looks, "nobody is looked for while the breaker is open"

    up(pipeline)
    pipeline.platform.look_fails = lambda: False
    pipeline.pass_time(68, step=1)  # a probe within a minute, and their looks right behind it
    assert {pipeline.state_of(each) for each in waiting} == {S.SENT}
    assert set(pipeline.platform.times_held().values()) == {1}


def test_a_paused_channel_is_woken_by_nobody() -> None:
    pipeline = swept_house()
    pipeline.channels.pause(SIRCLO, "maintenance", "")
    pipeline.queue(orders(1)[0])
    pipeline.pass_time(7200, step=10)
    assert (pipeline.platform.calls, pipeline.platform.probes) == ([], 0)
