"""A channel that is closed or not set up as it should be keeps its orders, each with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.forwarding.forward.states import ForwardState
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import SIRCLO, order
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn, steps_until

S = ForwardState


def test_a_paused_channel_keeps_its_forwards_and_lets_them_go_when_it_is_resumed() -> None:
    pipeline = Pipeline()
    pipeline.channels.pause(SIRCLO, "maintenance", "")

    forward = pipeline.forward_order(pipeline.queue(ORDER))
    assert (forward.state, forward.error) == (S.PAUSED, "maintenance")
    pipeline.pass_time(3600)
    assert pipeline.platform.calls == []
    assert pipeline.events_of(ORDER).count("ForwardPaused") == 1

    pipeline.resume()
    pipeline.run_queue()
    assert pipeline.state_of(ORDER) is S.SENT


@pytest.mark.parametrize("step", range(8))
def test_a_resume_in_between_is_never_missed(step: int) -> None:
    pipeline = Pipeline()
    pipeline.channels.pause(SIRCLO, "maintenance", "")
    message = pipeline.queue(ORDER)
    pipeline.steps.at(step, pipeline.resume)

    pipeline.forward_order(message)
    pipeline.steps.clear()
    pipeline.queues.remove(message)
    pipeline.run_queue()

    if pipeline.channel().state == "active":
        assert pipeline.state_of(ORDER) is S.SENT


def test_refused_credentials_pause_the_channel_and_say_so() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn("refused credentials", "accepted")
    orders = [order(f"SO-20250101-0000{number}") for number in (1, 2, 3)]
    for each in orders:
        pipeline.queue(each)
    pipeline.run_queue()

    assert [pipeline.state_of(each) for each in orders] == [S.PAUSED] * 3
    assert "credentials" in (pipeline.channel().paused_reason or "")
    assert len(pipeline.platform.calls) == 1

    pipeline.resume()
    pipeline.run_queue()
    assert [pipeline.state_of(each) for each in orders] == [S.SENT] * 3


def test_an_order_that_is_forbidden_stops_nobody_elses_while_the_channel_lets_others_in() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn("forbidden", "accepted")
    pipeline.forward_order(pipeline.queue(ORDER))
    another = order("SO-20250101-00002")
    pipeline.forward_order(pipeline.queue(another))

    assert pipeline.channel().state == "active"
    assert pipeline.state_of(another) is S.SENT
    forward = pipeline.forward_of(ORDER)
    assert (forward.state, forward.error) == (S.QUEUED, "403: request blocked")


def test_a_channel_that_forbids_reading_as_well_is_paused() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer, pipeline.platform.probe_answer = (
        always("forbidden"),
        always("403: this account is closed"),
    )
    assert pipeline.forward_order(pipeline.queue(ORDER)).state is S.PAUSED
    assert pipeline.channel().state == "paused"


def test_an_order_whose_turn_is_far_ahead_waits_in_the_queue_and_not_in_the_worker() -> None:
    pipeline = Pipeline()
    pipeline.platform.turn_in = 30
    message = pipeline.queue(ORDER)
    for _ in range(5):
        pipeline.forward_order(message)

    assert pipeline.platform.calls == []
    assert (pipeline.state_of(ORDER), pipeline.events_of(ORDER)) == (S.QUEUED, ["ForwardQueued"])
    assert len(pipeline.queues.sent) == 2, "the message that was there, and one of our own however often we were asked"

    pipeline.platform.turn_in = 0
    pipeline.pass_time(60)
    assert pipeline.state_of(ORDER) is S.SENT


def test_credentials_that_were_replaced_meanwhile_are_tried_before_anybody_is_called() -> None:
    """A worker remembers credentials for a while; that the old ones are refused says nothing about the new ones."""
    pipeline = Pipeline()
    pipeline.forward_order(pipeline.queue(order("SO-20250101-00002")))
    pipeline.credentials.stored[SIRCLO.name] = {"api_key": "the second"}
    create = pipeline.platform.create_order

    def create_order(request: Any, channel: Any, credentials: Any) -> Any:
        pipeline.platform.answer = always(
            "accepted" if credentials["api_key"] == "the second" else "refused credentials"
        )
        return create(request, channel, credentials)

    pipeline.platform.create_order = create_order  # type: ignore[method-assign]
    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.pass_time(60)

    assert (pipeline.channel().state, pipeline.state_of(ORDER)) == ("active", S.SENT)


def test_credentials_that_are_taken_away_while_the_platform_refuses_them_are_missing() -> None:
    pipeline = Pipeline()
    message = pipeline.queue(ORDER)
    pipeline.platform.answer = in_turn("refused credentials", "accepted")
    pipeline.steps.at(steps_until(pipeline, "after create order"), pipeline.take_away_credentials)

    assert pipeline.forward_order(message).state is S.PAUSED
    assert "has no credentials" in (pipeline.forward_of(ORDER).error or "")

    pipeline.set_up()
    pipeline.pass_time(60)
    assert pipeline.state_of(ORDER) is S.SENT


# --- channels that are not set up as they should be -------------------------------------------------------------------


def take_away_the_channel(pipeline: Pipeline) -> None:
    del pipeline.channels.by_name[SIRCLO.name]


def take_away_the_credentials(pipeline: Pipeline) -> None:
    pipeline.credentials.forget(SIRCLO.name)


def spoil_the_credentials(pipeline: Pipeline) -> None:
    pipeline.take_away_credentials()
    pipeline.credentials.stored[SIRCLO.name] = {"api_kay": "a misspelt one"}


def spoil_the_settings(pipeline: Pipeline) -> None:
    pipeline.channels.by_name[SIRCLO.name] = replace(pipeline.channel(), settings={"base_url": "ftp://sirclo.test"})


UNUSABLE = [
    (take_away_the_channel, "there is no channel sirclo-main on sirclo"),
    (take_away_the_credentials, "the channel sirclo-main has no credentials"),
    (spoil_the_credentials, "the credentials of the channel sirclo-main cannot be used"),
    (spoil_the_settings, "the settings of the channel sirclo-main cannot be used"),
]


@pytest.mark.parametrize(("spoil", "reason"), UNUSABLE)
def test_an_order_waits_with_the_reason_until_its_channel_is_set_up(
    spoil: Callable[[Pipeline], None], reason: str
) -> None:
    pipeline = Pipeline()
    message = pipeline.queue(ORDER)
    spoil(pipeline)

    forward = pipeline.forward_order(message)
    pipeline.pass_time(7200)

    assert (forward.state, forward.error) == (S.PAUSED, reason)
    assert pipeline.forward_of(ORDER).error == reason
    assert pipeline.events_of(ORDER) == ["ForwardQueued", "ForwardPaused"], "it is said once, however often it is tried"
    assert pipeline.platform.calls == []
    assert 0 < len(pipeline.failures) < 20, "somebody is told, and it is not tried all the time"

    pipeline.set_up()
    pipeline.run_queue()
    assert pipeline.state_of(ORDER) is S.SENT


@pytest.mark.parametrize(("spoil", "_"), UNUSABLE)
@pytest.mark.parametrize("step", range(10))
def test_setting_up_in_between_is_never_missed(step: int, spoil: Callable[[Pipeline], None], _: str) -> None:
    pipeline = Pipeline()
    message = pipeline.queue(ORDER)
    spoil(pipeline)
    pipeline.steps.at(step, pipeline.set_up)

    pipeline.forward_order(message)
    was_set_up = pipeline.steps.is_done
    pipeline.steps.clear()
    pipeline.queues.remove(message)
    pipeline.run_queue()

    assert pipeline.state_of(ORDER) is (S.SENT if was_set_up else S.PAUSED)


def test_an_order_that_waits_for_a_mapping_goes_on_waiting_for_it_while_the_channel_cannot_be_used() -> None:
    pipeline = Pipeline()
    pipeline.unmap("product", "PROD-001")
    message = pipeline.queue(ORDER)
    waiting = pipeline.forward_order(message)
    take_away_the_channel(pipeline)

    assert pipeline.forward_order(message) == waiting
    assert waiting.missing


def test_a_channel_that_fails_again_and_again_is_left_alone_until_a_read_succeeds() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = always("not sent")
    pipeline.platform.probe_answer = always("connection refused")
    orders = [order(f"SO-20250101-000{number:02}") for number in range(1, 31)]
    for each in orders:
        pipeline.queue(each)
    pipeline.pass_time(3600)
    assert {pipeline.state_of(each) for each in orders} == {S.PAUSED}
    calls = len(pipeline.platform.calls)
    assert calls <= 20, "after ten failures in a row only probes go out"

    pipeline.pass_time(3600)
    assert len(pipeline.platform.calls) == calls

    pipeline.platform.answer = always("accepted")
    pipeline.platform.probe_answer = always(None)
    pipeline.pass_time(1200)
    assert {pipeline.state_of(each) for each in orders} == {S.SENT}
    assert set(pipeline.platform.times_held().values()) == {1}


def test_a_channel_that_asks_for_an_hour_gets_it_and_no_message_is_delayed_longer_than_a_queue_can() -> None:
    pipeline = Pipeline()
    pipeline.platform.answer = in_turn("refused for an hour", "accepted")
    pipeline.platform.probe_answer = always("429")
    others = [order(f"SO-20250101-0000{number}") for number in (2, 3)]
    pipeline.forward_order(pipeline.queue(ORDER))

    for other in others:
        pipeline.forward_order(pipeline.queue(other))
    pipeline.platform.probe_answer = always(None)
    pipeline.pass_time(5000)

    assert [pipeline.state_of(each) for each in (ORDER, *others)] == [S.SENT] * 3
