"""A change whose stream record was lost: the order is projected to it, and its partner hears once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.sweeping import SWEEP_SECONDS
from orderbridge.status.changes import move_status
from orderbridge.values.sweeps import CLAIM_SECONDS, SweepIncomplete
from tests.fakes.post import GRACE, Post
from tests.fakes.statuses import sent_forward
from tests.fakes.steps import Died, PortFailed, die, fail


@pytest.fixture
def post() -> Post:
    return shipped()


def shipped() -> Post:
    """An order that was SUBMITTED, of which its partner knows, and is SHIPPED since, of which the stream does not."""
    post = Post()
    post.change(lambda forward: forward)
    post.publish(post.forward)
    post.work()
    post.clock.move(10)
    post.change(lambda forward: move_status(forward, "SHIPPED"))
    post.bus.events.clear()
    post.steps.taken.clear()
    return post


def assert_told_once(post: Post) -> None:
    post.work()
    assert post.announced() == ["SUBMITTED", "SHIPPED"]
    assert len(post.receiver.received) == 2
    assert post.store.orders[post.forward.key].status == "SHIPPED"
    assert post.untold() == []


def test_a_change_that_the_stream_lost_is_reported_by_the_sweeper(post: Post) -> None:
    post.clock.move(GRACE - 1)
    assert post.relay() == {}, "the stream still has its time"
    post.clock.move(1)
    assert post.relay() == {"relayed": 1}
    assert_told_once(post)
    assert [event.detail_type for event in post.bus.events] == ["OrderForwarded"]
    post.clock.move(GRACE + CLAIM_SECONDS + 1)
    assert post.relay() == {}


def test_an_order_that_an_operator_sends_again_is_reported_even_where_the_stream_loses_it() -> None:
    post = Post()
    post.change(lambda forward: replace(forward, state=ForwardState.REJECTED, external_id=None))
    post.publish(post.forward)
    assert post.announced() == ["REJECTED"]
    post.clock.move(10)
    post.change(lambda forward: replace(forward, state=ForwardState.IN_DOUBT))
    post.clock.move(GRACE + 1)
    assert post.relay() == {"relayed": 1}
    assert post.announced() == ["REJECTED", "DRAFT"]


def test_a_change_that_the_stream_brought_is_left_alone(post: Post) -> None:
    post.publish(post.forward)
    post.clock.move(GRACE + 1)
    assert post.relay() == {}
    assert_told_once(post)


def test_an_older_record_of_the_stream_does_not_hide_a_newer_change(post: Post) -> None:
    older = post.forward
    post.change(lambda forward: replace(forward, awb_number="JP1"))
    post.store.relayed(older)
    post.clock.move(GRACE + 1)
    assert post.relay() == {"relayed": 1}
    assert_told_once(post)


def test_while_the_bus_is_down_partners_are_reported_all_the_same_and_the_bus_later(post: Post) -> None:
    others = [sent_forward(post.store, number) for number in (2, 3)]
    for other in others:
        post.leave_untold(other)
        post.store.orders[other.key] = replace(post.store.orders[other.key], status="DRAFT")
    post.bus.is_down = True
    post.clock.move(GRACE + 1)
    with pytest.raises(SweepIncomplete, match="3 items"):
        post.relay()
    post.work()
    assert sorted(post.announced()) == ["SHIPPED", "SUBMITTED", "SUBMITTED", "SUBMITTED"]
    assert post.relay() == {}, "claimed for a while, so that others have their turn"
    post.bus.is_down = False
    post.clock.move(GRACE + CLAIM_SECONDS + 1)
    assert post.relay() == {"relayed": 3}
    post.work()
    assert len(post.deliveries()) == len(post.receiver.received) == 4
    assert len(post.bus.events) == 3


def test_an_order_that_is_on_its_way_again_is_reported_once(post: Post) -> None:
    post.change(lambda forward: replace(forward, state=ForwardState.QUEUED))
    post.clock.move(GRACE + 1)
    assert post.relay() == {"relayed": 1}
    assert post.untold() == []
    assert post.announced() == ["SUBMITTED", "DRAFT"]


def test_a_change_of_a_forward_that_is_not_there_harms_nothing(post: Post) -> None:
    post.store.forwards.clear()
    post.clock.move(GRACE + 1)
    post.store.stale_due = [post.forward.forward_key]
    assert post.relay() == {"gone": 1}


def test_a_sweep_ends_in_time_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    post = shipped()
    for number in range(2, 5):
        other = sent_forward(post.store, number)
        post.leave_untold(other)
    post.clock.move(GRACE + 1)
    publish = post.bus.publish

    def slow(events: object) -> None:
        post.clock.move(SWEEP_SECONDS / 2)
        publish(events)  # type: ignore[arg-type]

    monkeypatch.setattr(post.bus, "publish", slow)
    assert post.relay() == {"relayed": 2}
    assert post.relay() == {"relayed": 2}
    assert post.relay() == {}


def steps_of_a_sweep() -> int:
    post = shipped()
    post.clock.move(GRACE + 1)
    post.steps.taken.clear()
    post.relay()
    return len(post.steps.taken)


STEPS = range(steps_of_a_sweep())


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("harm", [die, fail])
def test_a_sweep_that_ends_anywhere_is_made_good_by_a_later_one(step: int, harm: Callable[[], None]) -> None:
    post = shipped()
    post.clock.move(GRACE + 1)
    post.steps.at(step, harm)
    with suppress(Died, PortFailed, SweepIncomplete):
        post.relay()
    post.steps.clear()
    for _ in range(2):
        post.clock.move(GRACE + CLAIM_SECONDS + 1)
        post.relay()
        post.sweep()
    assert_told_once(post)


@pytest.mark.parametrize("step", STEPS)
def test_the_stream_and_two_sweeps_at_once_tell_it_once(step: int) -> None:
    for other in (Post.sweep_now, Post.publish_now):
        post = shipped()
        post.clock.move(GRACE + 1)
        post.steps.at(step, lambda post=post, other=other: other(post))
        post.relay()
        assert_told_once(post)
