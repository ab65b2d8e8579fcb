"""Carrying a stored order on: every forward, every event, and nothing lost wherever it breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.events import FORWARD_QUEUED, ORDER_CREATED, ForwardMessage, forward_changed
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition, new_forward
from orderbridge.forwarding.releasing import route_of
from orderbridge.orders.order import Order
from orderbridge.values.ids import ChannelRef
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import to_iso
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import NGORDER, NOW, SIRCLO, order
from tests.fakes.steps import Died, PortFailed, die, fail

ORDER = order(channels=(SIRCLO, NGORDER))
STEPS_OF_PUBLISHING = 8


def details(pipeline: Pipeline, detail_type: str) -> list[dict[str, Any]]:
    return [dict(event.detail) for event in pipeline.bus.of_type(detail_type)]


def test_an_order_gets_a_forward_for_each_channel_and_each_is_announced() -> None:
    pipeline = Pipeline()
    pipeline.publish(pipeline.accept(ORDER))

    forwards = [pipeline.store.forwards[ORDER.key, channel.name] for channel in (SIRCLO, NGORDER)]
    assert [(f.state, f.code, f.channel) for f in forwards] == [
        (ForwardState.QUEUED, ORDER.code, SIRCLO),
        (ForwardState.QUEUED, ORDER.code, NGORDER),
    ]
    assert details(pipeline, ORDER_CREATED) == [
        {
            "code": ORDER.code,
            "client_id": ORDER.client_id,
            "reference_hash": ORDER.key.reference_hash,
            "channels": [SIRCLO.name, NGORDER.name],
        }
    ]
    assert [detail["platform"] for detail in details(pipeline, FORWARD_QUEUED)] == ["sirclo", "ngorder"]
    assert pipeline.store.orders[ORDER.key].due_at is None
    assert all(f.due_at is not None for f in forwards)


def test_an_order_that_no_channel_takes_waits_visibly() -> None:
    pipeline = Pipeline()
    nowhere = order(channels=())
    pipeline.publish(pipeline.accept(nowhere))

    (waiting,) = pipeline.store.unrouted()
    assert route_of(waiting) == MappingKey("route", "SITE-001")
    assert [(line.event, line.detail) for line in pipeline.store.timeline[nowhere.key]] == [
        ("ForwardNeedsMapping", "route:SITE-001")
    ]
    assert pipeline.store.forwards == {}
    assert details(pipeline, FORWARD_QUEUED) == []
    assert details(pipeline, ORDER_CREATED)[0]["channels"] == []


def test_nothing_is_said_to_be_done_before_it_is_announced() -> None:
    pipeline = Pipeline()
    pipeline.bus.is_down = True
    accepted = pipeline.accept(ORDER)

    with pytest.raises(PortFailed):
        pipeline.publish(accepted)

    assert pipeline.store.orders[ORDER.key].due_at == ORDER.due_at


def test_every_forward_is_stored_before_anybody_hears_of_one() -> None:
    """A message about a forward that is not there yet fails, and may end among the dead letters."""
    pipeline = Pipeline()
    pipeline.bus.is_down = True

    with pytest.raises(PortFailed):
        pipeline.publish(pipeline.accept(ORDER))

    assert pipeline.store.forwards.keys() == {(ORDER.key, SIRCLO.name), (ORDER.key, NGORDER.name)}


@pytest.mark.parametrize("harm", [die, fail])
@pytest.mark.parametrize("step", range(STEPS_OF_PUBLISHING))
def test_wherever_it_breaks_a_repeat_ends_the_same(step: int, harm: Any) -> None:
    whole = Pipeline()
    whole.publish(whole.accept(ORDER))
    assert len(whole.steps.taken) == STEPS_OF_PUBLISHING + 2, "the put of the order, and the steps tried here"

    broken = Pipeline()
    accepted = broken.accept(ORDER)
    broken.steps.at(step, harm)
    with pytest.raises((Died, PortFailed)):
        broken.publish(accepted)
    # The last step is the one that ends the order's being due, and what breaks behind it changes nothing in that.
    assert (broken.store.orders[ORDER.key].due_at is None) == (step == STEPS_OF_PUBLISHING - 1)
    broken.publish(accepted)

    assert broken.store.forwards == whole.store.forwards
    assert broken.store.orders == whole.store.orders
    assert {(e.detail_type, str(e.detail)) for e in broken.bus.events} == {
        (e.detail_type, str(e.detail)) for e in whole.bus.events
    }


def test_a_repeat_changes_no_forward_that_has_gone_on() -> None:
    pipeline = Pipeline()
    message = pipeline.queue(order())
    pipeline.forward_order(message)
    sent = dict(pipeline.store.forwards)

    pipeline.publish(order())

    assert pipeline.store.forwards == sent


# --- events -----------------------------------------------------------------------------------------------------------


def test_a_message_is_read_from_the_detail_that_the_rule_puts_into_the_queue() -> None:
    pipeline = Pipeline()
    message = pipeline.message_of(order())

    assert ForwardMessage.from_detail(message.detail()) == message
    assert message.detail().keys() == {"code", "client_id", "reference_hash", "channel", "platform"}


@pytest.mark.parametrize("left_out", ["code", "client_id", "reference_hash", "channel", "platform"])
def test_what_is_no_message_is_an_error(left_out: str) -> None:
    detail = {name: value for name, value in Pipeline().message_of(order()).detail().items() if name != left_out}

    with pytest.raises(KeyError):
        ForwardMessage.from_detail(detail)
    with pytest.raises(TypeError):
        ForwardMessage.from_detail([detail])  # type: ignore[arg-type]


def test_each_state_has_its_event_and_being_on_the_way_is_none() -> None:
    forward = new_forward(order().key, order().code, SIRCLO, NOW, 60).forward
    said = {state: forward_changed(replace(forward, state=state)) for state in ForwardState}

    assert {state: event and event.detail_type for state, event in said.items()} == {
        ForwardState.QUEUED: None,
        ForwardState.SENDING: None,
        ForwardState.SENT: "OrderForwarded",
        ForwardState.REJECTED: "ForwardRejected",
        ForwardState.NEEDS_MAPPING: "ForwardParked",
        ForwardState.IN_DOUBT: "ForwardParked",
        ForwardState.PAUSED: "ForwardParked",
        ForwardState.CANCELLED: "ForwardCancelled",
    }


def test_events_carry_ids_and_nothing_that_a_person_wrote() -> None:
    pipeline = Pipeline()
    message = pipeline.queue(order())
    pipeline.publish(order())
    pipeline.publish_change(pipeline.forward_order(message))
    said = str([event.detail for event in pipeline.bus.events])

    content = order().content
    assert pipeline.bus.of_type("OrderForwarded")
    for personal in (content.sales_name, content.address, content.customer_code, content.products[0].product_code):
        assert personal not in said


# --- the order follows its forwards -----------------------------------------------------------------------------------


def test_the_orders_own_status_follows_its_least_advanced_channel() -> None:
    pipeline = Pipeline()
    pipeline.publish(pipeline.accept(ORDER))
    key = (ORDER.key, SIRCLO.name), (ORDER.key, NGORDER.name)

    def reach(index: int, state: ForwardState) -> str:
        pipeline.store.forwards[key[index]] = replace(pipeline.store.forwards[key[index]], state=state)
        pipeline.publish_change(pipeline.store.forwards[key[index]])
        return pipeline.store.orders[ORDER.key].status

    assert reach(0, ForwardState.SENT) == "DRAFT"
    assert reach(1, ForwardState.SENT) == "SUBMITTED"
    assert reach(1, ForwardState.REJECTED) == "SUBMITTED"
    assert reach(0, ForwardState.CANCELLED) == "REJECTED"


def test_changes_of_one_order_that_come_together_are_told_as_one_and_each_has_its_event() -> None:
    pipeline = Pipeline()
    both = order(channels=(SIRCLO, NGORDER))
    pipeline.accept(both)
    pipeline.publish(both)
    pipeline.bus.events.clear()
    changes = [noted(pipeline, both, channel, ForwardState.REJECTED) for channel in (SIRCLO, NGORDER)]
    pipeline.steps.taken.clear()

    pipeline.publish_change(*changes)

    assert [event.detail["channel"] for event in pipeline.bus.of_type("ForwardRejected")] == [SIRCLO.name, NGORDER.name]
    assert pipeline.steps.taken.count("before publish") == 1
    assert pipeline.store.orders[both.key].status == "REJECTED"
    assert [each.news_due_at for each in pipeline.store.list_forwards(both)] == [None, None]


def test_of_two_changes_of_one_forward_both_have_their_events_and_the_later_is_relayed() -> None:
    pipeline = Pipeline()
    pipeline.queue(order())
    first = noted(pipeline, order(), SIRCLO, ForwardState.IN_DOUBT)
    second = noted(pipeline, order(), SIRCLO, ForwardState.QUEUED)
    third = noted(pipeline, order(), SIRCLO, ForwardState.REJECTED)

    pipeline.publish_change(first, second, third)

    assert [event.detail_type for event in pipeline.bus.events] == ["ForwardParked", "ForwardRejected"]
    assert pipeline.forward_of(order()).news_due_at is None


def noted(pipeline: Pipeline, of: Order, channel: ChannelRef, state: ForwardState) -> Forward:
    """The order's forward at a channel, in another state that nobody has been told of."""
    before = pipeline.store.forwards[of.key, channel.name]
    pipeline.clock.move(1)
    changed = replace(before, state=state, updated_at=to_iso(pipeline.clock()), due_at=None)
    return pipeline.store.save(
        Transition(changed, TimelineEntry(changed.updated_at, state.value, channel.name), before)
    )
