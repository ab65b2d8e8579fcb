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
from tests.fakes.pipeline import GRACE_SECONDS, Pipeline
from tests.fakes.samples import CANCELLING, SIRCLO
from tests.fakes.steps import Died, die
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn, steps_until

S = ForwardState


def test_an_order_that_its_partner_took_back_is_not_sent() -> None:
    pipeline = Pipeline()
    message = pipeline.queue(ORDER)
    pipeline.store.request_cancel(ORDER, to_iso(pipeline.clock()), None, "later")

    assert pipeline.forward_order(message).state is S.CANCELLED
    assert pipeline.platform.calls == []


def test_a_wish_that_comes_while_the_order_is_sent_is_carried_to_the_platform() -> None:
    pipeline = Pipeline(can_cancel=True)
    message = pipeline.queue(ORDER)
    pipeline.steps.at(
        steps_until(pipeline, "after create order"), lambda: pipeline.store.request_cancel(ORDER, "now", None, "later")
    )

    assert pipeline.forward_order(message).state is S.SENT
    pipeline.run_queue()

    assert pipeline.state_of(ORDER) is S.CANCELLED
    assert pipeline.platform.cancels == 1


def test_a_channel_that_is_paused_is_not_asked_to_cancel_until_it_is_resumed() -> None:
    pipeline = Pipeline(can_cancel=True)
    message = pipeline.queue(ORDER)
    pipeline.forward_order(message)
    pipeline.channels.pause(SIRCLO, "maintenance", "")
    pipeline.store.request_cancel(ORDER, "now", None, "later")
    pipeline.forward_order(message)
    pipeline.pass_time(2 * LONGEST_QUESTION_SECONDS, step=600)

    assert pipeline.platform.cancels == 0
    assert pipeline.forward_of(ORDER).error == "cancelling waits: maintenance"
    assert pipeline.events_of(ORDER).count("CancelWaits") == 1

    pipeline.resume()
    pipeline.pass_time(1200)
    assert pipeline.state_of(ORDER) is S.CANCELLED


def test_credentials_that_are_refused_when_cancelling_pause_the_channel() -> None:
    pipeline = asked_to_cancel(always(Refused("401: who are you", credentials=True)))
    pipeline.pass_time(3600)

    assert pipeline.channel().state == "paused"
    assert pipeline.platform.cancels == 1


def test_a_platform_that_will_not_cancel_is_asked_once() -> None:
    pipeline = Pipeline(can_cancel=True)
    message = pipeline.queue(ORDER)
    pipeline.forward_order(message)
    pipeline.store.request_cancel(ORDER, "now", None, "later")
    pipeline.platform.cancel_answer = always(Rejected("shipped"))

    forward = pipeline.forward_order(message)
    pipeline.forward_order(message)

    assert (forward.state, forward.cancel_answer) == (S.SENT, "shipped")
    assert pipeline.platform.cancels == 1


@pytest.mark.parametrize("answer", [Unknown("timeout"), Refused("429", retry_after=3600)])
def test_cancelling_without_an_answer_is_asked_again(answer: Any) -> None:
    pipeline = Pipeline(can_cancel=True)
    message = pipeline.queue(ORDER)
    pipeline.forward_order(message)
    pipeline.store.request_cancel(ORDER, "now", None, "later")
    pipeline.platform.cancel_answer = in_turn(answer, Accepted(None))
    pipeline.queues.sent.clear()

    assert pipeline.forward_order(message).state is S.SENT
    pipeline.pass_time(4000)

    assert pipeline.state_of(ORDER) is S.CANCELLED
    assert pipeline.platform.cancels == 2


def asked_to_cancel(answer: Callable[[], Any]) -> Pipeline:
    """An order that its platform holds and is asked to cancel."""
    pipeline = Pipeline(can_cancel=True)
    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.store.request_cancel(ORDER, "now", None, "later")
    pipeline.platform.cancel_answer = answer
    pipeline.forward_order(pipeline.message_of(ORDER))
    pipeline.queues.sent.clear()
    return pipeline


def test_a_platform_that_never_answers_is_asked_ever_more_rarely_and_after_a_day_no_more() -> None:
    pipeline = asked_to_cancel(always(Unknown("timeout")))
    asked: list[float] = []
    cancel = pipeline.platform.cancel_order

    def cancel_order(*arguments: Any) -> Any:
        asked.append(pipeline.clock().timestamp())
        return cancel(*arguments)

    pipeline.platform.cancel_order = cancel_order  # type: ignore[method-assign]
    pipeline.pass_time(2 * LONGEST_QUESTION_SECONDS, step=60)

    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert max(gaps) >= LONGEST_RETRY_SECONDS / 2
    assert len(asked) <= LONGEST_QUESTION_SECONDS / (LONGEST_RETRY_SECONDS / 2)
    assert asked[-1] - asked[0] <= LONGEST_QUESTION_SECONDS + LONGEST_RETRY_SECONDS
    forward = pipeline.forward_of(ORDER)
    assert (forward.state, forward.due_at, forward.not_before) == (S.SENT, None, None)
    assert forward.cancel_answer is not None
    assert forward.cancel_answer.startswith("not confirmed")
    assert forward.error == forward.cancel_answer
    assert pipeline.events_of(ORDER)[-2:] == ["CancelUnanswered", "CancelUnconfirmed"], "each is said once"


def test_a_partner_who_asks_again_does_not_make_the_platform_be_asked_sooner() -> None:
    pipeline = asked_to_cancel(always(Unknown("timeout")))
    asked = pipeline.platform.cancels
    cancel = CancelOrder(pipeline.store, pipeline.queues, CANCELLING.__contains__, pipeline.clock, GRACE_SECONDS)
    for _ in range(5):
        cancel(ORDER)
    pipeline.run_queue()

    assert pipeline.platform.cancels == asked
    pipeline.pass_time(3600)
    assert pipeline.platform.cancels < asked + 20, "and no message of theirs begins a row of questions of its own"


def test_another_reason_for_no_answer_is_another_line() -> None:
    pipeline = asked_to_cancel(in_turn(Unknown("timeout"), Unknown("timeout"), Refused("429"), Accepted(None)))
    pipeline.pass_time(600)

    assert pipeline.state_of(ORDER) is S.CANCELLED
    assert pipeline.events_of(ORDER).count("CancelUnanswered") == 2
    assert pipeline.forward_of(ORDER).error is None


def test_a_wish_outlives_the_worker_that_ends_as_soon_as_it_has_found_the_order() -> None:
    pipeline = Pipeline(can_cancel=True)
    pipeline.platform.answer = in_turn("lost after")
    message = pipeline.queue(ORDER)
    pipeline.forward_order(message)
    pipeline.store.request_cancel(ORDER, "now", None, "later")
    pipeline.clock.move(60)
    read_order = pipeline.store.read_order
    pipeline.store.read_order = lambda _: die()  # type: ignore[assignment,method-assign,return-value]
    pipeline.queues.send = lambda *_: die()  # type: ignore[assignment,method-assign,return-value]

    with pytest.raises(Died):
        pipeline.forward_order(message)
    assert pipeline.state_of(ORDER) is S.SENT

    pipeline.store.read_order = read_order  # type: ignore[method-assign]
    del pipeline.queues.send  # type: ignore[misc]
    for lost in pipeline.queues.visible():
        pipeline.queues.remove(lost)
    pipeline.pass_time(300)

    assert pipeline.state_of(ORDER) is S.CANCELLED
