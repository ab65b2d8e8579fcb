"""Carrying an order to its platform at most once: the plain way, and what an operator does."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.forwarding.forward.interventions import resolve_absent, retry
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.sending import UnknownForward
from orderbridge.values.times import from_iso
from tests.fakes.pipeline import FUNCTION_TIMEOUT_SECONDS, Pipeline
from tests.fakes.samples import NGORDER, SIRCLO, order
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn

S = ForwardState


def test_a_queued_forward_is_sent_and_keeps_the_platforms_id() -> None:
    pipeline = Pipeline()

    forward = pipeline.forward_order(pipeline.queue(ORDER))

    assert (forward.state, forward.external_id, forward.attempts) == (S.SENT, f"id of {ORDER.code}", 1)
    assert pipeline.forward_of(ORDER) == forward
    assert pipeline.events_of(ORDER) == ["ForwardQueued", "AttemptStarted", "ForwardSent"]


def test_sending_its_lease_and_the_frozen_bytes_are_written_before_the_first_byte_leaves() -> None:
    pipeline = Pipeline()
    message = pipeline.queue(ORDER)
    seen: list[Any] = []
    create = pipeline.platform.create_order

    def watching(request: Any, *rest: Any) -> Any:
        key = (ORDER.key, SIRCLO.name)
        seen.append((pipeline.store.forwards[key], pipeline.store.request_of(pipeline.store.forwards[key]), request))
        return create(request, *rest)

    pipeline.platform.create_order = watching  # type: ignore[method-assign]
    pipeline.forward_order(message)

    ((forward, frozen, request),) = seen
    assert (forward.state, forward.attempt_id) == (S.SENDING, "attempt-1")
    assert frozen == request
    assert forward.body_hash == hashlib.sha256(request.body).hexdigest()
    lease = (from_iso(forward.lease_until) - pipeline.clock()).total_seconds()
    assert lease > FUNCTION_TIMEOUT_SECONDS


def test_a_message_that_comes_again_changes_nothing() -> None:
    pipeline = Pipeline()
    message = pipeline.queue(ORDER)
    first = pipeline.forward_order(message)

    assert [pipeline.forward_order(message) for _ in range(3)] == [first] * 3
    assert len(pipeline.platform.calls) == 1


def test_a_rejected_order_is_over_in_the_platforms_words() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = always("rejected")

    forward = pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.pass_time(3600)

    assert (forward.state, forward.error) == (S.REJECTED, "400: no such customer")
    assert len(pipeline.platform.calls) == 1


def test_a_message_for_a_forward_that_does_not_exist_is_an_error_that_a_person_sees() -> None:
    pipeline = Pipeline()
    with pytest.raises(UnknownForward):
        pipeline.forward_order(pipeline.message_of(ORDER))


def test_a_message_for_a_channel_of_another_platform_sends_nothing_and_is_an_error_that_a_person_sees() -> None:
    pipeline = Pipeline()
    message = pipeline.queue(order(channels=(NGORDER,)))
    with pytest.raises(UnknownForward):
        pipeline.forward_order(message)
    assert pipeline.platform.calls == []
    assert pipeline.store.forwards[message.key, NGORDER.name].state is S.QUEUED


# --- operators --------------------------------------------------------------------------------------------------------


def test_after_a_person_has_made_sure_the_same_bytes_are_sent_again() -> None:
    pipeline = Pipeline(can_look=False)
    pipeline.platform.answer = in_turn("lost", "accepted")
    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.map("product", "PROD-001", "another value by now")
    pipeline.store.save(resolve_absent(pipeline.forward_of(ORDER), pipeline.clock(), 60))

    pipeline.pass_time(120)

    assert pipeline.state_of(ORDER) is S.SENT
    assert len({body for _, body, _ in pipeline.platform.calls}) == 1


def test_a_rejected_order_that_is_tried_again_is_mapped_again() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn("rejected", "accepted")
    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.map("customer", "CUST-001", "the right customer")
    pipeline.store.save_unfrozen(retry(pipeline.forward_of(ORDER), pipeline.clock(), 60, can_look=True))

    pipeline.pass_time(120)

    assert pipeline.state_of(ORDER) is S.SENT
    assert b"the right customer" in pipeline.platform.calls[-1][1]


def test_an_order_of_several_channels_is_looked_up_by_its_own() -> None:
    pipeline = Pipeline()
    message = pipeline.queue(ORDER)

    with pytest.raises(UnknownForward):
        pipeline.forward_order(replace(message, channel=replace(SIRCLO, name="another")))


def test_an_order_that_was_begun_and_whose_request_is_gone_waits_for_a_person_and_is_not_mapped_anew() -> None:
    pipeline = Pipeline()
    message = pipeline.queue(ORDER)
    pipeline.platform.answer = in_turn("refused", "accepted")
    pipeline.forward_order(message)
    pipeline.store.requests.clear()
    pipeline.clock.move(60)

    forward = pipeline.forward_order(message)

    assert (forward.state, forward.is_absent) == (S.IN_DOUBT, False)
    assert forward.error == "its frozen request is gone, and no other is sent in its place"
    assert len(pipeline.platform.calls) == 1
