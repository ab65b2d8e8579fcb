"""What should not have happened: the forward says so, once, and is tried again; somebody hears each time."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.channels.outcomes import Accepted
from orderbridge.forwarding.forward.attempts import LONGEST_QUESTION_SECONDS, LONGEST_RETRY_SECONDS
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.values.times import from_iso
from tests.fakes.pipeline import FUNCTION_TIMEOUT_SECONDS, Pipeline
from tests.fakes.samples import SIRCLO
from tests.fakes.steps import PortFailed, fail
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn, steps_until

S = ForwardState
PERSONAL = "Jl. Sudirman No. 1"


class Defect(Exception):
    """One of our own."""


def seconds_until(pipeline: Pipeline, text: str | None) -> float:
    assert text is not None
    return (from_iso(text) - pipeline.clock()).total_seconds()


# --- before a byte has left -------------------------------------------------------------------------------------------


def test_a_request_that_cannot_be_built_is_deferred_with_the_reason() -> None:
    pipeline = Pipeline()
    pipeline.platform.defect = Defect(PERSONAL)

    forward = pipeline.forward_order(pipeline.queue(ORDER))

    assert (forward.state, forward.attempts) == (S.QUEUED, 0)
    assert forward.error is not None
    assert "Defect" in forward.error
    assert PERSONAL not in forward.error, "the message of an exception may quote an order"
    assert 0 < seconds_until(pipeline, forward.not_before) <= 2
    assert pipeline.failures == [pipeline.platform.defect]
    assert pipeline.events_of(ORDER) == ["ForwardQueued", "ForwardPutOff"]
    assert pipeline.platform.calls == []


def test_it_is_tried_ever_more_rarely_and_said_once() -> None:
    pipeline = Pipeline()
    pipeline.platform.defect = Defect()
    pipeline.queue(ORDER)

    pipeline.pass_time(24 * 3600, step=60)

    assert pipeline.events_of(ORDER) == ["ForwardQueued", "ForwardPutOff"]
    assert pipeline.forward_of(ORDER).deferrals == len(pipeline.failures)
    assert 24 * 3600 / LONGEST_RETRY_SECONDS <= len(pipeline.failures) <= 150
    assert pipeline.queues.visible() == [], "and messages do not pile up"


def test_once_it_is_mended_the_order_goes_by_itself() -> None:
    pipeline = Pipeline()
    pipeline.platform.defect = Defect()
    pipeline.queue(ORDER)
    pipeline.pass_time(3600)

    pipeline.platform.defect = None
    pipeline.pass_time(1200)

    forward = pipeline.forward_of(ORDER)
    assert (forward.state, forward.error, forward.deferrals) == (S.SENT, None, 0)


def test_it_comes_again_by_its_own_message() -> None:
    pipeline = Pipeline()
    pipeline.platform.defect = Defect()
    message = pipeline.queue(ORDER)
    pipeline.forward_order(message)
    pipeline.queues.remove(message)

    assert pipeline.queues.visible() == []
    pipeline.clock.move(2)
    assert pipeline.queues.visible() == [message]


def test_another_reason_is_another_line() -> None:
    pipeline = Pipeline()
    for defect in (Defect(), Defect(), KeyError(), Defect()):
        pipeline.platform.defect = defect
        pipeline.queues.sent.clear()
        pipeline.clock.move(LONGEST_RETRY_SECONDS)
        pipeline.forward_order(pipeline.queue(ORDER) if not pipeline.store.orders else pipeline.message_of(ORDER))

    assert pipeline.events_of(ORDER).count("ForwardPutOff") == 3


def test_a_message_that_comes_too_soon_is_not_obeyed() -> None:
    pipeline = Pipeline()
    pipeline.platform.defect = Defect()
    message = pipeline.queue(ORDER)
    forward = pipeline.forward_order(message)

    assert [pipeline.forward_order(message) for _ in range(3)] == [forward] * 3
    assert len(pipeline.failures) == 1


def test_an_order_that_waits_for_a_mapping_says_both() -> None:
    pipeline = Pipeline()
    pipeline.unmap("product", "PROD-001")
    message = pipeline.queue(ORDER)
    waiting = pipeline.forward_order(message)
    pipeline.platform.defect = Defect()

    forward = pipeline.forward_order(message)
    assert (forward.state, forward.missing) == (S.NEEDS_MAPPING, waiting.missing)
    assert "Defect" in (forward.error or "")

    pipeline.platform.defect = None
    pipeline.clock.move(5)
    assert pipeline.forward_order(message).error is None
    pipeline.import_mapping("product", "PROD-001", "product 1")
    pipeline.run_queue()
    assert pipeline.state_of(ORDER) is S.SENT


def test_a_look_up_that_fails_leaves_the_order_waiting_for_its_mapping() -> None:
    pipeline = Pipeline()
    pipeline.unmap("product", "PROD-001")
    defect = Defect()

    def find_mappings(*_: Any) -> Any:
        raise defect

    pipeline.platform.find_mappings = find_mappings  # type: ignore[method-assign]

    assert pipeline.forward_order(pipeline.queue(ORDER)).state is S.NEEDS_MAPPING
    assert pipeline.failures == [defect]


@pytest.mark.parametrize("step", range(2, 16))
def test_whatever_fails_before_the_lease_is_written_the_order_arrives_once(step: int) -> None:
    pipeline = Pipeline()
    message = pipeline.queue(ORDER)
    assert steps_until(pipeline, "before create order") < 16
    pipeline.steps.at(step, fail)

    try:
        forward = pipeline.forward_order(message)
    except PortFailed:
        pipeline.steps.clear()  # the message comes back
    else:
        pipeline.queues.remove(message)
        if pipeline.failures:
            assert forward.error is not None
    pipeline.steps.clear()
    pipeline.pass_time(300)

    assert pipeline.state_of(ORDER) is S.SENT
    assert len(pipeline.platform.calls) == 1


def test_where_not_even_the_reason_can_be_written_the_message_comes_back() -> None:
    pipeline = Pipeline()
    pipeline.platform.defect = Defect()
    message = pipeline.queue(ORDER)
    before = pipeline.forward_of(ORDER)

    def save(*_: Any, **__: Any) -> Any:
        raise PortFailed

    pipeline.store.save = save  # type: ignore[method-assign]
    with pytest.raises(Defect):
        pipeline.forward_order(message)
    assert pipeline.forward_of(ORDER) == before


# --- after it ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("can_look", [True, False])
def test_a_failure_with_the_attempt_under_way_leaves_it_unknown_and_says_so(can_look: bool) -> None:
    pipeline = Pipeline(can_look=can_look)
    create = pipeline.platform.create_order

    def create_order(request: FrozenRequest, *rest: Any) -> Any:
        create(request, *rest)
        raise Defect(PERSONAL)

    pipeline.platform.create_order = create_order  # type: ignore[method-assign]
    forward = pipeline.forward_order(pipeline.queue(ORDER))
    assert forward.state is (S.SENDING if can_look else S.IN_DOUBT)
    assert "an unexpected Defect" in (forward.error or "")
    assert PERSONAL not in (forward.error or "")
    assert [type(failure) for failure in pipeline.failures] == [Defect], "and somebody is told"

    pipeline.pass_time(FUNCTION_TIMEOUT_SECONDS + 600)

    assert pipeline.state_of(ORDER) is (S.SENT if can_look else S.IN_DOUBT)
    assert len(pipeline.platform.calls) == 1


def lost() -> Pipeline:
    """An order that the platform holds and has not answered for."""
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn("lost after", "accepted")
    pipeline.forward_order(pipeline.queue(ORDER))
    return pipeline


def test_a_look_that_cannot_be_made_says_why_and_counts_as_none() -> None:
    pipeline = lost()
    pipeline.platform.defect = Defect(PERSONAL)

    pipeline.pass_time(3600)

    forward = pipeline.forward_of(ORDER)
    assert (forward.state, forward.negative_looks) == (S.SENDING, 0)
    assert "Defect" in (forward.error or "")
    assert PERSONAL not in (forward.error or "")
    assert pipeline.failures

    pipeline.platform.defect = None
    pipeline.pass_time(2000)
    assert pipeline.state_of(ORDER) is S.SENT
    assert len(pipeline.platform.calls) == 1


def test_where_the_channel_is_gone_a_person_is_asked_after_a_day() -> None:
    pipeline = lost()
    del pipeline.channels.by_name[SIRCLO.name]

    pipeline.pass_time(3600)
    forward = pipeline.forward_of(ORDER)
    assert (forward.state, forward.error) == (S.SENDING, "there is no channel sirclo-main on sirclo")

    pipeline.pass_time(LONGEST_QUESTION_SECONDS, step=120)
    forward = pipeline.forward_of(ORDER)
    assert (forward.state, forward.due_at) == (S.IN_DOUBT, None)
    assert "there is no channel" in (forward.error or "")


def test_a_cancel_that_cannot_be_asked_for_is_one_without_an_answer() -> None:
    pipeline = Pipeline(can_cancel=True)
    message = pipeline.queue(ORDER)
    pipeline.forward_order(message)
    pipeline.store.request_cancel(ORDER, "now", None, "later")
    pipeline.platform.defect = Defect(PERSONAL)

    forward = pipeline.forward_order(message)
    assert (forward.state, forward.cancel_answer) == (S.SENT, None)
    assert "Defect" in (forward.error or "")
    assert PERSONAL not in (forward.error or "")

    pipeline.platform.defect = None
    pipeline.platform.cancel_answer = always(Accepted(None))
    pipeline.pass_time(120)
    assert pipeline.state_of(ORDER) is S.CANCELLED
