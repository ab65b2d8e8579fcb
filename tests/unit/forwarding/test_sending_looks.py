"""An attempt without an answer, or without a worker: the platform is looked at, or a person is asked."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.ports import Sought
from tests.fakes.pipeline import FUNCTION_TIMEOUT_SECONDS, SETTLE_SECONDS, Pipeline
from tests.fakes.steps import Died, die
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn, steps_until

S = ForwardState


@pytest.mark.parametrize("answer", ["lost", "lost after"])
def test_where_nobody_can_look_an_order_without_an_answer_waits_for_a_person(answer: str) -> None:
    pipeline = Pipeline(can_look=False)
    pipeline.platform.answer = in_turn(answer, "accepted")

    forward = pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.pass_time(7200)

    assert (forward.state, forward.error) == (S.IN_DOUBT, "timeout")
    assert pipeline.state_of(ORDER) is S.IN_DOUBT
    assert len(pipeline.platform.calls) == 1


def test_an_order_that_arrived_without_an_answer_is_found_within_seconds() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer, pipeline.platform.lag_seconds = always("lost after"), 1

    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.pass_time(3, step=1)

    forward = pipeline.forward_of(ORDER)
    assert (forward.state, forward.external_id) == (S.SENT, f"id of {ORDER.code}")
    assert len(pipeline.platform.calls) == 1
    assert pipeline.events_of(ORDER)[-2:] == ["AttemptUnanswered", "ForwardSent"]


def test_a_look_knows_the_request_as_it_was_sent_and_before_when_nothing_was() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn("lost after")
    look_for, asked = pipeline.platform.look_for, []

    def noted(sought: Sought, *account: Any) -> Any:
        asked.append(sought)
        return look_for(sought, *account)

    pipeline.platform.look_for = noted  # type: ignore[method-assign]
    begun = pipeline.clock()
    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.pass_time(300)

    assert [sought.request.body for sought in asked] == [body for _, body, _ in pipeline.platform.calls]
    assert all(sought.attempted_at <= begun for sought in asked)


def test_an_order_that_was_lost_is_sent_again_after_two_looks_a_settle_time_apart() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn("lost", "accepted")
    looks: list[float] = []
    look_for = pipeline.platform.look_for

    def timed(*arguments: Any) -> Any:
        looks.append(pipeline.clock().timestamp())
        return look_for(*arguments)

    pipeline.platform.look_for = timed  # type: ignore[method-assign]
    pipeline.forward_order(pipeline.queue(ORDER))
    sent_at = pipeline.clock().timestamp()
    pipeline.pass_time(300, step=5)

    assert pipeline.state_of(ORDER) is S.SENT
    assert len(pipeline.platform.calls) == 2
    assert len({body for _, body, _ in pipeline.platform.calls}) == 1
    assert [seconds - sent_at for seconds in looks] == [5, 10, SETTLE_SECONDS, 2 * SETTLE_SECONDS], "a step is 5 s"


def test_a_platform_whose_lists_lag_less_than_the_settle_time_never_gets_an_order_twice() -> None:
    pipeline = Pipeline()
    pipeline.platform.lag_seconds = 2 * SETTLE_SECONDS - 1
    pipeline.platform.answer = always("lost after")

    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.pass_time(600, step=1)

    assert pipeline.platform.times_held()[ORDER.code] == 1


def test_looks_that_fail_are_repeated_and_never_lead_to_another_order() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = always("lost after")
    pipeline.platform.look_fails = in_turn(True, True, False)

    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.pass_time(900)

    assert pipeline.state_of(ORDER) is S.SENT
    assert len(pipeline.platform.calls) == 1


@pytest.mark.parametrize("can_look", [True, False])
def test_a_message_that_finds_an_attempt_alive_leaves_it_alone(can_look: bool) -> None:
    pipeline = Pipeline(can_look=can_look)
    message = pipeline.queue(ORDER)
    pipeline.steps.at(steps_until(pipeline, "before create order"), die)
    with pytest.raises(Died):
        pipeline.forward_order(message)
    sending = pipeline.forward_of(ORDER)
    assert sending.state is S.SENDING

    pipeline.clock.move(FUNCTION_TIMEOUT_SECONDS)
    assert pipeline.forward_order(message) == sending
    assert (pipeline.platform.calls, pipeline.platform.looks) == ([], 0)
