"""An operator's word on a forward, and what its partner wanted meanwhile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge_cli.operating.forwards import MoveForward
from tests.fakes.house import House
from tests.fakes.samples import CANCELLING, SIRCLO, order
from tests.fakes.steps import Died, die

S = ForwardState
OPERATOR = "assumed-role/Operator/jane"
ORDER = order()


def in_doubt() -> House:
    house = House(can_cancel=True)
    house.queue(ORDER)
    house.queues.sent.clear()
    doubtful = replace(house.forward_of(ORDER), state=S.IN_DOUBT, due_at=None, error="timeout")
    house.store.forwards[ORDER.key, SIRCLO.name] = doubtful
    house.platform.held.append((ORDER.code, house.clock()))
    house.steps.taken.clear()
    return house


def wish(house: House) -> None:
    """What the partner's `POST .../cancel` does."""
    house.cancel(ORDER, CANCELLING)


def mover(house: House) -> MoveForward:
    return house.mover(OPERATOR)


def resolve(house: House) -> Forward:
    return mover(house).resolve_sent(ORDER.key, SIRCLO.name, "4711")


def test_a_wish_to_cancel_outlives_the_doubt() -> None:
    house = in_doubt()
    wish(house)

    resolve(house)
    house.run_queue()

    assert house.state_of(ORDER) is S.CANCELLED
    assert house.platform.cancels == 1
    assert house.events_of(ORDER)[-2:] == ["ForwardResolved", "ForwardCancelled"]


def test_the_timeline_says_who_it_was() -> None:
    house = in_doubt()
    resolve(house)
    entry = house.store.timeline[ORDER.key][-1]
    assert entry.detail == "by assumed-role/Operator/jane: the platform holds it, external id 4711"


def test_without_a_wish_nothing_is_due_and_the_platform_is_not_asked() -> None:
    house = in_doubt()

    assert resolve(house).due_at is None
    house.pass_time(3600)

    assert house.forward_of(ORDER).due_at is None
    assert house.platform.cancels == 0
    assert house.state_of(ORDER) is S.SENT


def test_a_platform_that_cannot_cancel_leaves_nothing_due() -> None:
    house = in_doubt()
    forward = house.forward_of(ORDER)
    elsewhere = replace(forward, channel=replace(forward.channel, platform="salesmania"))
    house.store.forwards[ORDER.key, SIRCLO.name] = elsewhere
    wish(house)

    assert resolve(house).due_at is None
    assert house.queues.sent == []


def steps_of(house: House) -> int:
    resolve(house)
    return len(house.steps.taken)


@pytest.mark.parametrize("step", range(steps_of(in_doubt())))
def test_a_wish_at_any_moment_of_the_resolving_is_carried_to_the_platform(step: int) -> None:
    house = in_doubt()
    house.steps.at(step, lambda: wish(house))
    resolve(house)
    assert house.steps.is_done
    house.pass_time(600)

    assert house.state_of(ORDER) is S.CANCELLED
    assert house.platform.cancels == 1


def in_doubt_and_unwanted() -> House:
    house = in_doubt()
    wish(house)
    house.steps.taken.clear()
    return house


@pytest.mark.parametrize("step", range(steps_of(in_doubt_and_unwanted())))
def test_a_command_that_ends_anywhere_forgets_no_wish(step: int) -> None:
    house = in_doubt_and_unwanted()
    house.steps.at(step, die)
    with suppress(Died):
        resolve(house)
    house.steps.clear()
    house.pass_time(600)
    if house.state_of(ORDER) is S.IN_DOUBT:
        resolve(house)
        house.pass_time(600)

    assert house.state_of(ORDER) is S.CANCELLED


def test_what_is_sent_again_by_an_operators_word_is_not_sent_against_the_partners() -> None:
    house = in_doubt()
    house.platform.held.clear()
    wish(house)
    mover(house).resolve_absent(ORDER.key, SIRCLO.name)
    house.run_queue()

    assert house.state_of(ORDER) is S.CANCELLED
    assert house.platform.calls == []
