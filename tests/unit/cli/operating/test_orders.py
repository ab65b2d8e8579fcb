"""An operator's word on a forward, and what its partner wanted meanwhile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge_cli.operating.forwards import MoveForward
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import CANCELLING, SIRCLO, order
from tests.fakes.steps import Died, die

S = ForwardState
OPERATOR = "assumed-role/Operator/jane"
ORDER = order()


def in_doubt() -> Pipeline:
    pipeline = Pipeline(can_cancel=True)
    pipeline.queue(ORDER)
    pipeline.queues.sent.clear()
    doubtful = replace(pipeline.forward_of(ORDER), state=S.IN_DOUBT, due_at=None, error="timeout")
    pipeline.store.forwards[ORDER.key, SIRCLO.name] = doubtful
    pipeline.platform.held.append((ORDER.code, pipeline.clock()))
    pipeline.steps.taken.clear()
    return pipeline


def wish(pipeline: Pipeline) -> None:
    """What the partner's `POST .../cancel` does."""
    pipeline.cancel(ORDER, CANCELLING)


def mover(pipeline: Pipeline) -> MoveForward:
    return pipeline.mover(OPERATOR)


def resolve(pipeline: Pipeline) -> Forward:
    return mover(pipeline).resolve_sent(ORDER.key, SIRCLO.name, "4711")


def test_a_wish_to_cancel_outlives_the_doubt() -> None:
    pipeline = in_doubt()
    wish(pipeline)

    resolve(pipeline)
    pipeline.run_queue()

    assert pipeline.state_of(ORDER) is S.CANCELLED
    assert pipeline.platform.cancels == 1
    assert pipeline.events_of(ORDER)[-2:] == ["ForwardResolved", "ForwardCancelled"]


def test_the_timeline_says_who_it_was() -> None:
    pipeline = in_doubt()
    resolve(pipeline)
    entry = pipeline.store.timeline[ORDER.key][-1]
    assert entry.detail == "by assumed-role/Operator/jane: the platform holds it, external id 4711"


def test_without_a_wish_nothing_is_due_and_the_platform_is_not_asked() -> None:
    pipeline = in_doubt()

    assert resolve(pipeline).due_at is None
    pipeline.pass_time(3600)

    assert pipeline.forward_of(ORDER).due_at is None
    assert pipeline.platform.cancels == 0
    assert pipeline.state_of(ORDER) is S.SENT


def test_a_platform_that_cannot_cancel_leaves_nothing_due() -> None:
    pipeline = in_doubt()
    forward = pipeline.forward_of(ORDER)
    elsewhere = replace(forward, channel=replace(forward.channel, platform="salesmania"))
    pipeline.store.forwards[ORDER.key, SIRCLO.name] = elsewhere
    wish(pipeline)

    assert resolve(pipeline).due_at is None
    assert pipeline.queues.sent == []


def steps_of(pipeline: Pipeline) -> int:
    resolve(pipeline)
    return len(pipeline.steps.taken)


@pytest.mark.parametrize("step", range(steps_of(in_doubt())))
def test_a_wish_at_any_moment_of_the_resolving_is_carried_to_the_platform(step: int) -> None:
    pipeline = in_doubt()
    pipeline.steps.at(step, lambda: wish(pipeline))
    resolve(pipeline)
    assert pipeline.steps.is_done
    pipeline.pass_time(600)

    assert pipeline.state_of(ORDER) is S.CANCELLED
    assert pipeline.platform.cancels == 1


def in_doubt_and_unwanted() -> Pipeline:
    pipeline = in_doubt()
    wish(pipeline)
    pipeline.steps.taken.clear()
    return pipeline


@pytest.mark.parametrize("step", range(steps_of(in_doubt_and_unwanted())))
def test_a_command_that_ends_anywhere_forgets_no_wish(step: int) -> None:
    pipeline = in_doubt_and_unwanted()
    pipeline.steps.at(step, die)
    with suppress(Died):
        resolve(pipeline)
    pipeline.steps.clear()
    pipeline.pass_time(600)
    if pipeline.state_of(ORDER) is S.IN_DOUBT:
        resolve(pipeline)
        pipeline.pass_time(600)

    assert pipeline.state_of(ORDER) is S.CANCELLED


def test_what_is_sent_again_by_an_operators_word_is_not_sent_against_the_partners() -> None:
    pipeline = in_doubt()
    pipeline.platform.held.clear()
    wish(pipeline)
    mover(pipeline).resolve_absent(ORDER.key, SIRCLO.name)
    pipeline.run_queue()

    assert pipeline.state_of(ORDER) is S.CANCELLED
    assert pipeline.platform.calls == []
