"""What is kept of an attempt: nothing where it ended as SENT, else its answer, which never changes the outcome."""

from __future__ import annotations

import pytest

from orderbridge.forwarding.forward.states import ForwardState
from tests.fakes.pipeline import Pipeline
from tests.fakes.steps import PortFailed, fail
from tests.unit.forwarding.sending_cases import ORDER, always

S = ForwardState


def kept(pipeline: Pipeline) -> list[str]:
    return [answer.attempt_id for answers in pipeline.store.answers.values() for answer in answers]


def test_an_attempt_that_ends_as_sent_writes_nothing_more() -> None:
    pipeline = Pipeline()

    assert pipeline.forward_order(pipeline.queue(ORDER)).state is S.SENT
    assert "keep_answer" not in pipeline.store.writes


def test_the_answer_comes_after_the_outcome() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = always("rejected")

    forward = pipeline.forward_order(pipeline.queue(ORDER))

    assert forward.state is S.REJECTED
    assert kept(pipeline) == [forward.attempt_id or "attempt-1"]
    assert pipeline.store.writes[-2:] == ["save", "keep_answer"]


@pytest.mark.parametrize("place", ["before keep_answer", "after keep_answer"])
def test_an_answer_that_cannot_be_kept_changes_nothing_and_somebody_is_told(place: str) -> None:
    usual, failing = Pipeline(), Pipeline()
    for pipeline in (usual, failing):
        pipeline.platform.answer = always("rejected")
        pipeline.queue(ORDER)
        pipeline.steps.taken.clear()
    expected = usual.forward_order(usual.message_of(ORDER))
    failing.steps.at(usual.steps.taken.index(place), fail)

    assert failing.forward_order(failing.message_of(ORDER)) == expected
    assert [type(failure) for failure in failing.failures] == [PortFailed]
    assert failing.steps.is_done
