"""A table that was restored: what it takes for unsent may be at the platforms, and nothing is sent there twice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge_cli.operating.refusals import OperationRefused
from orderbridge_cli.operating.restores import SecureRestored
from tests.fakes.house import GRACE_SECONDS, House
from tests.fakes.samples import SIRCLO, order
from tests.fakes.steps import Died, die
from tests.fakes.store import Counter

S = ForwardState
UNPUBLISHED, QUEUED, NEEDS_MAPPING, PAUSED, SENDING, IN_DOUBT, REJECTED = (
    order(f"SO-20250101-{number:05}") for number in range(1, 8)
)
OPEN = (UNPUBLISHED, QUEUED, NEEDS_MAPPING, PAUSED, SENDING)
STATES = (
    (QUEUED, S.QUEUED),
    (NEEDS_MAPPING, S.NEEDS_MAPPING),
    (PAUSED, S.PAUSED),
    (SENDING, S.SENDING),
    (IN_DOUBT, S.IN_DOUBT),
    (REJECTED, S.REJECTED),
)


def restored(*, can_look: bool = True, sent_meanwhile: Any = OPEN) -> House:
    """The table of an hour ago, and the platform as it is now."""
    house = House(can_look=can_look)
    house.accept(UNPUBLISHED)
    for each, state in STATES:
        house.queue(each)
        lease = "2025-01-01T03:01:00.000Z" if state is S.SENDING else None
        due_at = None if state in (S.IN_DOUBT, S.REJECTED) else house.forward_of(each).due_at
        forward = replace(house.forward_of(each), state=state, lease_until=lease, due_at=due_at)
        house.store.forwards[each.key, SIRCLO.name] = forward
    house.queues.sent.clear()
    house.platform.held += [(each.code, house.clock()) for each in sent_meanwhile]
    house.clock.move(3600)
    house.steps.taken.clear()
    return house


def secure(house: House) -> list[Forward]:
    operator = SecureRestored(house.store, Counter(), house.clock, "Asia/Jakarta", GRACE_SECONDS, "user/jane")
    return list(operator.question_unsent())


def test_what_was_sent_since_is_found_and_not_sent_again() -> None:
    house = restored()

    assert {forward.code for forward in secure(house)} == {each.code for each in OPEN}
    assert {house.state_of(each) for each in OPEN} == {S.SENDING}
    house.pass_time(600)

    assert {house.state_of(each) for each in OPEN} == {S.SENT}
    assert set(house.platform.times_held().values()) == {1}
    assert house.platform.calls == []
    assert (house.state_of(IN_DOUBT), house.state_of(REJECTED)) == (S.IN_DOUBT, S.REJECTED)


def test_without_it_they_would_be_sent_twice() -> None:
    """What the other tests are worth: the house does send what the table takes for unsent."""
    house = restored()
    house.pass_time(600)
    assert 2 in house.platform.times_held().values()


def test_what_is_not_at_the_platform_is_sent_once() -> None:
    house = restored(sent_meanwhile=(QUEUED,))
    secure(house)
    house.pass_time(1200)

    assert {house.state_of(each) for each in OPEN} == {S.SENT}
    assert house.platform.times_held() == {each.code: 1 for each in OPEN}


def test_where_the_platform_cannot_be_looked_at_a_person_has_to() -> None:
    house = restored(can_look=False)
    secure(house)
    house.pass_time(600)

    assert {house.state_of(each) for each in OPEN} == {S.IN_DOUBT}
    assert house.platform.calls == []
    assert "ForwardQuestioned" in house.events_of(QUEUED)


def test_an_order_without_a_channel_still_waits_for_its_route() -> None:
    house = House()
    nowhere = order(channels=())
    house.publish(house.accept(nowhere))

    assert secure(house) == []
    (forward,) = house.store.forwards.values()
    assert forward.state is S.NEEDS_MAPPING


def steps_of_securing() -> int:
    house = restored()
    secure(house)
    return len(house.steps.taken)


@pytest.mark.parametrize("step", range(steps_of_securing()))
def test_a_command_that_ends_anywhere_is_simply_run_again(step: int) -> None:
    house = restored()
    house.steps.at(step, die)
    with suppress(Died):
        secure(house)
    house.steps.clear()

    secure(house)
    assert secure(house) == [], "and once more does nothing"
    house.pass_time(600)
    assert {house.state_of(each) for each in OPEN} == {S.SENT}
    assert set(house.platform.times_held().values()) == {1}


def test_who_meets_another_at_work_says_so() -> None:
    house = restored()
    save = house.store.save

    def save_after_another(*arguments: Any, **options: Any) -> Forward:
        key, forward = next(iter(house.store.forwards.items()))
        house.store.forwards[key] = replace(forward, revision=forward.revision + 1)
        return save(*arguments, **options)

    house.store.save = save_after_another  # type: ignore[method-assign]
    with pytest.raises(OperationRefused, match="still works on this"):
        secure(house)


def test_codes_go_on_behind_those_that_may_have_been_given_out() -> None:
    house, codes = House(), Counter()
    operator = SecureRestored(house.store, codes, house.clock, "Asia/Jakarta", GRACE_SECONDS, "user/jane")

    assert operator.skip_codes(500) == 500
    (day,) = codes.last
    assert codes.reserve(day, 1) == 501
    assert day.isoformat() == "2025-01-01"
