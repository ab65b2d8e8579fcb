"""A channel that is closed or not set up as it should be keeps its orders, each with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.forwarding.forward.states import ForwardState
from tests.fakes.house import House
from tests.fakes.samples import SIRCLO, order
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn, steps_until

S = ForwardState


def test_a_paused_channel_keeps_its_forwards_and_lets_them_go_when_it_is_resumed() -> None:
    house = House()
    house.channels.pause(SIRCLO, "maintenance", "")

    forward = house.forward_order(house.queue(ORDER))
    assert (forward.state, forward.error) == (S.PAUSED, "maintenance")
    house.pass_time(3600)
    assert house.platform.calls == []
    assert house.events_of(ORDER).count("ForwardPaused") == 1

    house.resume()
    house.run_queue()
    assert house.state_of(ORDER) is S.SENT


@pytest.mark.parametrize("step", range(8))
def test_a_resume_in_between_is_never_missed(step: int) -> None:
    house = House()
    house.channels.pause(SIRCLO, "maintenance", "")
    message = house.queue(ORDER)
    house.steps.at(step, house.resume)

    house.forward_order(message)
    house.steps.clear()
    house.queues.remove(message)
    house.run_queue()

    if house.channel().state == "active":
        assert house.state_of(ORDER) is S.SENT


def test_refused_credentials_pause_the_channel_and_say_so() -> None:
    house = House()
    house.platform.answer = in_turn("refused credentials", "accepted")
    orders = [order(f"SO-20250101-0000{number}") for number in (1, 2, 3)]
    for each in orders:
        house.queue(each)
    house.run_queue()

    assert [house.state_of(each) for each in orders] == [S.PAUSED] * 3
    assert "credentials" in (house.channel().paused_reason or "")
    assert len(house.platform.calls) == 1

    house.resume()
    house.run_queue()
    assert [house.state_of(each) for each in orders] == [S.SENT] * 3


def test_an_order_that_is_forbidden_stops_nobody_elses_while_the_channel_lets_others_in() -> None:
    house = House()
    house.platform.answer = in_turn("forbidden", "accepted")
    house.forward_order(house.queue(ORDER))
    another = order("SO-20250101-00002")
    house.forward_order(house.queue(another))

    assert house.channel().state == "active"
    assert house.state_of(another) is S.SENT
    forward = house.forward_of(ORDER)
    assert (forward.state, forward.error) == (S.QUEUED, "403: request blocked")


def test_a_channel_that_forbids_reading_as_well_is_paused() -> None:
    house = House()
    house.platform.answer, house.platform.probe_answer = always("forbidden"), always("403: this account is closed")
    assert house.forward_order(house.queue(ORDER)).state is S.PAUSED
    assert house.channel().state == "paused"


def test_an_order_whose_turn_is_far_ahead_waits_in_the_queue_and_not_in_the_worker() -> None:
    house = House()
    house.platform.turn_in = 30
    message = house.queue(ORDER)
    for _ in range(5):
        house.forward_order(message)

    assert house.platform.calls == []
    assert (house.state_of(ORDER), house.events_of(ORDER)) == (S.QUEUED, ["ForwardQueued"])
    assert len(house.queues.sent) == 2, "the message that was there, and one of our own however often we were asked"

    house.platform.turn_in = 0
    house.pass_time(60)
    assert house.state_of(ORDER) is S.SENT


def test_credentials_that_were_replaced_meanwhile_are_tried_before_anybody_is_called() -> None:
    """A worker remembers credentials for a while; that the old ones are refused says nothing about the new ones."""
    house = House()
    house.forward_order(house.queue(order("SO-20250101-00002")))
    house.credentials.stored[SIRCLO.name] = {"api_key": "the second"}
    create = house.platform.create_order

    def create_order(request: Any, channel: Any, credentials: Any) -> Any:
        house.platform.answer = always("accepted" if credentials["api_key"] == "the second" else "refused credentials")
        return create(request, channel, credentials)

    house.platform.create_order = create_order  # type: ignore[method-assign]
    house.forward_order(house.queue(ORDER))
    house.pass_time(60)

    assert (house.channel().state, house.state_of(ORDER)) == ("active", S.SENT)


def test_credentials_that_are_taken_away_while_the_platform_refuses_them_are_missing() -> None:
    house = House()
    message = house.queue(ORDER)
    house.platform.answer = in_turn("refused credentials", "accepted")
    house.steps.at(steps_until(house, "after create order"), house.take_away_credentials)

    assert house.forward_order(message).state is S.PAUSED
    assert "has no credentials" in (house.forward_of(ORDER).error or "")

    house.set_up()
    house.pass_time(60)
    assert house.state_of(ORDER) is S.SENT


# --- channels that are not set up as they should be -------------------------------------------------------------------


def take_away_the_channel(house: House) -> None:
    del house.channels.by_name[SIRCLO.name]


def take_away_the_credentials(house: House) -> None:
    house.credentials.forget(SIRCLO.name)


def spoil_the_credentials(house: House) -> None:
    house.take_away_credentials()
    house.credentials.stored[SIRCLO.name] = {"api_kay": "a misspelt one"}


def spoil_the_settings(house: House) -> None:
    house.channels.by_name[SIRCLO.name] = replace(house.channel(), settings={"base_url": "ftp://sirclo.test"})


UNUSABLE = [
    (take_away_the_channel, "there is no channel sirclo-main on sirclo"),
    (take_away_the_credentials, "the channel sirclo-main has no credentials"),
    (spoil_the_credentials, "the credentials of the channel sirclo-main cannot be used"),
    (spoil_the_settings, "the settings of the channel sirclo-main cannot be used"),
]


@pytest.mark.parametrize(("spoil", "reason"), UNUSABLE)
def test_an_order_waits_with_the_reason_until_its_channel_is_set_up(
    spoil: Callable[[House], None], reason: str
) -> None:
    house = House()
    message = house.queue(ORDER)
    spoil(house)

    forward = house.forward_order(message)
    house.pass_time(7200)

    assert (forward.state, forward.error) == (S.PAUSED, reason)
    assert house.forward_of(ORDER).error == reason
    assert house.events_of(ORDER) == ["ForwardQueued", "ForwardPaused"], "it is said once, however often it is tried"
    assert house.platform.calls == []
    assert 0 < len(house.failures) < 20, "somebody is told, and it is not tried all the time"

    house.set_up()
    house.run_queue()
    assert house.state_of(ORDER) is S.SENT


@pytest.mark.parametrize(("spoil", "_"), UNUSABLE)
@pytest.mark.parametrize("step", range(10))
def test_setting_up_in_between_is_never_missed(step: int, spoil: Callable[[House], None], _: str) -> None:
    house = House()
    message = house.queue(ORDER)
    spoil(house)
    house.steps.at(step, house.set_up)

    house.forward_order(message)
    was_set_up = house.steps.is_done
    house.steps.clear()
    house.queues.remove(message)
    house.run_queue()

    assert house.state_of(ORDER) is (S.SENT if was_set_up else S.PAUSED)


def test_an_order_that_waits_for_a_mapping_goes_on_waiting_for_it_while_the_channel_cannot_be_used() -> None:
    house = House()
    house.unmap("product", "PROD-001")
    message = house.queue(ORDER)
    waiting = house.forward_order(message)
    take_away_the_channel(house)

    assert house.forward_order(message) == waiting
    assert waiting.missing


def test_a_channel_that_fails_again_and_again_is_left_alone_until_a_read_succeeds() -> None:
    house = House()
    house.platform.answer = always("not sent")
    house.platform.probe_answer = always("connection refused")
    orders = [order(f"SO-20250101-000{number:02}") for number in range(1, 31)]
    for each in orders:
        house.queue(each)
    house.pass_time(3600)
    assert {house.state_of(each) for each in orders} == {S.PAUSED}
    calls = len(house.platform.calls)
    assert calls <= 20, "after ten failures in a row only probes go out"

    house.pass_time(3600)
    assert len(house.platform.calls) == calls

    house.platform.answer = always("accepted")
    house.platform.probe_answer = always(None)
    house.pass_time(1200)
    assert {house.state_of(each) for each in orders} == {S.SENT}
    assert set(house.platform.times_held().values()) == {1}


def test_a_channel_that_asks_for_an_hour_gets_it_and_no_message_is_delayed_longer_than_a_queue_can() -> None:
    house = House()
    house.platform.answer = in_turn("refused for an hour", "accepted")
    house.platform.probe_answer = always("429")
    others = [order(f"SO-20250101-0000{number}") for number in (2, 3)]
    house.forward_order(house.queue(ORDER))

    for other in others:
        house.forward_order(house.queue(other))
    house.platform.probe_answer = always(None)
    house.pass_time(5000)

    assert [house.state_of(each) for each in (ORDER, *others)] == [S.SENT] * 3
