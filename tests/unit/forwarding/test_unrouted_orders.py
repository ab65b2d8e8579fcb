"""An order that no channel takes is looked at again: intake may have remembered a partner without its newest route."""

from __future__ import annotations

from dataclasses import replace

from orderbridge.forwarding.forward.cancelling import cancel_unsent
from orderbridge.forwarding.forward.states import UNROUTED, UNROUTED_RECHECK_SECONDS, ForwardState
from orderbridge.forwarding.forward.waiting import PARKED_RECHECK_SECONDS
from orderbridge.orders.order import Order
from tests.fakes.house import House
from tests.fakes.samples import SIRCLO, order, partner


def unrouted_order(house: House) -> Order:
    accepted = house.accept(replace(order(), channels=()))
    house.publish(accepted)
    house.deliver_events()
    return accepted


def test_a_sweep_finds_the_route_that_intake_did_not_know_yet() -> None:
    house = House()
    accepted = unrouted_order(house)
    house.partners.by_id[accepted.client_id] = partner(routes={"SITE-001": (SIRCLO,)})
    house.clock.move(UNROUTED_RECHECK_SECONDS + 1)

    assert house.sweep()["routed"] == 1

    forward = house.store.forwards[accepted.key, SIRCLO.name]
    assert forward.state is ForwardState.QUEUED
    assert [message.channel for _, message in house.queues.sent] == [SIRCLO]


def test_a_route_that_comes_cancels_nothing_on_the_bus_and_a_cancelled_order_without_a_channel_does() -> None:
    house = House()
    routed = unrouted_order(house)
    house.partners.by_id[routed.client_id] = partner(routes={"SITE-001": (SIRCLO,)})
    house.clock.move(UNROUTED_RECHECK_SECONDS + 1)
    house.sweep()
    closed = house.store.forwards[routed.key, UNROUTED.name]
    assert closed.state is ForwardState.CANCELLED

    house.publish_change(closed)

    assert not house.bus.of_type("ForwardCancelled")
    waiting = unrouted_order(other := House())
    other.publish_change(cancel_unsent(other.store.forwards[waiting.key, UNROUTED.name], other.clock()).forward)
    assert other.bus.of_type("ForwardCancelled")


def test_a_route_that_has_not_come_is_looked_for_again_later_and_not_at_once() -> None:
    house = House()
    unrouted_order(house)
    house.clock.move(UNROUTED_RECHECK_SECONDS + 1)
    assert house.sweep()["unrouted"] == 1
    assert not house.queues.sent

    house.clock.move(PARKED_RECHECK_SECONDS - 1)
    assert not house.sweep()
    house.clock.move(2)
    assert house.sweep()["unrouted"] == 1
