"""Carrying an order to its platform at most once, whatever the platform answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.domain.forwards import ForwardState
from orderbridge.domain.mapping import MappingKey
from orderbridge.domain.outcomes import Accepted, Refused, Rejected, Unknown
from orderbridge.domain.times import from_iso, to_iso
from orderbridge.usecases.forwarding import UnknownForward
from tests.fakes.house import FUNCTION_TIMEOUT_SECONDS, SETTLE_SECONDS, House
from tests.fakes.samples import SIRCLO, order
from tests.fakes.steps import Died, die

S = ForwardState
ORDER = order()


def always(value: Any) -> Callable[[], Any]:
    return lambda: value


def in_turn(*values: Any) -> Callable[[], Any]:
    left = list(values)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


# --- the plain way ----------------------------------------------------------------------------------------------------


def test_a_queued_forward_is_sent_and_keeps_the_platforms_id() -> None:
    house = House()

    forward = house.forward_order(house.queue(ORDER))

    assert (forward.state, forward.external_id, forward.attempts) == (S.SENT, f"id of {ORDER.code}", 1)
    assert house.forward_of(ORDER) == forward
    assert house.events_of(ORDER) == ["ForwardQueued", "AttemptStarted", "ForwardSent"]


def test_sending_its_lease_and_the_frozen_bytes_are_written_before_the_first_byte_leaves() -> None:
    house = House()
    message = house.queue(ORDER)
    seen: list[Any] = []
    create = house.platform.create_order

    def watching(request: Any, *rest: Any) -> Any:
        key = (ORDER.key, SIRCLO.name)
        seen.append((house.store.forwards[key], house.store.requests[key], request))
        return create(request, *rest)

    house.platform.create_order = watching  # type: ignore[method-assign]
    house.forward_order(message)

    ((forward, frozen, request),) = seen
    assert (forward.state, forward.attempt_id) == (S.SENDING, "attempt-1")
    assert frozen == request
    assert forward.body_hash == hashlib.sha256(request.body).hexdigest()
    lease = (from_iso(forward.lease_until) - house.clock()).total_seconds()
    assert lease > FUNCTION_TIMEOUT_SECONDS


def test_a_message_that_comes_again_changes_nothing() -> None:
    house = House()
    message = house.queue(ORDER)
    first = house.forward_order(message)

    assert [house.forward_order(message) for _ in range(3)] == [first] * 3
    assert len(house.platform.calls) == 1


def test_a_rejected_order_is_over_in_the_platforms_words() -> None:
    house = House()
    house.platform.answer = always("rejected")

    forward = house.forward_order(house.queue(ORDER))
    house.pass_time(3600)

    assert (forward.state, forward.error) == (S.REJECTED, "400: no such customer")
    assert len(house.platform.calls) == 1


def test_a_message_for_a_forward_or_channel_that_does_not_exist_is_an_error_that_a_person_sees() -> None:
    house = House()
    with pytest.raises(UnknownForward):
        house.forward_order(house.message_of(ORDER))

    message = house.queue(ORDER)
    del house.channels.by_name[SIRCLO.name]
    with pytest.raises(UnknownForward):
        house.forward_order(message)
    assert house.state_of(ORDER) is S.QUEUED


# --- refused and not sent ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["refused", "not sent"])
def test_what_was_not_processed_is_sent_again_later_with_the_same_bytes(answer: str) -> None:
    house = House()
    house.platform.answer = in_turn(answer, answer, "accepted")
    message = house.queue(ORDER)

    forward = house.forward_order(message)
    assert forward.state is S.QUEUED
    assert house.forward_order(message) == forward, "a message that comes too soon is not obeyed"
    house.map("product", "PROD-001", "another value by now")
    house.pass_time(60, step=1)

    assert house.state_of(ORDER) is S.SENT
    assert len(house.platform.calls) == 3
    assert len({body for _, body, _ in house.platform.calls}) == 1


def test_a_retry_comes_by_its_own_message_and_without_it_by_the_sweeper() -> None:
    house = House()
    house.platform.answer = in_turn("not sent", "accepted")
    house.forward_order(house.queue(ORDER))
    house.queues.sent.clear()

    house.clock.move(3)
    assert house.queues.visible() == []
    house.pass_time(120)

    assert house.state_of(ORDER) is S.SENT


def test_longer_than_a_message_can_be_delayed_the_sweeper_remembers() -> None:
    house = House()
    house.platform.answer = in_turn("refused for an hour", "accepted")
    forward = house.forward_order(house.queue(ORDER))
    house.queues.sent.clear()

    assert forward.not_before is not None
    assert (from_iso(forward.not_before) - house.clock()).total_seconds() == 3600
    house.pass_time(3500)
    assert len(house.platform.calls) == 1
    house.pass_time(700)
    assert house.state_of(ORDER) is S.SENT


# --- no answer --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["lost", "lost after"])
def test_where_nobody_can_look_an_order_without_an_answer_waits_for_a_person(answer: str) -> None:
    house = House(can_look=False)
    house.platform.answer = in_turn(answer, "accepted")

    forward = house.forward_order(house.queue(ORDER))
    house.pass_time(7200)

    assert (forward.state, forward.error) == (S.IN_DOUBT, "timeout")
    assert house.state_of(ORDER) is S.IN_DOUBT
    assert len(house.platform.calls) == 1


def test_an_order_that_arrived_without_an_answer_is_found() -> None:
    house = House()
    house.platform.answer = always("lost after")

    house.forward_order(house.queue(ORDER))
    house.pass_time(300)

    forward = house.forward_of(ORDER)
    assert (forward.state, forward.external_id) == (S.SENT, f"id of {ORDER.code}")
    assert len(house.platform.calls) == 1
    assert house.events_of(ORDER)[-2:] == ["AttemptUnanswered", "ForwardSent"]


def test_an_order_that_was_lost_is_sent_again_after_two_looks_a_settle_time_apart() -> None:
    house = House()
    house.platform.answer = in_turn("lost", "accepted")
    looks: list[float] = []
    look_for = house.platform.look_for

    def timed(*arguments: Any) -> Any:
        looks.append(house.clock().timestamp())
        return look_for(*arguments)

    house.platform.look_for = timed  # type: ignore[method-assign]
    house.forward_order(house.queue(ORDER))
    sent_at = house.clock().timestamp()
    house.pass_time(300, step=5)

    assert house.state_of(ORDER) is S.SENT
    assert len(house.platform.calls) == 2
    assert len({body for _, body, _ in house.platform.calls}) == 1
    assert len(looks) == 2
    assert looks[0] - sent_at >= SETTLE_SECONDS
    assert looks[1] - looks[0] >= SETTLE_SECONDS


def test_a_platform_whose_lists_lag_less_than_the_settle_time_never_gets_an_order_twice() -> None:
    house = House()
    house.platform.lag_seconds = 2 * SETTLE_SECONDS - 1
    house.platform.answer = always("lost after")

    house.forward_order(house.queue(ORDER))
    house.pass_time(600, step=1)

    assert house.platform.times_held()[ORDER.code] == 1


def test_looks_that_fail_are_repeated_and_never_lead_to_another_order() -> None:
    house = House()
    house.platform.answer = always("lost after")
    house.platform.look_fails = in_turn(True, True, False)

    house.forward_order(house.queue(ORDER))
    house.pass_time(900)

    assert house.state_of(ORDER) is S.SENT
    assert len(house.platform.calls) == 1


@pytest.mark.parametrize("can_look", [True, False])
def test_a_message_that_finds_an_attempt_alive_leaves_it_alone(can_look: bool) -> None:
    house = House(can_look=can_look)
    message = house.queue(ORDER)
    house.steps.at(steps_until(house, "before create order"), die)
    with pytest.raises(Died):
        house.forward_order(message)
    sending = house.forward_of(ORDER)
    assert sending.state is S.SENDING

    house.clock.move(FUNCTION_TIMEOUT_SECONDS)
    assert house.forward_order(message) == sending
    assert (house.platform.calls, house.platform.looks) == ([], 0)


def steps_until(house: House, name: str) -> int:
    """How many steps the next message takes before `name`, measured on a house that is built the same."""
    twin = House(can_look=house.platform.can_look)
    message = twin.queue(ORDER)
    twin.steps.taken.clear()
    twin.forward_order(message)
    return twin.steps.taken.index(name)


# --- mappings ---------------------------------------------------------------------------------------------------------


def unmapped() -> House:
    house = House()
    house.unmap("customer", "CUST-001")
    house.unmap("product", "PROD-001")
    return house


def test_an_order_that_cannot_be_expressed_goes_nowhere_and_lists_everything_that_is_missing() -> None:
    house = unmapped()

    forward = house.forward_order(house.queue(ORDER))
    house.pass_time(7200)

    assert forward.state is S.NEEDS_MAPPING
    assert forward.missing == (MappingKey("product", "PROD-001"), MappingKey("customer", "CUST-001"))
    assert house.platform.calls == []
    assert house.events_of(ORDER).count("ForwardNeedsMapping") == 1, "waiting is no news"


def test_an_import_lets_it_go_once_everything_is_there() -> None:
    house = unmapped()
    house.forward_order(house.queue(ORDER))
    house.queues.sent.clear()

    house.import_mapping("customer", "CUST-001", "customer 1")
    house.run_queue()
    assert (house.state_of(ORDER), house.forward_of(ORDER).missing) == (
        S.NEEDS_MAPPING,
        (MappingKey("product", "PROD-001"),),
    )
    house.import_mapping("product", "PROD-001", "product 1")
    house.run_queue()

    assert house.state_of(ORDER) is S.SENT
    assert len(house.platform.calls) == 1


def test_an_import_lets_exactly_those_go_that_waited_for_it() -> None:
    house = unmapped()
    house.forward_order(house.queue(ORDER))
    before = house.forward_of(ORDER)
    house.queues.sent.clear()

    house.import_mapping("product", "PROD-999", "another")

    assert house.forward_of(ORDER) == before
    assert house.queues.sent == []


@pytest.mark.parametrize("step", range(12))
def test_an_import_in_between_is_never_missed(step: int) -> None:
    """At whatever step of the forwarder the import comes: the order is on its way at once, not at the next recheck."""
    house = unmapped()
    message = house.queue(ORDER)

    def import_both() -> None:
        house.import_mapping("customer", "CUST-001", "customer 1")
        house.import_mapping("product", "PROD-001", "product 1")

    house.steps.at(step, import_both)
    house.forward_order(message)
    house.steps.clear()
    house.queues.remove(message)
    house.run_queue()

    if (SIRCLO.name, MappingKey("product", "PROD-001")) in house.mappings.values:
        assert house.state_of(ORDER) is S.SENT
        assert len(house.platform.calls) == 1


# --- channels that are closed -----------------------------------------------------------------------------------------


def test_a_paused_channel_keeps_its_forwards_and_lets_them_go_when_it_is_resumed() -> None:
    house = House()
    house.channels.pause(SIRCLO.name, "maintenance", "")

    forward = house.forward_order(house.queue(ORDER))
    assert (forward.state, forward.error) == (S.PAUSED, "maintenance")
    house.pass_time(3600)
    assert house.platform.calls == []
    assert house.events_of(ORDER).count("ForwardPaused") == 1

    house.resume()
    house.run_queue()
    assert house.state_of(ORDER) is S.SENT


@pytest.mark.parametrize("step", range(8))
def test_a_resume_in_between_is_never_missed(step: int) -> None:
    house = House()
    house.channels.pause(SIRCLO.name, "maintenance", "")
    message = house.queue(ORDER)
    house.steps.at(step, house.resume)

    house.forward_order(message)
    house.steps.clear()
    house.queues.remove(message)
    house.run_queue()

    if house.channel().state == "active":
        assert house.state_of(ORDER) is S.SENT


def test_refused_credentials_pause_the_channel_once_and_say_so() -> None:
    house = House()
    house.platform.answer = in_turn("refused credentials", "accepted")
    orders = [order(f"SO-20250101-0000{number}") for number in (1, 2, 3)]
    for each in orders:
        house.queue(each)
    house.run_queue()

    assert [house.state_of(each) for each in orders] == [S.PAUSED] * 3
    assert "credentials" in (house.channel().paused_reason or "")
    assert len(house.platform.calls) == 1
    assert len(house.bus.of_type("ChannelPaused")) == 1

    house.resume()
    house.run_queue()
    assert [house.state_of(each) for each in orders] == [S.SENT] * 3


def test_a_channel_that_fails_again_and_again_is_left_alone_until_a_read_succeeds() -> None:
    house = House()
    house.platform.answer = always("not sent")
    house.platform.probe_answer = always("connection refused")
    orders = [order(f"SO-20250101-000{number:02}") for number in range(1, 31)]
    for each in orders:
        house.queue(each)
    house.pass_time(3600)
    assert {house.state_of(each) for each in orders} == {S.PAUSED}
    calls = len(house.platform.calls)
    assert calls <= 20, "after ten failures in a row only probes go out"

    house.pass_time(3600)
    assert len(house.platform.calls) == calls

    house.platform.answer = always("accepted")
    house.platform.probe_answer = always(None)
    house.pass_time(1200)
    assert {house.state_of(each) for each in orders} == {S.SENT}
    assert set(house.platform.times_held().values()) == {1}


def test_a_channel_that_asks_for_an_hour_gets_it_and_no_message_is_delayed_longer_than_a_queue_can() -> None:
    house = House()
    house.platform.answer = in_turn("refused for an hour", "accepted")
    house.platform.probe_answer = always("429")
    others = [order(f"SO-20250101-0000{number}") for number in (2, 3)]
    house.forward_order(house.queue(ORDER))

    for other in others:
        house.forward_order(house.queue(other))
    house.platform.probe_answer = always(None)
    house.pass_time(5000)

    assert [house.state_of(each) for each in (ORDER, *others)] == [S.SENT] * 3


# --- cancelling -------------------------------------------------------------------------------------------------------


def test_an_order_that_its_partner_took_back_is_not_sent() -> None:
    house = House()
    message = house.queue(ORDER)
    house.store.request_cancel(ORDER.key, to_iso(house.clock()))

    assert house.forward_order(message).state is S.CANCELLED
    assert house.platform.calls == []


def test_a_wish_that_comes_while_the_order_is_sent_is_carried_to_the_platform() -> None:
    house = House(can_cancel=True)
    message = house.queue(ORDER)
    house.steps.at(steps_until(house, "after create order"), lambda: house.store.request_cancel(ORDER.key, "now"))

    house.forward_order(message)

    assert house.state_of(ORDER) is S.CANCELLED
    assert house.platform.cancels == 1


def test_a_platform_that_will_not_cancel_is_asked_once() -> None:
    house = House(can_cancel=True)
    message = house.queue(ORDER)
    house.forward_order(message)
    house.store.request_cancel(ORDER.key, "now")
    house.platform.cancel_answer = always(Rejected("shipped"))

    forward = house.forward_order(message)
    house.forward_order(message)

    assert (forward.state, forward.cancel_answer) == (S.SENT, "shipped")
    assert house.platform.cancels == 1


@pytest.mark.parametrize("answer", [Unknown("timeout"), Refused("429", retry_after=3600)])
def test_cancelling_without_an_answer_is_asked_again(answer: Any) -> None:
    house = House(can_cancel=True)
    message = house.queue(ORDER)
    house.forward_order(message)
    house.store.request_cancel(ORDER.key, "now")
    house.platform.cancel_answer = in_turn(answer, Accepted(None))
    house.queues.sent.clear()

    assert house.forward_order(message).state is S.SENT
    house.pass_time(4000)

    assert house.state_of(ORDER) is S.CANCELLED
    assert house.platform.cancels == 2


# --- operators --------------------------------------------------------------------------------------------------------


def test_after_a_person_has_made_sure_the_same_bytes_are_sent_again() -> None:
    from orderbridge.domain.interventions import resolve_absent

    house = House(can_look=False)
    house.platform.answer = in_turn("lost", "accepted")
    house.forward_order(house.queue(ORDER))
    house.map("product", "PROD-001", "another value by now")
    house.store.save(resolve_absent(house.forward_of(ORDER), house.clock(), 60))

    house.pass_time(120)

    assert house.state_of(ORDER) is S.SENT
    assert len({body for _, body, _ in house.platform.calls}) == 1


def test_a_rejected_order_that_is_tried_again_is_mapped_anew() -> None:
    from orderbridge.domain.interventions import retry

    house = House()
    house.platform.answer = in_turn("rejected", "accepted")
    house.forward_order(house.queue(ORDER))
    house.map("customer", "CUST-001", "the right customer")
    house.store.save_unfrozen(retry(house.forward_of(ORDER), house.clock(), 60))

    house.pass_time(120)

    assert house.state_of(ORDER) is S.SENT
    assert b"the right customer" in house.platform.calls[-1][1]


def test_an_order_of_several_channels_is_looked_up_by_its_own() -> None:
    house = House()
    message = house.queue(ORDER)

    with pytest.raises(UnknownForward):
        house.forward_order(replace(message, channel=replace(SIRCLO, name="another")))
