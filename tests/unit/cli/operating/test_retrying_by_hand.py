"""An operator sends a forward again, or says that its platform does not hold it: the platform is looked at first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge_cli.operating.channels import OperateChannels
from orderbridge_cli.operating.refusals import OperationRefused
from tests.fakes.outward import Answer
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import SIRCLO
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn

S = ForwardState


def house_in(state: ForwardState, *, is_held: bool, can_look: bool = True) -> Pipeline:
    """An order that is REJECTED, or IN_DOUBT, and that the platform holds or does not."""
    pipeline = Pipeline(can_look=can_look)
    pipeline.platform.answer = always("rejected")
    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.queues.sent.clear()
    if is_held:
        pipeline.platform.held.append((ORDER.code, pipeline.clock()))
    forward = replace(pipeline.forward_of(ORDER), state=state, error="why", due_at=None)
    pipeline.store.forwards[ORDER.key, SIRCLO.name] = forward
    pipeline.platform.answer = always("accepted")
    pipeline.clock.move(120)
    return pipeline


def retry(pipeline: Pipeline) -> None:
    pipeline.mover().retry(ORDER.key, SIRCLO.name)


def resolve_absent(pipeline: Pipeline, *, unseen: bool = False) -> None:
    pipeline.mover().resolve_absent(ORDER.key, SIRCLO.name, unseen=unseen)


# --- forwards retry ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [S.REJECTED, S.IN_DOUBT])
def test_a_retry_finds_an_order_that_is_there_after_all_and_sends_no_second(state: ForwardState) -> None:
    """A 408 was taken for a rejection, and after `forwards retry` Ngorder held two."""
    pipeline = house_in(state, is_held=True)
    calls = len(pipeline.platform.calls)

    retry(pipeline)
    pipeline.pass_time(300, step=1)

    assert (pipeline.state_of(ORDER), pipeline.forward_of(ORDER).external_id) == (S.SENT, f"id of {ORDER.code}")
    assert len(pipeline.platform.calls) == calls
    assert pipeline.platform.times_held()[ORDER.code] == 1


@pytest.mark.parametrize(("state", "seconds"), [(S.REJECTED, 10), (S.IN_DOUBT, 40)])
def test_a_retry_of_what_is_not_there_sends_it_once_it_has_been_looked_for(state: ForwardState, seconds: int) -> None:
    pipeline = house_in(state, is_held=False)
    retry(pipeline)
    assert pipeline.state_of(ORDER) is S.SENDING

    pipeline.pass_time(seconds, step=1)

    assert pipeline.state_of(ORDER) is S.SENT
    assert pipeline.platform.looks >= 1
    assert pipeline.platform.times_held()[ORDER.code] == 1


def test_a_retry_right_after_an_attempt_waits_until_the_platforms_lists_must_show_it() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer, pipeline.platform.lag_seconds = in_turn("rejected", "accepted"), 25
    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.platform.held.append((ORDER.code, pipeline.clock()))  # and it took the order all the same

    retry(pipeline)
    pipeline.pass_time(300, step=1)

    assert (pipeline.state_of(ORDER), pipeline.platform.times_held()[ORDER.code]) == (S.SENT, 1)


def test_where_nobody_can_look_a_doubt_is_not_retried_and_a_rejection_is() -> None:
    pipeline = house_in(S.IN_DOUBT, is_held=True, can_look=False)
    with pytest.raises(OperationRefused, match="look there, then use `forwards resolve`"):
        retry(pipeline)

    pipeline = house_in(S.REJECTED, is_held=False, can_look=False)
    retry(pipeline)
    pipeline.pass_time(60, step=1)
    assert pipeline.state_of(ORDER) is S.SENT


def test_a_retry_is_on_the_timeline_with_who_it_was() -> None:
    pipeline = house_in(S.REJECTED, is_held=False)
    pipeline.mover("user/jane").retry(ORDER.key, SIRCLO.name)
    entry = pipeline.store.timeline[ORDER.key][-1]
    assert (entry.event, entry.detail) == (
        "ForwardRetried",
        "by user/jane: out of REJECTED; the platform is looked at before it is sent again",
    )


# --- forwards resolve --absent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_absent", [False, True])
def test_what_is_found_at_the_platform_is_not_resolved_as_absent(is_absent: bool) -> None:
    pipeline = house_in(S.IN_DOUBT, is_held=True)
    # What every look before has not shown may be shown by now.
    pipeline.store.forwards[ORDER.key, SIRCLO.name] = replace(pipeline.forward_of(ORDER), is_absent=is_absent)
    with pytest.raises(OperationRefused, match=rf"the platform holds it, as id of {ORDER.code}: .*--sent"):
        resolve_absent(pipeline)
    with pytest.raises(OperationRefused):
        resolve_absent(pipeline, unseen=True)
    assert pipeline.state_of(ORDER) is S.IN_DOUBT


def test_what_is_not_found_there_is_sent_again_byte_for_byte() -> None:
    pipeline = house_in(S.IN_DOUBT, is_held=False)
    pipeline.map("customer", "CUST-001", "another customer")
    resolve_absent(pipeline)
    pipeline.run_queue()
    assert pipeline.state_of(ORDER) is S.SENT
    assert len({body for _, body, _ in pipeline.platform.calls}) == 1


def test_a_look_that_fails_resolves_nothing_unless_the_operator_vouches_for_it() -> None:
    pipeline = house_in(S.IN_DOUBT, is_held=False)
    pipeline.platform.look_fails = lambda: True
    with pytest.raises(OperationRefused, match=r"could not be looked at: 500.*--unseen"):
        resolve_absent(pipeline)

    resolve_absent(pipeline, unseen=True)
    entry = pipeline.store.timeline[ORDER.key][-1]
    assert "on the operator's word, the look failed: 500" in (entry.detail or "")
    pipeline.run_queue()
    assert pipeline.state_of(ORDER) is S.SENT


def test_where_nobody_can_look_a_persons_word_is_all_there_is() -> None:
    pipeline = house_in(S.IN_DOUBT, is_held=False, can_look=False)
    resolve_absent(pipeline)
    pipeline.run_queue()
    assert pipeline.state_of(ORDER) is S.SENT


def test_only_a_doubt_is_resolved_and_the_platform_is_not_asked_about_anything_else() -> None:
    pipeline = house_in(S.REJECTED, is_held=False)
    looks = pipeline.platform.looks
    with pytest.raises(OperationRefused, match="only an IN_DOUBT forward"):
        resolve_absent(pipeline)
    assert pipeline.platform.looks == looks


# --- a rest that the platform has asked for ---------------------------------------------------------------------------


def resting(answer: Answer = "refused for an hour") -> Pipeline:
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn(answer, "accepted")
    pipeline.queue(ORDER)
    pipeline.pass_time(600, step=10)
    assert pipeline.state_of(ORDER) in (S.QUEUED, S.PAUSED)
    return pipeline


def test_a_retry_shortens_a_rest_that_the_platform_has_asked_for() -> None:
    pipeline = resting()
    retry(pipeline)
    pipeline.pass_time(5, step=1)
    assert pipeline.state_of(ORDER) is S.SENT


def test_it_does_so_for_an_order_that_came_while_the_channel_rested() -> None:
    pipeline = resting()
    other = replace(ORDER, key=OrderKey.of(ORDER.client_id, "po:2"), code="SO-20250101-00002")
    pipeline.queue(other)
    pipeline.run_queue()
    assert pipeline.state_of(other) is S.PAUSED

    pipeline.mover().retry(other.key, SIRCLO.name)
    pipeline.pass_time(5, step=1)
    assert pipeline.state_of(other) is S.SENT


# --- channels resume --------------------------------------------------------------------------------------------------


def operate(pipeline: Pipeline) -> OperateChannels:
    return OperateChannels(pipeline.channels, pipeline.credentials, pipeline.release, pipeline.clock)  # type: ignore[arg-type]


def test_resuming_a_channel_probes_it_now_and_lets_its_orders_go() -> None:
    pipeline = resting()
    resumed = operate(pipeline).resume(SIRCLO.name, lambda _: None, 60)
    assert (resumed.was_stopped, resumed.trouble, resumed.may_let_go) == (True, None, True)
    assert pipeline.channel().breaker.is_closed


def test_a_channel_that_does_not_answer_is_probed_again_soon_whatever_rest_it_has_asked_for() -> None:
    pipeline = resting()
    resumed = operate(pipeline).resume(SIRCLO.name, lambda _: "503", 60)
    assert (resumed.was_stopped, resumed.trouble, resumed.may_let_go) == (True, "503", False)
    breaker = pipeline.channel().breaker
    assert not breaker.is_closed
    pipeline.clock.move(60)
    assert not breaker.blocks_at(pipeline.clock())


def test_a_channel_that_was_paused_by_hand_is_resumed_whether_it_answers_or_not() -> None:
    pipeline = Pipeline()
    pipeline.channels.pause(ChannelRef(SIRCLO.name, SIRCLO.platform), "maintenance", "")
    resumed = operate(pipeline).resume(SIRCLO.name, lambda _: "dns", 60)
    assert (resumed.was_stopped, resumed.trouble, resumed.may_let_go) == (True, "dns", True)
    assert (pipeline.channel().state, pipeline.channel().breaker.is_closed) == ("active", True)


def test_resuming_what_was_neither_paused_nor_broken_says_so() -> None:
    assert not operate(Pipeline()).resume(SIRCLO.name, lambda _: None, 60).was_stopped


# --- a channel that is resumed ----------------------------------------------------------------------------------------


def test_what_waits_for_nothing_but_a_time_goes_on_at_once_and_nothing_else_does() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = always("refused")
    waits = pipeline.forward_order(pipeline.queue(ORDER))
    assert waits.state is S.QUEUED
    assert not waits.may_send_at(pipeline.clock())
    pipeline.platform.answer = always("accepted")

    (hastened,) = pipeline.mover().hasten_all(SIRCLO.name)

    assert hastened.may_send_at(pipeline.clock())
    assert list(pipeline.mover().hasten_all(SIRCLO.name)) == [], "it may go already"
    assert list(pipeline.mover().hasten_all("other")) == []
    pipeline.pass_time(5, step=1)
    assert pipeline.state_of(ORDER) is S.SENT
