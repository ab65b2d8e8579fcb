"""An order that no channel takes is looked at again: intake may have remembered a partner without its newest route."""

from __future__ import annotations

from dataclasses import replace

from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.forward.waiting import PARKED_RECHECK_SECONDS
from orderbridge.forwarding.publishing import UNROUTED_RECHECK_SECONDS
from orderbridge.orders.order import Order
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import SIRCLO, order, partner


def unrouted_order(pipeline: Pipeline) -> Order:
    accepted = pipeline.accept(replace(order(), channels=()))
    pipeline.publish(accepted)
    pipeline.deliver_events()
    return accepted


def test_a_sweep_finds_the_route_that_intake_did_not_know_yet() -> None:
    pipeline = Pipeline()
    accepted = unrouted_order(pipeline)
    pipeline.partners.by_id[accepted.client_id] = partner(routes={"SITE-001": (SIRCLO,)})
    pipeline.clock.move(UNROUTED_RECHECK_SECONDS + 1)

    assert pipeline.sweep()["routed"] == 1

    forward = pipeline.store.forwards[accepted.key, SIRCLO.name]
    assert forward.state is ForwardState.QUEUED
    assert [message.channel for _, message in pipeline.queues.sent] == [SIRCLO]


def test_an_order_that_is_cancelled_before_a_channel_took_it_is_told_of_and_looked_after_no_more() -> None:
    pipeline = Pipeline()
    accepted = unrouted_order(pipeline)

    assert pipeline.cancel(accepted, ()) == []

    cancelled = pipeline.store.orders[accepted.key]
    assert (cancelled.has_news, cancelled.unrouted_since, cancelled.awaits_route) == (True, None, False)
    pipeline.partners.by_id[accepted.client_id] = partner(routes={"SITE-001": (SIRCLO,)})
    pipeline.clock.move(61)
    pipeline.sweep()
    told = pipeline.store.orders[accepted.key]
    assert (told.status, told.due_at, told.has_news, told.channels) == ("CANCELLED", None, False, ())
    assert not pipeline.queues.sent


def test_an_order_that_is_cancelled_before_it_was_published_is_published_and_waits_for_nothing() -> None:
    pipeline = Pipeline()
    accepted = pipeline.accept(replace(order(), channels=()))
    pipeline.cancel(accepted, ())

    pipeline.publish(accepted)

    assert pipeline.bus.of_type("OrderCreated")
    assert not pipeline.store.unrouted()
    assert pipeline.store.orders[accepted.key].has_news, "its end is still to be told"


def test_a_route_that_has_not_come_is_looked_for_again_later_and_not_at_once() -> None:
    pipeline = Pipeline()
    unrouted_order(pipeline)
    pipeline.clock.move(UNROUTED_RECHECK_SECONDS + 1)
    assert pipeline.sweep()["unrouted"] == 1
    assert not pipeline.queues.sent

    pipeline.clock.move(PARKED_RECHECK_SECONDS - 1)
    assert not pipeline.sweep()
    pipeline.clock.move(2)
    assert pipeline.sweep()["unrouted"] == 1
