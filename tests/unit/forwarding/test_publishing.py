"""Carrying a stored order on: every forward, every event, and nothing lost wherever it breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.events import FORWARD_QUEUED, ORDER_CREATED, ForwardMessage, forward_changed
from orderbridge.forwarding.forward.states import ForwardState, new_forward
from tests.fakes.house import House
from tests.fakes.samples import NGORDER, NOW, SIRCLO, order
from tests.fakes.steps import Died, PortFailed, die, fail

ORDER = order(channels=(SIRCLO, NGORDER))
STEPS_OF_PUBLISHING = 8


def details(house: House, detail_type: str) -> list[dict[str, Any]]:
    return [dict(event.detail) for event in house.bus.of_type(detail_type)]


def test_an_order_gets_a_forward_for_each_channel_and_each_is_announced() -> None:
    house = House()
    house.publish(house.accept(ORDER))

    forwards = [house.store.forwards[ORDER.key, channel.name] for channel in (SIRCLO, NGORDER)]
    assert [(f.state, f.code, f.channel) for f in forwards] == [
        (ForwardState.QUEUED, ORDER.code, SIRCLO),
        (ForwardState.QUEUED, ORDER.code, NGORDER),
    ]
    assert details(house, ORDER_CREATED) == [
        {
            "code": ORDER.code,
            "client_id": ORDER.client_id,
            "reference": ORDER.key.reference,
            "channels": [SIRCLO.name, NGORDER.name],
        }
    ]
    assert [detail["platform"] for detail in details(house, FORWARD_QUEUED)] == ["sirclo", "ngorder"]
    assert house.store.orders[ORDER.key].due_at is None
    assert all(f.due_at is not None for f in forwards)


def test_an_order_that_no_channel_takes_waits_visibly() -> None:
    house = House()
    nowhere = order(channels=())
    house.publish(house.accept(nowhere))

    ((_, forward),) = house.store.forwards.items()
    assert (forward.state, forward.missing) == (ForwardState.NEEDS_MAPPING, (MappingKey("route", "SITE-001"),))
    assert details(house, FORWARD_QUEUED) == []
    assert details(house, ORDER_CREATED)[0]["channels"] == []


def test_nothing_is_said_to_be_done_before_it_is_announced() -> None:
    house = House()
    house.bus.is_down = True
    accepted = house.accept(ORDER)

    with pytest.raises(PortFailed):
        house.publish(accepted)

    assert house.store.orders[ORDER.key].due_at == ORDER.due_at


@pytest.mark.parametrize("harm", [die, fail])
@pytest.mark.parametrize("step", range(STEPS_OF_PUBLISHING))
def test_wherever_it_breaks_a_repeat_ends_the_same(step: int, harm: Any) -> None:
    whole = House()
    whole.publish(whole.accept(ORDER))
    assert len(whole.steps.taken) == STEPS_OF_PUBLISHING + 2, "the put of the order, and the steps tried here"

    broken = House()
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
    house = House()
    message = house.queue(order())
    house.forward_order(message)
    sent = dict(house.store.forwards)

    house.publish(order())

    assert house.store.forwards == sent


# --- events -----------------------------------------------------------------------------------------------------------


def test_a_message_is_read_from_the_detail_that_the_rule_puts_into_the_queue() -> None:
    house = House()
    message = house.message_of(order())

    assert ForwardMessage.from_detail(message.detail()) == message
    assert message.detail().keys() == {"code", "client_id", "reference", "channel", "platform"}


@pytest.mark.parametrize("left_out", ["code", "client_id", "reference", "channel", "platform"])
def test_what_is_no_message_is_an_error(left_out: str) -> None:
    detail = {name: value for name, value in House().message_of(order()).detail().items() if name != left_out}

    with pytest.raises(KeyError):
        ForwardMessage.from_detail(detail)
    with pytest.raises(TypeError):
        ForwardMessage.from_detail([detail])  # type: ignore[arg-type]


def test_each_state_has_its_event_and_being_on_the_way_is_none() -> None:
    forward = new_forward(order().key, order().code, SIRCLO, NOW, 60).forward
    told = {state: forward_changed(replace(forward, state=state)) for state in ForwardState}

    assert {state: event and event.detail_type for state, event in told.items()} == {
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
    house = House()
    message = house.queue(order())
    house.publish(order())
    house.publish_change(house.forward_order(message))
    told = str([event.detail for event in house.bus.events])

    content = order().content
    assert house.bus.of_type("OrderForwarded")
    for personal in (content.sales_name, content.address, content.customer_code, content.products[0].product_code):
        assert personal not in told


# --- the order follows its forwards -----------------------------------------------------------------------------------


def test_the_orders_own_status_follows_its_least_advanced_channel() -> None:
    house = House()
    house.publish(house.accept(ORDER))
    key = (ORDER.key, SIRCLO.name), (ORDER.key, NGORDER.name)

    def reach(index: int, state: ForwardState) -> str:
        house.store.forwards[key[index]] = replace(house.store.forwards[key[index]], state=state)
        house.publish_change(house.store.forwards[key[index]])
        return house.store.orders[ORDER.key].status

    assert reach(0, ForwardState.SENT) == "DRAFT"
    assert reach(1, ForwardState.SENT) == "SUBMITTED"
    assert reach(1, ForwardState.REJECTED) == "SUBMITTED"
    assert reach(0, ForwardState.CANCELLED) == "REJECTED"
