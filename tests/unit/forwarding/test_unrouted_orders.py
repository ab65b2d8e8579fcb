"""An order that no channel takes is looked at again: intake may have remembered a partner without its newest route."""

from __future__ import annotations

from dataclasses import replace

from orderbridge.forwarding.forward.cancelling import cancel_unsent
from orderbridge.forwarding.forward.states import UNROUTED, UNROUTED_RECHECK_SECONDS, ForwardState
from orderbridge.forwarding.forward.waiting import PARKED_RECHECK_SECONDS
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


def test_a_route_that_comes_cancels_nothing_on_the_bus_and_a_cancelled_order_without_a_channel_does() -> None:
    pipeline = Pipeline()
    routed = unrouted_order(pipeline)
    pipeline.partners.by_id[routed.client_id] = partner(routes={"SITE-001": (SIRCLO,)})
    pipeline.clock.move(UNROUTED_RECHECK_SECONDS + 1)
    pipeline.sweep()
    closed = pipeline.store.forwards[routed.key, UNROUTED.name]
    assert closed.state is ForwardState.CANCELLED

    pipeline.publish_change(closed)

    assert not pipeline.bus.of_type("ForwardCancelled")
    waiting = unrouted_order(other := Pipeline())
    other.publish_change(cancel_unsent(other.store.forwards[waiting.key, UNROUTED.name], other.clock()).forward)
    assert other.bus.of_type("ForwardCancelled")


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
