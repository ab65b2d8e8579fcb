"""An order that its partner has taken back, before it was sent and after."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from orderbridge.channels.outcomes import Accepted, Refused, Rejected, Unknown
from orderbridge.forwarding.cancelling import CancelOrder
from orderbridge.forwarding.forward.attempts import LONGEST_QUESTION_SECONDS, LONGEST_RETRY_SECONDS
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.values.times import to_iso
from tests.fakes.house import GRACE_SECONDS, House
from tests.fakes.samples import CANCELLING, SIRCLO
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn, steps_until

S = ForwardState


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

    assert house.forward_order(message).state is S.SENT
    house.run_queue()

    assert house.state_of(ORDER) is S.CANCELLED
    assert house.platform.cancels == 1


def test_a_channel_that_is_paused_is_not_asked_to_cancel_until_it_is_resumed() -> None:
    house = House(can_cancel=True)
    message = house.queue(ORDER)
    house.forward_order(message)
    house.channels.pause(SIRCLO, "maintenance", "")
    house.store.request_cancel(ORDER.key, "now")
    house.forward_order(message)
    house.pass_time(2 * LONGEST_QUESTION_SECONDS, step=600)

    assert house.platform.cancels == 0
    assert house.forward_of(ORDER).error == "cancelling waits: maintenance"
    assert house.events_of(ORDER).count("CancelWaits") == 1

    house.resume()
    house.pass_time(1200)
    assert house.state_of(ORDER) is S.CANCELLED


def test_credentials_that_are_refused_when_cancelling_pause_the_channel() -> None:
    house = asked_to_cancel(always(Refused("401: who are you", credentials=True)))
    house.pass_time(3600)

    assert house.channel().state == "paused"
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


def asked_to_cancel(answer: Callable[[], Any]) -> House:
    """An order that its platform holds and is asked to cancel."""
    house = House(can_cancel=True)
    house.forward_order(house.queue(ORDER))
    house.store.request_cancel(ORDER.key, "now")
    house.platform.cancel_answer = answer
    house.forward_order(house.message_of(ORDER))
    house.queues.sent.clear()
    return house


def test_a_platform_that_never_answers_is_asked_ever_more_rarely_and_after_a_day_no_more() -> None:
    house = asked_to_cancel(always(Unknown("timeout")))
    asked: list[float] = []
    cancel = house.platform.cancel_order

    def cancel_order(*arguments: Any) -> Any:
        asked.append(house.clock().timestamp())
        return cancel(*arguments)

    house.platform.cancel_order = cancel_order  # type: ignore[method-assign]
    house.pass_time(2 * LONGEST_QUESTION_SECONDS, step=60)

    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert max(gaps) >= LONGEST_RETRY_SECONDS / 2
    assert len(asked) <= LONGEST_QUESTION_SECONDS / (LONGEST_RETRY_SECONDS / 2)
    assert asked[-1] - asked[0] <= LONGEST_QUESTION_SECONDS + LONGEST_RETRY_SECONDS
    forward = house.forward_of(ORDER)
    assert (forward.state, forward.due_at, forward.not_before) == (S.SENT, None, None)
    assert forward.cancel_answer is not None
    assert forward.cancel_answer.startswith("not confirmed")
    assert forward.error == forward.cancel_answer
    assert house.events_of(ORDER)[-2:] == ["CancelUnanswered", "CancelUnconfirmed"], "each is said once"


def test_a_partner_who_asks_again_does_not_make_the_platform_be_asked_sooner() -> None:
    house = asked_to_cancel(always(Unknown("timeout")))
    asked = house.platform.cancels
    cancel = CancelOrder(house.store, house.queues, CANCELLING.__contains__, house.clock, GRACE_SECONDS)
    for _ in range(5):
        cancel(ORDER)
    house.run_queue()

    assert house.platform.cancels == asked
    house.pass_time(3600)
    assert house.platform.cancels < asked + 20, "and no message of theirs begins a row of questions of its own"


def test_another_reason_for_no_answer_is_another_line() -> None:
    house = asked_to_cancel(in_turn(Unknown("timeout"), Unknown("timeout"), Refused("429"), Accepted(None)))
    house.pass_time(600)

    assert house.state_of(ORDER) is S.CANCELLED
    assert house.events_of(ORDER).count("CancelUnanswered") == 2
    assert house.forward_of(ORDER).error is None
