"""What a platform did not process is sent again, later, and the same."""

from __future__ import annotations

import pytest

from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.values.times import from_iso
from tests.fakes.pipeline import Pipeline
from tests.unit.forwarding.sending_cases import ORDER, in_turn

S = ForwardState


@pytest.mark.parametrize("answer", ["refused", "not sent"])
def test_what_was_not_processed_is_sent_again_later_with_the_same_bytes(answer: str) -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn(answer, answer, "accepted")
    message = pipeline.queue(ORDER)

    forward = pipeline.forward_order(message)
    assert forward.state is S.QUEUED
    assert pipeline.forward_order(message) == forward, "a message that comes too soon is not obeyed"
    pipeline.map("product", "PROD-001", "another value by now")
    pipeline.pass_time(60, step=1)

    assert pipeline.state_of(ORDER) is S.SENT
    assert len(pipeline.platform.calls) == 3
    assert len({body for _, body, _ in pipeline.platform.calls}) == 1


def test_a_retry_comes_by_its_own_message_and_without_it_by_the_sweeper() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn("not sent", "accepted")
    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.queues.sent.clear()

    pipeline.clock.move(3)
    assert pipeline.queues.visible() == []
    pipeline.pass_time(120)

    assert pipeline.state_of(ORDER) is S.SENT


def test_longer_than_a_message_can_be_delayed_the_sweeper_remembers() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn("refused for an hour", "accepted")
    forward = pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.queues.sent.clear()

    assert forward.not_before is not None
    assert (from_iso(forward.not_before) - pipeline.clock()).total_seconds() == 3600
    pipeline.pass_time(3500)
    assert len(pipeline.platform.calls) == 1
    pipeline.pass_time(700)
    assert pipeline.state_of(ORDER) is S.SENT
