"""Finding what was left behind, with neither stream nor bus."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.sweeping import SWEEP_SECONDS
from orderbridge.partners.partner import Partner
from orderbridge.values.ids import ForwardKey, OrderKey
from orderbridge.values.sweeps import SweepIncomplete
from orderbridge.values.times import from_iso
from tests.fakes.house import House
from tests.fakes.samples import CLIENT_ID, NGORDER, SIRCLO, order
from tests.fakes.steps import Died, die, fail

S = ForwardState


def due_in(house: House, due_at: str | None) -> float:
    assert due_at is not None
    return (from_iso(due_at) - house.clock()).total_seconds()


def orders(count: int) -> list[Any]:
    return [order(f"SO-20250101-{number:05}") for number in range(1, count + 1)]


# --- orders -----------------------------------------------------------------------------------------------------------


def test_an_order_that_was_never_published_is_on_its_way_without_stream_and_bus() -> None:
    house = House()
    house.accept(order(channels=(SIRCLO, NGORDER)))
    house.bus.is_down = True
    house.clock.move(61)

    with pytest.raises(SweepIncomplete):
        house.sweep()

    assert {message.channel for message in house.queues.visible()} == {SIRCLO, NGORDER}
    (stored,) = house.store.orders.values()
    assert stored.due_at is not None, "its events are still to be published"

    house.bus.is_down = False
    house.clock.move(121)
    house.sweep()
    (stored,) = house.store.orders.values()
    assert stored.due_at is None
    assert len(house.bus.of_type("OrderCreated")) == 1


def test_what_is_not_due_yet_is_left_to_the_stream() -> None:
    house = House()
    house.accept(order())
    house.clock.move(59)

    assert house.sweep() == Counter()
    assert house.store.forwards == {}


def test_twenty_orders_without_a_stream_all_arrive_once() -> None:
    house = House()
    for each in orders(20):
        house.accept(each)
    house.pass_time(300)

    assert [house.state_of(each) for each in orders(20)] == [S.SENT] * 20
    assert set(house.platform.times_held().values()) == {1}


def test_a_forward_that_the_publisher_made_is_not_queued_a_second_time_at_once() -> None:
    house = House()
    house.queue(order())
    house.store.orders[order().key] = replace(house.store.orders[order().key], due_at=order().due_at)
    queued = len(house.queues.sent)
    house.clock.move(59.9)
    house.store.forwards[order().key, SIRCLO.name] = replace(house.forward_of(order()), due_at="2026")
    house.clock.move(1)

    assert house.sweep() == Counter(order=1)
    assert len(house.queues.sent) == queued


# --- forwards ---------------------------------------------------------------------------------------------------------


def test_a_forward_whose_message_was_lost_gets_another_and_is_claimed_for_a_while() -> None:
    house = House()
    house.queue(order())
    house.queues.sent.clear()
    house.clock.move(61)

    assert house.sweep() == Counter(forward=1)
    assert house.sweep() == Counter(), "claimed"
    assert house.queues.visible() == [house.message_of(order())]
    assert due_in(house, house.forward_of(order()).due_at) == 120


def test_a_claim_leaves_no_line_on_the_timeline() -> None:
    house = House()
    house.queue(order())
    before = house.events_of(order())
    house.clock.move(61)
    house.sweep()

    assert house.events_of(order()) == before


def test_behind_a_slow_platform_the_queue_does_not_grow_with_every_sweep() -> None:
    """Three hours in which nothing is handled: a message every two minutes would be ninety for each forward."""
    house = House()
    house.queue(order())
    house.queues.sent.clear()
    for _ in range(180):
        house.clock.move(60)
        house.sweep()

    assert len(house.queues.sent) <= 18
    gaps = due_in(house, house.forward_of(order()).due_at)
    assert gaps <= 900, "and a lost message is made up for within a quarter of an hour"


@pytest.mark.parametrize("state", [S.SENT, S.REJECTED, S.CANCELLED, S.IN_DOUBT])
def test_what_is_settled_is_not_due(state: ForwardState) -> None:
    house = House()
    house.queue(order())
    house.store.forwards[order().key, SIRCLO.name] = replace(house.forward_of(order()), state=state, due_at=None)
    house.queues.sent.clear()
    house.clock.move(10_000)

    assert house.sweep() == Counter()
    assert house.queues.sent == []


# --- the index is late ------------------------------------------------------------------------------------------------


def test_what_the_index_still_shows_and_is_not_due_any_more_is_left_alone() -> None:
    house = House()
    message = house.queue(order())
    house.forward_order(message)
    house.queues.sent.clear()
    house.store.stale_due = [
        order().key,
        ForwardKey(order().key, SIRCLO.name),
        OrderKey(CLIENT_ID, "po:never"),
        ForwardKey(OrderKey(CLIENT_ID, "po:never"), SIRCLO.name),
    ]
    before = (dict(house.store.orders), dict(house.store.forwards))

    assert house.sweep() == Counter(gone=4)
    assert (house.store.orders, house.store.forwards) == before
    assert house.queues.sent == []


def test_what_the_index_shows_too_early_is_left_alone() -> None:
    house = House()
    house.queue(order())
    house.store.stale_due = [ForwardKey(order().key, SIRCLO.name)]
    house.queues.sent.clear()

    assert house.sweep() == Counter(gone=1)
    assert house.queues.sent == []


# --- others are at work -----------------------------------------------------------------------------------------------


def test_of_two_sweeps_at_once_one_wins_each_item() -> None:
    house = House()
    house.accept(order("SO-20250101-00001"))
    house.queue(order("SO-20250101-00002"))
    house.queues.sent.clear()
    house.clock.move(61)
    found: list[Counter[str]] = []
    for step in (4, 12):
        house.steps.at(step, lambda: found.append(house.sweep()))
        found.append(house.sweep())
        house.steps.clear()

    total = sum(found, Counter())
    assert (total["order"], total["forward"]) == (1, 1)
    assert len(house.queues.sent) == 2


@pytest.mark.parametrize("step", range(6))
def test_a_worker_that_handles_the_forward_during_the_sweep_is_not_disturbed(step: int) -> None:
    house = House()
    message = house.queue(order())
    house.clock.move(61)
    house.steps.at(step, lambda: house.forward_order(message))

    house.sweep()
    house.steps.clear()
    house.run_queue()

    assert house.state_of(order()) is S.SENT
    assert len(house.platform.calls) == 1


# --- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", range(2, 14))
def test_one_item_that_fails_holds_up_no_other_and_is_found_again(step: int) -> None:
    house = House()
    for each in orders(3):
        house.queue(each)
    house.queues.sent.clear()
    house.clock.move(61)
    house.steps.at(step, fail)

    with pytest.raises(SweepIncomplete, match="1 items"):
        house.sweep()

    assert len(house.queues.sent) >= 2
    house.pass_time(300)
    assert [house.state_of(each) for each in orders(3)] == [S.SENT] * 3


@pytest.mark.parametrize("step", range(22))
def test_a_sweeper_that_dies_leaves_nothing_behind_that_the_next_does_not_find(step: int) -> None:
    house = House()
    house.accept(order("SO-20250101-00001", channels=(SIRCLO,)))
    house.queue(order("SO-20250101-00002"))
    house.queues.sent.clear()
    house.clock.move(61)
    house.steps.at(step, die)
    with pytest.raises(Died):
        house.sweep()
    house.steps.clear()

    house.pass_time(600)

    assert [house.state_of(each) for each in orders(2)] == [S.SENT] * 2
    assert set(house.platform.times_held().values()) == {1}


def test_a_sweep_ends_in_time_and_the_next_goes_on() -> None:
    house = House()
    for each in orders(5):
        house.queue(each)
    house.queues.sent.clear()
    house.clock.move(61)
    send = house.queues.send

    def slow(*arguments: Any) -> None:
        house.clock.move(SWEEP_SECONDS / 2)
        send(*arguments)

    house.queues.send = slow  # type: ignore[method-assign]

    assert house.sweep() == Counter(forward=2)
    assert house.sweep() == Counter(forward=2)
    assert house.sweep() == Counter(forward=1)


# --- orders without a channel -----------------------------------------------------------------------------------------


def test_an_order_that_no_channel_took_finds_its_route_by_the_sweep() -> None:
    house = House()
    nowhere = order(channels=())
    house.publish(house.accept(nowhere))
    house.clock.move(121)
    assert house.sweep() == Counter(unrouted=1)

    known: Partner = house.partners.by_id[CLIENT_ID]
    house.partners.by_id[CLIENT_ID] = replace(known, routes={"SITE-001": (SIRCLO,)})
    house.clock.move(601)
    assert house.sweep() == Counter(routed=1)

    house.run_queue()
    assert house.store.forwards[nowhere.key, SIRCLO.name].state is S.SENT
    house.clock.move(601)
    assert house.sweep() == Counter(), "it is routed once"
