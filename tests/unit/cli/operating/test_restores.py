"""A table that was restored: what it takes for unsent may be at the platforms, and nothing is sent there twice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge_cli.operating.refusals import OperationRefused
from orderbridge_cli.operating.restores import SecureRestored
from tests.fakes.pipeline import GRACE_SECONDS, Pipeline
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


def restored(*, can_look: bool = True, sent_meanwhile: Any = OPEN) -> Pipeline:
    """The table of an hour ago, and the platform as it is now."""
    pipeline = Pipeline(can_look=can_look)
    pipeline.accept(UNPUBLISHED)
    for each, state in STATES:
        pipeline.queue(each)
        lease = "2025-01-01T03:01:00.000Z" if state is S.SENDING else None
        due_at = None if state in (S.IN_DOUBT, S.REJECTED) else pipeline.forward_of(each).due_at
        forward = replace(pipeline.forward_of(each), state=state, lease_until=lease, due_at=due_at)
        pipeline.store.forwards[each.key, SIRCLO.name] = forward
    pipeline.queues.sent.clear()
    pipeline.platform.held += [(each.code, pipeline.clock()) for each in sent_meanwhile]
    pipeline.clock.move(3600)
    pipeline.steps.taken.clear()
    return pipeline


def secure(pipeline: Pipeline) -> list[Forward]:
    operator = SecureRestored(pipeline.store, Counter(), pipeline.clock, "Asia/Jakarta", GRACE_SECONDS, "user/jane")
    return list(operator.question_unsent())


def test_what_was_sent_since_is_found_and_not_sent_again() -> None:
    pipeline = restored()

    assert {forward.code for forward in secure(pipeline)} == {each.code for each in OPEN}
    assert {pipeline.state_of(each) for each in OPEN} == {S.SENDING}
    pipeline.pass_time(600)

    assert {pipeline.state_of(each) for each in OPEN} == {S.SENT}
    assert set(pipeline.platform.times_held().values()) == {1}
    assert pipeline.platform.calls == []
    assert (pipeline.state_of(IN_DOUBT), pipeline.state_of(REJECTED)) == (S.IN_DOUBT, S.REJECTED)


def test_without_it_they_would_be_sent_twice() -> None:
    """What the other tests are worth: the house does send what the table takes for unsent."""
    pipeline = restored()
    pipeline.pass_time(600)
    assert 2 in pipeline.platform.times_held().values()


def test_what_is_not_at_the_platform_is_sent_once() -> None:
    pipeline = restored(sent_meanwhile=(QUEUED,))
    secure(pipeline)
    pipeline.pass_time(1200)

    assert {pipeline.state_of(each) for each in OPEN} == {S.SENT}
    assert pipeline.platform.times_held() == {each.code: 1 for each in OPEN}


def test_where_the_platform_cannot_be_looked_at_a_person_has_to() -> None:
    pipeline = restored(can_look=False)
    secure(pipeline)
    pipeline.pass_time(600)

    assert {pipeline.state_of(each) for each in OPEN} == {S.IN_DOUBT}
    assert pipeline.platform.calls == []
    assert "ForwardQuestioned" in pipeline.events_of(QUEUED)


def test_an_order_without_a_channel_still_waits_for_its_route() -> None:
    pipeline = Pipeline()
    nowhere = order(channels=())
    pipeline.publish(pipeline.accept(nowhere))

    assert secure(pipeline) == []
    assert [waiting.key for waiting in pipeline.store.unrouted()] == [nowhere.key]


def steps_of_securing() -> int:
    pipeline = restored()
    secure(pipeline)
    return len(pipeline.steps.taken)


@pytest.mark.parametrize("step", range(steps_of_securing()))
def test_a_command_that_ends_anywhere_is_simply_run_again(step: int) -> None:
    pipeline = restored()
    pipeline.steps.at(step, die)
    with suppress(Died):
        secure(pipeline)
    pipeline.steps.clear()

    secure(pipeline)
    assert secure(pipeline) == [], "and once more does nothing"
    pipeline.pass_time(600)
    assert {pipeline.state_of(each) for each in OPEN} == {S.SENT}
    assert set(pipeline.platform.times_held().values()) == {1}


def test_who_meets_another_at_work_says_so() -> None:
    pipeline = restored()
    save = pipeline.store.save

    def save_after_another(*arguments: Any, **options: Any) -> Forward:
        key, forward = next(iter(pipeline.store.forwards.items()))
        pipeline.store.forwards[key] = replace(forward, revision=forward.revision + 1)
        return save(*arguments, **options)

    pipeline.store.save = save_after_another  # type: ignore[method-assign]
    with pytest.raises(OperationRefused, match="still works on this"):
        secure(pipeline)


def test_codes_go_on_behind_those_that_may_have_been_given_out() -> None:
    pipeline, codes = Pipeline(), Counter()
    operator = SecureRestored(pipeline.store, codes, pipeline.clock, "Asia/Jakarta", GRACE_SECONDS, "user/jane")

    assert operator.skip_codes(500) == 500
    (day,) = codes.last
    assert codes.reserve(day, 1) == 501
    assert day.isoformat() == "2025-01-01"
