"""An operator sends a forward again, or says that its platform does not hold it: the platform is looked at first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.values.ids import ChannelRef
from orderbridge_cli.operating.channels import OperateChannels
from orderbridge_cli.operating.refusals import OperationRefused
from tests.fakes.house import House
from tests.fakes.outward import Answer
from tests.fakes.samples import SIRCLO
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn

S = ForwardState


def house_in(state: ForwardState, *, is_held: bool, can_look: bool = True) -> House:
    """An order that is REJECTED, or IN_DOUBT, and that the platform holds or does not."""
    house = House(can_look=can_look)
    house.platform.answer = always("rejected")
    house.forward_order(house.queue(ORDER))
    house.queues.sent.clear()
    if is_held:
        house.platform.held.append((ORDER.code, house.clock()))
    forward = replace(house.forward_of(ORDER), state=state, error="why", due_at=None)
    house.store.forwards[ORDER.key, SIRCLO.name] = forward
    house.platform.answer = always("accepted")
    house.clock.move(120)
    return house


def retry(house: House) -> None:
    house.mover().retry(ORDER.key, SIRCLO.name)


def resolve_absent(house: House, *, unseen: bool = False) -> None:
    house.mover().resolve_absent(ORDER.key, SIRCLO.name, unseen=unseen)


# --- forwards retry ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [S.REJECTED, S.IN_DOUBT])
def test_a_retry_finds_an_order_that_is_there_after_all_and_sends_no_second(state: ForwardState) -> None:
    """A 408 was taken for a rejection, and after `forwards retry` Ngorder held two."""
    house = house_in(state, is_held=True)
    calls = len(house.platform.calls)

    retry(house)
    house.pass_time(300, step=1)

    assert (house.state_of(ORDER), house.forward_of(ORDER).external_id) == (S.SENT, f"id of {ORDER.code}")
    assert len(house.platform.calls) == calls
    assert house.platform.times_held()[ORDER.code] == 1


@pytest.mark.parametrize(("state", "seconds"), [(S.REJECTED, 10), (S.IN_DOUBT, 40)])
def test_a_retry_of_what_is_not_there_sends_it_once_it_has_been_looked_for(state: ForwardState, seconds: int) -> None:
    house = house_in(state, is_held=False)
    retry(house)
    assert house.state_of(ORDER) is S.SENDING

    house.pass_time(seconds, step=1)

    assert house.state_of(ORDER) is S.SENT
    assert house.platform.looks >= 1
    assert house.platform.times_held()[ORDER.code] == 1


def test_a_retry_right_after_an_attempt_waits_until_the_platforms_lists_must_show_it() -> None:
    house = House()
    house.platform.answer, house.platform.lag_seconds = in_turn("rejected", "accepted"), 25
    house.forward_order(house.queue(ORDER))
    house.platform.held.append((ORDER.code, house.clock()))  # and it took the order all the same

    retry(house)
    house.pass_time(300, step=1)

    assert (house.state_of(ORDER), house.platform.times_held()[ORDER.code]) == (S.SENT, 1)


def test_where_nobody_can_look_a_doubt_is_not_retried_and_a_rejection_is() -> None:
    house = house_in(S.IN_DOUBT, is_held=True, can_look=False)
    with pytest.raises(OperationRefused, match="look there, then use `forwards resolve`"):
        retry(house)

    house = house_in(S.REJECTED, is_held=False, can_look=False)
    retry(house)
    house.pass_time(60, step=1)
    assert house.state_of(ORDER) is S.SENT


def test_a_retry_is_on_the_timeline_with_who_it_was() -> None:
    house = house_in(S.REJECTED, is_held=False)
    house.mover("user/jane").retry(ORDER.key, SIRCLO.name)
    entry = house.store.timeline[ORDER.key][-1]
    assert (entry.event, entry.detail) == (
        "ForwardRetried",
        "by user/jane: out of REJECTED; the platform is looked at before it is sent again",
    )


# --- forwards resolve --absent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_absent", [False, True])
def test_what_is_found_at_the_platform_is_not_resolved_as_absent(is_absent: bool) -> None:
    house = house_in(S.IN_DOUBT, is_held=True)
    # What every look before has not shown may be shown by now.
    house.store.forwards[ORDER.key, SIRCLO.name] = replace(house.forward_of(ORDER), is_absent=is_absent)
    with pytest.raises(OperationRefused, match=rf"the platform holds it, as id of {ORDER.code}: .*--sent"):
        resolve_absent(house)
    with pytest.raises(OperationRefused):
        resolve_absent(house, unseen=True)
    assert house.state_of(ORDER) is S.IN_DOUBT


def test_what_is_not_found_there_is_sent_again_byte_for_byte() -> None:
    house = house_in(S.IN_DOUBT, is_held=False)
    house.map("customer", "CUST-001", "another customer")
    resolve_absent(house)
    house.run_queue()
    assert house.state_of(ORDER) is S.SENT
    assert len({body for _, body, _ in house.platform.calls}) == 1


def test_a_look_that_fails_resolves_nothing_unless_the_operator_vouches_for_it() -> None:
    house = house_in(S.IN_DOUBT, is_held=False)
    house.platform.look_fails = lambda: True
    with pytest.raises(OperationRefused, match=r"could not be looked at: 500.*--unseen"):
        resolve_absent(house)

    resolve_absent(house, unseen=True)
    entry = house.store.timeline[ORDER.key][-1]
    assert "on the operator's word, the look failed: 500" in (entry.detail or "")
    house.run_queue()
    assert house.state_of(ORDER) is S.SENT


def test_where_nobody_can_look_a_persons_word_is_all_there_is() -> None:
    house = house_in(S.IN_DOUBT, is_held=False, can_look=False)
    resolve_absent(house)
    house.run_queue()
    assert house.state_of(ORDER) is S.SENT


def test_only_a_doubt_is_resolved_and_the_platform_is_not_asked_about_anything_else() -> None:
    house = house_in(S.REJECTED, is_held=False)
    looks = house.platform.looks
    with pytest.raises(OperationRefused, match="only an IN_DOUBT forward"):
        resolve_absent(house)
    assert house.platform.looks == looks


# --- a rest that the platform has asked for ---------------------------------------------------------------------------


def resting(answer: Answer = "refused for an hour") -> House:
    house = House()
    house.platform.answer = in_turn(answer, "accepted")
    house.queue(ORDER)
    house.pass_time(600, step=10)
    assert house.state_of(ORDER) in (S.QUEUED, S.PAUSED)
    return house


def test_a_retry_shortens_a_rest_that_the_platform_has_asked_for() -> None:
    house = resting()
    retry(house)
    house.pass_time(5, step=1)
    assert house.state_of(ORDER) is S.SENT


def test_it_does_so_for_an_order_that_came_while_the_channel_rested() -> None:
    house = resting()
    other = replace(ORDER, key=replace(ORDER.key, reference="po:2"), code="SO-20250101-00002")
    house.queue(other)
    house.run_queue()
    assert house.state_of(other) is S.PAUSED

    house.mover().retry(other.key, SIRCLO.name)
    house.pass_time(5, step=1)
    assert house.state_of(other) is S.SENT


# --- channels resume --------------------------------------------------------------------------------------------------


def operate(house: House) -> OperateChannels:
    return OperateChannels(house.channels, house.credentials, house.release, house.clock)  # type: ignore[arg-type]


def test_resuming_a_channel_probes_it_now_and_lets_its_orders_go() -> None:
    house = resting()
    resumed = operate(house).resume(SIRCLO.name, lambda _: None, 60)
    assert (resumed.was_stopped, resumed.trouble, resumed.may_let_go) == (True, None, True)
    assert house.channel().breaker.is_closed


def test_a_channel_that_does_not_answer_is_probed_again_soon_whatever_rest_it_has_asked_for() -> None:
    house = resting()
    resumed = operate(house).resume(SIRCLO.name, lambda _: "503", 60)
    assert (resumed.was_stopped, resumed.trouble, resumed.may_let_go) == (True, "503", False)
    breaker = house.channel().breaker
    assert not breaker.is_closed
    house.clock.move(60)
    assert not breaker.blocks_at(house.clock())


def test_a_channel_that_was_paused_by_hand_is_resumed_whether_it_answers_or_not() -> None:
    house = House()
    house.channels.pause(ChannelRef(SIRCLO.name, SIRCLO.platform), "maintenance", "")
    resumed = operate(house).resume(SIRCLO.name, lambda _: "dns", 60)
    assert (resumed.was_stopped, resumed.trouble, resumed.may_let_go) == (True, "dns", True)
    assert (house.channel().state, house.channel().breaker.is_closed) == ("active", True)


def test_resuming_what_was_neither_paused_nor_broken_says_so() -> None:
    assert not operate(House()).resume(SIRCLO.name, lambda _: None, 60).was_stopped
