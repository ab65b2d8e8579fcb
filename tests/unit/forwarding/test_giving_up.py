"""No order is sent for ever: what counts against it, what does not, and what becomes of one that is given up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from orderbridge.channels.channel import MAX_ATTEMPTS
from orderbridge.channels.outcomes import Refused
from orderbridge.forwarding.forward.attempts import LONGEST_QUESTION_SECONDS, note_proof, settle_attempt
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.values.times import to_iso
from tests.fakes.outward import Answer
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import CANCELLING, NOW, SIRCLO, order
from tests.unit.forwarding.forward_cases import GRACE, sending
from tests.unit.forwarding.sending_cases import ORDER, always

S = ForwardState
A_DAY = LONGEST_QUESTION_SECONDS


def house_where(answer: Answer, *, can_look: bool = True, max_attempts: int | None = None) -> Pipeline:
    pipeline = Pipeline(can_look=can_look)
    pipeline.platform.answer = always(answer)
    if max_attempts is not None:
        channel = pipeline.channel()
        pipeline.channels.by_name[SIRCLO.name] = replace(
            channel, settings={**channel.settings, "max_attempts": max_attempts}
        )
    pipeline.queue(ORDER)
    return pipeline


@pytest.mark.parametrize("answer", ["lost", "turned away", "says that it is there"])
def test_an_order_that_a_platform_never_takes_waits_for_a_person_after_eight_attempts(answer: Answer) -> None:
    pipeline = house_where(answer)
    pipeline.pass_time(3600, step=5)

    forward = pipeline.forward_of(ORDER)
    assert (forward.state, len(pipeline.platform.calls)) == (S.IN_DOUBT, MAX_ATTEMPTS)
    assert "not taken in 8 attempts, though the channel is well" in (forward.error or "")
    assert pipeline.events_of(ORDER)[-1] == "ForwardInDoubt"

    pipeline.pass_time(A_DAY, step=60)
    assert len(pipeline.platform.calls) == MAX_ATTEMPTS, "and it stays there"


@pytest.mark.parametrize("max_attempts", [1, 3])
def test_how_many_attempts_is_a_setting_of_the_channel(max_attempts: int) -> None:
    pipeline = house_where("lost", max_attempts=max_attempts)
    pipeline.pass_time(3600, step=5)
    assert (pipeline.state_of(ORDER), len(pipeline.platform.calls)) == (S.IN_DOUBT, max_attempts)


def test_the_last_words_of_the_platform_are_in_the_reason() -> None:
    pipeline = house_where("turned away", max_attempts=1)
    pipeline.pass_time(300, step=5)
    assert "404: default backend" in (pipeline.forward_of(ORDER).error or "")


@pytest.mark.parametrize("answer", ["forbidden", "turned away"])
def test_where_nobody_looks_a_read_proves_that_the_channel_is_well(answer: Answer) -> None:
    pipeline = house_where(answer, can_look=answer == "forbidden")
    pipeline.pass_time(3600, step=5)

    forward = pipeline.forward_of(ORDER)
    assert (forward.state, len(pipeline.platform.calls), forward.is_absent) == (S.IN_DOUBT, MAX_ATTEMPTS, True)
    assert pipeline.platform.probes == MAX_ATTEMPTS
    assert pipeline.channel().state == "active"


def test_without_such_proof_it_waits_a_day_more() -> None:
    pipeline = Pipeline(can_look=False)
    pipeline.platform.answer, pipeline.platform.probe_answer = always("turned away"), always("404")
    pipeline.queue(ORDER)
    pipeline.pass_time(A_DAY - 3600, step=60)
    assert pipeline.state_of(ORDER) in (S.QUEUED, S.PAUSED)
    assert pipeline.forward_of(ORDER).strikes == 0


def test_tries_without_proof_count_after_a_day_and_not_before() -> None:
    tried = sending(tries=MAX_ATTEMPTS + 5, tried_since=to_iso(NOW))
    refused = Refused("403", credentials=True, perhaps_of_order=True)
    for seconds, state in ((A_DAY - 1, S.QUEUED), (A_DAY, S.IN_DOUBT)):
        at = NOW + timedelta(seconds=seconds)
        assert settle_attempt(tried, refused, at, 0, GRACE, None).forward.state is state


@pytest.mark.parametrize("answer", ["refused", "not sent", "unavailable"])
def test_what_is_about_the_platform_never_counts_against_an_order(answer: Answer) -> None:
    pipeline = house_where(answer)
    pipeline.pass_time(20 * 3600, step=60)
    forward = pipeline.forward_of(ORDER)
    assert forward.state in (S.QUEUED, S.PAUSED, S.SENDING)
    assert (forward.tries, forward.strikes) == (0, 0)
    assert len(pipeline.platform.calls) > MAX_ATTEMPTS

    pipeline.platform.answer = always("accepted")
    pipeline.pass_time(600, step=5)
    assert pipeline.state_of(ORDER) is S.SENT


def test_a_worker_that_dies_with_the_call_in_the_air_counts_as_a_try() -> None:
    """An order may be what kills it."""
    pipeline = house_where("lost", max_attempts=2)
    request = FrozenRequest("POST", "/orders", json.dumps({"order": ORDER.code}).encode())
    begun = replace(sending(), key=ORDER.key, code=ORDER.code, channel=ORDER.channels[0], body_hash=request.body_hash)
    pipeline.store.freeze(begun, request)
    pipeline.store.forwards[ORDER.key, SIRCLO.name] = begun
    pipeline.pass_time(1200, step=5)

    assert pipeline.state_of(ORDER) is S.IN_DOUBT
    assert len(pipeline.platform.calls) == 1, "and the one of the worker that died"


def test_one_such_order_holds_up_no_other() -> None:
    pipeline = Pipeline()
    poison = ORDER.code
    create = pipeline.platform.create_order

    def create_order(request, channel, credentials):  # type: ignore[no-untyped-def]
        pipeline.platform.answer = always("lost" if poison.encode() in request.body else "accepted")
        return create(request, channel, credentials)

    pipeline.platform.create_order = create_order  # type: ignore[method-assign]
    others = [order(f"SO-20250101-000{number:02}") for number in range(2, 32)]
    pipeline.queue(ORDER)
    for other in others:
        pipeline.queue(other)
        pipeline.pass_time(30, step=10)
    pipeline.pass_time(600, step=10)

    assert {pipeline.state_of(other) for other in others} == {S.SENT}
    assert pipeline.state_of(ORDER) is S.IN_DOUBT
    assert pipeline.channel().breaker.is_closed


# --- afterwards -------------------------------------------------------------------------------------------------------


def given_up(answer: Answer = "lost") -> Pipeline:
    pipeline = house_where(answer, max_attempts=2)
    pipeline.pass_time(600, step=5)
    assert pipeline.state_of(ORDER) is S.IN_DOUBT
    return pipeline


def test_a_retry_starts_the_count_again() -> None:
    pipeline = given_up()
    pipeline.mover().retry(ORDER.key, SIRCLO.name)
    pipeline.pass_time(600, step=5)
    assert (pipeline.state_of(ORDER), len(pipeline.platform.calls)) == (S.IN_DOUBT, 4)

    pipeline.mover().retry(ORDER.key, SIRCLO.name)
    pipeline.platform.answer = always("accepted")
    pipeline.pass_time(600, step=5)
    assert pipeline.state_of(ORDER) is S.SENT


def test_its_partner_can_still_cancel_what_is_certainly_not_there() -> None:
    pipeline = given_up()
    assert pipeline.forward_of(ORDER).is_absent
    (answer,) = pipeline.cancel(ORDER, CANCELLING)
    assert (answer.cancel, pipeline.state_of(ORDER)) == ("cancelled", S.CANCELLED)


def test_what_the_platform_says_it_holds_is_not_cancelled_though_no_look_has_found_it() -> None:
    pipeline = given_up("says that it is there")
    assert not pipeline.forward_of(ORDER).is_absent
    (answer,) = pipeline.cancel(ORDER, CANCELLING)
    assert (answer.cancel, pipeline.state_of(ORDER)) == ("requested", S.IN_DOUBT)


def test_a_proof_counts_once_and_only_of_what_is_to_be_sent_again() -> None:
    waiting = settle_attempt(
        sending(), Refused("403", credentials=True, perhaps_of_order=True), NOW, 0, GRACE, None
    ).forward
    struck = note_proof(waiting, NOW, 2)
    assert (struck.forward.strikes, struck.entry) == (1, None)
    assert note_proof(struck.forward, NOW, 2).forward.state is S.IN_DOUBT
