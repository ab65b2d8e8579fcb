"""Finding what was left behind, with neither stream nor bus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.forwarding.events import ForwardMessage
from orderbridge.forwarding.forward.attempts import begin_attempt
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition
from orderbridge.forwarding.sweeping import SWEEP_SECONDS
from orderbridge.partners.partner import Partner
from orderbridge.values.ids import ForwardKey, OrderKey
from orderbridge.values.sweeps import Part, SweepIncomplete
from orderbridge.values.times import from_iso
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import CLIENT_ID, NGORDER, SIRCLO, order
from tests.fakes.steps import Died, PortFailed, die, fail

S = ForwardState


def due_in(pipeline: Pipeline, due_at: str | None) -> float:
    assert due_at is not None
    return (from_iso(due_at) - pipeline.clock()).total_seconds()


def orders(count: int) -> list[Any]:
    return [order(f"SO-20250101-{number:05}") for number in range(1, count + 1)]


# --- orders -----------------------------------------------------------------------------------------------------------


def test_an_order_that_was_never_published_is_on_its_way_without_stream_and_bus() -> None:
    pipeline = Pipeline()
    pipeline.accept(order(channels=(SIRCLO, NGORDER)))
    pipeline.bus.is_down = True
    pipeline.clock.move(61)

    with pytest.raises(SweepIncomplete):
        pipeline.sweep()

    assert {message.channel for message in pipeline.queues.visible()} == {SIRCLO, NGORDER}
    (stored,) = pipeline.store.orders.values()
    assert stored.due_at is not None, "its events are still to be published"

    pipeline.bus.is_down = False
    pipeline.clock.move(121)
    pipeline.sweep()
    (stored,) = pipeline.store.orders.values()
    assert stored.due_at is None
    assert len(pipeline.bus.of_type("OrderCreated")) == 1


def test_what_is_not_due_yet_is_left_to_the_stream() -> None:
    pipeline = Pipeline()
    pipeline.accept(order())
    pipeline.clock.move(59)

    assert pipeline.sweep() == Counter()
    assert pipeline.store.forwards == {}


def test_twenty_orders_without_a_stream_all_arrive_once() -> None:
    pipeline = Pipeline()
    for each in orders(20):
        pipeline.accept(each)
    pipeline.pass_time(300)

    assert [pipeline.state_of(each) for each in orders(20)] == [S.SENT] * 20
    assert set(pipeline.platform.times_held().values()) == {1}


def test_a_forward_that_the_publisher_made_is_not_queued_a_second_time_at_once() -> None:
    pipeline = Pipeline()
    pipeline.queue(order())
    pipeline.store.orders[order().key] = replace(pipeline.store.orders[order().key], due_at=order().due_at)
    queued = len(pipeline.queues.sent)
    pipeline.clock.move(59.9)
    pipeline.store.forwards[order().key, SIRCLO.name] = replace(pipeline.forward_of(order()), due_at="2026")
    pipeline.clock.move(1)

    assert pipeline.sweep() == Counter(order=1)
    assert len(pipeline.queues.sent) == queued


# --- forwards ---------------------------------------------------------------------------------------------------------


def test_a_forward_whose_message_was_lost_gets_another_and_is_claimed_for_a_while() -> None:
    pipeline = Pipeline()
    pipeline.queue(order())
    pipeline.queues.sent.clear()
    pipeline.clock.move(61)

    assert pipeline.sweep() == Counter(forward=1)
    assert pipeline.sweep() == Counter(), "claimed"
    assert pipeline.queues.visible() == [pipeline.message_of(order())]
    assert due_in(pipeline, pipeline.forward_of(order()).due_at) == 120


def test_a_claim_leaves_no_line_on_the_timeline() -> None:
    pipeline = Pipeline()
    pipeline.queue(order())
    before = pipeline.events_of(order())
    pipeline.clock.move(61)
    pipeline.sweep()

    assert pipeline.events_of(order()) == before


def test_behind_a_slow_platform_the_queue_does_not_grow_with_every_sweep() -> None:
    """Three hours in which nothing is handled: a message every two minutes would be ninety for each forward."""
    pipeline = Pipeline()
    pipeline.queue(order())
    pipeline.queues.sent.clear()
    for _ in range(180):
        pipeline.clock.move(60)
        pipeline.sweep()

    assert len(pipeline.queues.sent) <= 18
    gaps = due_in(pipeline, pipeline.forward_of(order()).due_at)
    assert gaps <= 900, "and a lost message is made up for within a quarter of an hour"


@pytest.mark.parametrize("state", [S.SENT, S.REJECTED, S.CANCELLED, S.IN_DOUBT])
def test_what_is_settled_is_not_due(state: ForwardState) -> None:
    pipeline = Pipeline()
    pipeline.queue(order())
    pipeline.store.forwards[order().key, SIRCLO.name] = replace(pipeline.forward_of(order()), state=state, due_at=None)
    pipeline.queues.sent.clear()
    pipeline.clock.move(10_000)

    assert pipeline.sweep() == Counter()
    assert pipeline.queues.sent == []


# --- the index is late ------------------------------------------------------------------------------------------------


def test_what_the_index_still_shows_and_is_not_due_any_more_is_left_alone() -> None:
    pipeline = Pipeline()
    message = pipeline.queue(order())
    pipeline.forward_order(message)
    pipeline.queues.sent.clear()
    pipeline.store.stale_due = [
        order().key,
        ForwardKey(order().key, SIRCLO),
        OrderKey.of(CLIENT_ID, "po:never"),
        ForwardKey(OrderKey.of(CLIENT_ID, "po:never"), SIRCLO),
    ]
    before = (dict(pipeline.store.orders), dict(pipeline.store.forwards))

    assert pipeline.sweep() == Counter(gone=4)
    assert (pipeline.store.orders, pipeline.store.forwards) == before
    assert pipeline.queues.sent == []


def test_what_the_index_shows_too_early_is_left_alone() -> None:
    pipeline = Pipeline()
    pipeline.queue(order())
    pipeline.store.stale_due = [ForwardKey(order().key, SIRCLO)]
    pipeline.queues.sent.clear()

    assert pipeline.sweep() == Counter(gone=1)
    assert pipeline.queues.sent == []


# --- others are at work -----------------------------------------------------------------------------------------------


def test_of_two_sweeps_at_once_one_wins_each_item() -> None:
    pipeline = Pipeline()
    pipeline.accept(order("SO-20250101-00001"))
    pipeline.queue(order("SO-20250101-00002"))
    pipeline.queues.sent.clear()
    pipeline.clock.move(61)
    found: list[Counter[str]] = []
    for step in (4, 12):
        pipeline.steps.at(step, lambda: found.append(pipeline.sweep()))
        found.append(pipeline.sweep())
        pipeline.steps.clear()

    total = sum(found, Counter())
    assert (total["order"], total["forward"]) == (1, 1)
    assert len(pipeline.queues.sent) == 2


@pytest.mark.parametrize("step", range(6))
def test_a_worker_that_handles_the_forward_during_the_sweep_is_not_disturbed(step: int) -> None:
    pipeline = Pipeline()
    message = pipeline.queue(order())
    pipeline.clock.move(61)
    pipeline.steps.at(step, lambda: pipeline.forward_order(message))

    pipeline.sweep()
    pipeline.steps.clear()
    pipeline.run_queue()

    assert pipeline.state_of(order()) is S.SENT
    assert len(pipeline.platform.calls) == 1


# --- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", range(2, 14))
def test_one_item_that_fails_holds_up_no_other_and_is_found_again(step: int) -> None:
    pipeline = Pipeline()
    for each in orders(3):
        pipeline.queue(each)
    pipeline.queues.sent.clear()
    pipeline.clock.move(61)
    pipeline.steps.at(step, fail)

    with pytest.raises(SweepIncomplete, match="1 items"):
        pipeline.sweep()

    assert len(pipeline.queues.sent) >= 2
    pipeline.pass_time(300)
    assert [pipeline.state_of(each) for each in orders(3)] == [S.SENT] * 3


@pytest.mark.parametrize("step", range(20))
def test_a_sweeper_that_dies_leaves_nothing_behind_that_the_next_does_not_find(step: int) -> None:
    pipeline = Pipeline()
    pipeline.accept(order("SO-20250101-00001", channels=(SIRCLO,)))
    pipeline.queue(order("SO-20250101-00002"))
    pipeline.queues.sent.clear()
    pipeline.clock.move(61)
    pipeline.steps.at(step, die)
    with pytest.raises(Died):
        pipeline.sweep()
    pipeline.steps.clear()

    pipeline.pass_time(600)

    assert [pipeline.state_of(each) for each in orders(2)] == [S.SENT] * 2
    assert set(pipeline.platform.times_held().values()) == {1}


def test_a_sweep_ends_in_time_and_the_next_goes_on() -> None:
    pipeline = Pipeline()
    for each in orders(5):
        pipeline.queue(each)
    pipeline.queues.sent.clear()
    pipeline.clock.move(61)
    read = pipeline.store.read_forward

    def slow(key: ForwardKey) -> Any:
        pipeline.clock.move(SWEEP_SECONDS / 2)
        return read(key)

    pipeline.store.read_forward = slow  # type: ignore[method-assign]

    assert pipeline.sweep() == Counter(forward=2)
    assert pipeline.sweep() == Counter(forward=2)
    assert pipeline.sweep() == Counter(forward=1)


def test_what_a_queue_does_not_take_is_said_and_the_order_stays_due_unannounced() -> None:
    pipeline = Pipeline()
    for each in orders(3):
        pipeline.accept(each)
    send, refused = pipeline.queues.send_together, orders(3)[1]

    def all_but_one(messages: Sequence[ForwardMessage]) -> Sequence[Exception | None]:
        taken = [message for message in messages if message.code != refused.code]
        answers = iter(send(taken))
        return [next(answers) if message in taken else PortFailed() for message in messages]

    pipeline.queues.send_together = all_but_one  # type: ignore[method-assign]
    pipeline.clock.move(61)
    with pytest.raises(SweepIncomplete, match=r"1 items; {'order': 2}"):
        pipeline.sweep()

    assert [event.detail["code"] for event in pipeline.bus.of_type("OrderCreated")] == [
        each.code for each in orders(3) if each != refused
    ]
    assert pipeline.store.orders[refused.key].due_at is not None
    assert {message.code for message in pipeline.queues.visible()} == {
        each.code for each in orders(3) if each != refused
    }


def test_an_orders_forwards_are_created_once_by_a_sweep() -> None:
    pipeline = Pipeline()
    pipeline.accept(order(channels=(SIRCLO, NGORDER)))
    created: list[str] = []
    create = pipeline.store.create_forward

    def noted(transition: Transition) -> bool:
        created.append(transition.forward.channel.name)
        return create(transition)

    pipeline.store.create_forward = noted  # type: ignore[method-assign]
    pipeline.clock.move(61)

    assert pipeline.sweep() == Counter(order=1)
    assert created == [SIRCLO.name, NGORDER.name]
    assert len(pipeline.bus.of_type("ForwardQueued")) == 2


def test_channels_that_take_orders_again_are_looked_after_with_the_first_part_alone() -> None:
    pipeline = Pipeline()
    pipeline.queue(order())
    paused = replace(pipeline.forward_of(order()), state=S.PAUSED)
    pipeline.store.forwards[order().key, SIRCLO.name] = paused

    assert [pipeline.release_recovered(Part(number, 3)).total() for number in range(3)] == [1, 0, 0]


# --- news, and what is under way --------------------------------------------------------------------------------------


def sent_and_untold(pipeline: Pipeline) -> Forward:
    """A forward that is SENT, of which the stream has brought nothing."""
    return pipeline.forward_order(pipeline.queue(order()))


def test_news_that_the_stream_lost_are_relayed_once() -> None:
    pipeline = Pipeline()
    sent_and_untold(pipeline)
    pipeline.clock.move(61)

    assert pipeline.sweep() == Counter(relayed=1)
    assert len(pipeline.bus.of_type("OrderForwarded")) == 1
    pipeline.clock.move(10_000)
    assert pipeline.sweep() == Counter()


def test_what_waits_is_told_of_first_and_looked_after_though_it_could_not_be_told_of() -> None:
    pipeline = Pipeline()
    forward = sent_and_untold(pipeline)
    waiting = replace(forward, state=S.NEEDS_MAPPING, due_at=forward.news_due_at)
    pipeline.store.forwards[forward.key, SIRCLO.name] = waiting
    pipeline.queues.sent.clear()
    pipeline.bus.is_down = True
    pipeline.clock.move(61)

    with pytest.raises(SweepIncomplete):
        pipeline.sweep()

    assert len(pipeline.queues.sent) == 1
    assert pipeline.forward_of(order()).news_due_at is not None, "the bus has not taken it"


def test_an_attempt_that_is_under_way_is_left_alone_until_its_lease_is_over() -> None:
    pipeline = Pipeline()
    pipeline.queue(order())
    sending = pipeline.store.save(begin_attempt(pipeline.forward_of(order()), "a", "hash", pipeline.clock(), 70))
    pipeline.queues.sent.clear()
    pipeline.clock.move(61)

    assert pipeline.sweep() == Counter(early=1)
    assert pipeline.queues.sent == []
    claimed = pipeline.forward_of(order())
    assert claimed == replace(sending, due_at=claimed.due_at), "its worker may still write it"
    assert due_in(pipeline, claimed.due_at) > due_in(pipeline, claimed.lease_until) > 0

    pipeline.clock.move(due_in(pipeline, claimed.due_at))
    assert pipeline.sweep() == Counter(forward=1)


# --- orders without a channel -----------------------------------------------------------------------------------------


def test_an_order_that_no_channel_took_finds_its_route_by_the_sweep() -> None:
    pipeline = Pipeline()
    nowhere = order(channels=())
    pipeline.publish(pipeline.accept(nowhere))
    pipeline.clock.move(121)
    assert pipeline.sweep() == Counter(unrouted=1)

    known: Partner = pipeline.partners.by_id[CLIENT_ID]
    pipeline.partners.by_id[CLIENT_ID] = replace(known, routes={"SITE-001": (SIRCLO,)})
    pipeline.clock.move(601)
    assert pipeline.sweep() == Counter(routed=1)

    pipeline.run_queue()
    assert pipeline.store.forwards[nowhere.key, SIRCLO.name].state is S.SENT
    pipeline.clock.move(601)
    assert pipeline.sweep() == Counter(relayed=1), "it is routed once"
