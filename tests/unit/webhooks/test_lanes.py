"""The two lanes of messages to webhooks: who is called in which, for how long, and nothing is lost between them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.http.answer import Answer
from orderbridge.status.changes import move_status
from orderbridge.values.sweeps import SweepIncomplete
from orderbridge.values.times import to_iso
from orderbridge.webhooks.webhook import (
    FAILURES_TO_REST,
    NOTED_FOR_SECONDS,
    SLOW_FOR_SECONDS,
    SLOW_SECONDS,
    slow_after,
)
from tests.fakes.post import Post
from tests.fakes.samples import NOW
from tests.fakes.steps import Died, PortFailed, die, fail
from tests.fakes.webhooks import a_webhook

NEVER = 1e9


def slow_for(seconds: float, took: float, *, is_success: bool = True) -> str | None:
    """What is noted of a receiver that was noted to be slow so long ago, after a call that took so long."""
    webhook = a_webhook(slow_since=to_iso(NOW - timedelta(seconds=seconds)))
    return slow_after(webhook, took, NOW, is_success=is_success)


def test_a_receiver_that_answers_quickly_is_in_the_quick_lane_and_nothing_is_noted_of_it() -> None:
    assert a_webhook().lane == "quick"
    assert slow_after(a_webhook(), SLOW_SECONDS - 0.1, NOW, is_success=True) is None


@pytest.mark.parametrize("is_success", [True, False])
def test_one_call_that_takes_long_is_enough_to_be_slow(is_success: bool) -> None:
    assert slow_after(a_webhook(), SLOW_SECONDS, NOW, is_success=is_success) == to_iso(NOW)
    assert a_webhook(slow_since=to_iso(NOW)).lane == "slow"


def test_a_receiver_that_fails_again_and_again_is_in_the_slow_lane_too() -> None:
    assert a_webhook(failures=FAILURES_TO_REST - 1).lane == "quick"
    assert a_webhook(failures=FAILURES_TO_REST).lane == "slow"


def test_a_receiver_is_quick_again_once_it_answers_quickly_and_was_not_slow_for_a_while() -> None:
    assert slow_for(SLOW_FOR_SECONDS, 0.1) is None
    assert slow_for(SLOW_FOR_SECONDS - 1, 0.1) is not None
    assert slow_for(SLOW_FOR_SECONDS, 0.1, is_success=False) is not None, "a failure proves nothing"
    assert slow_for(SLOW_FOR_SECONDS, SLOW_SECONDS) == to_iso(NOW)


def test_that_a_receiver_is_slow_is_not_written_with_every_call() -> None:
    assert slow_for(NOTED_FOR_SECONDS - 1, 14) == to_iso(NOW - timedelta(seconds=NOTED_FOR_SECONDS - 1))
    assert slow_for(NOTED_FOR_SECONDS, 14) == to_iso(NOW)


def test_a_receiver_that_needs_ten_seconds_is_called_again_with_fifteen_and_that_is_no_failure() -> None:
    post = Post()
    post.receiver.takes = lambda: 10.0
    post.note()
    began = post.clock()
    post.work()
    (delivery,) = post.deliveries()
    assert (delivery.state, delivery.attempts) == ("DELIVERED", 1)
    assert [each.detail for each in delivery.kept_attempts] == [
        "ReadTimeout; it is called again with more time",
        "answered 200",
    ]
    assert post.clock() - began == timedelta(seconds=13)
    webhook = post.webhooks.by_id["wh_1"]
    assert (webhook.lane, webhook.failures) == ("slow", 0)


def test_a_slow_receivers_next_message_is_sent_over_unwritten_and_called_once() -> None:
    post = Post(a_webhook(slow_since=to_iso(NOW)))
    post.receiver.takes = lambda: 10.0
    made = post.note()
    post.send(made.ref)
    assert post.deliveries() == [made]
    assert post.receiver.received == []
    assert [ref for _, ref in post.slow_queue.sent] == [made.ref]
    post.work()
    assert len(post.receiver.received) == 1


def test_who_has_not_answered_within_fifteen_seconds_has_failed() -> None:
    post = Post(a_webhook(slow_since=to_iso(NOW)))
    post.receiver.takes = lambda: NEVER
    post.note()
    post.work()
    (delivery,) = post.deliveries()
    assert (delivery.state, delivery.attempts, delivery.error) == ("PENDING", 1, "ReadTimeout")
    assert post.webhooks.by_id["wh_1"].failures == 1


def test_the_sweeper_sends_a_slow_receivers_messages_to_the_slow_lane() -> None:
    post = Post(a_webhook("wh_1", slow_since=to_iso(NOW)), a_webhook("wh_2"))
    post.publish(post.forward)
    post.queue.sent.clear()
    post.clock.move(61)
    assert post.sweep()["delivery"] == 2
    assert [ref.webhook_id for _, ref in post.queue.sent] == ["wh_2"]
    assert [ref.webhook_id for _, ref in post.slow_queue.sent] == ["wh_1"]


def require_due(post: Post) -> None:
    """What is on its way is due: whatever a queue loses and whoever ends, the sweeper finds it."""
    for delivery in post.deliveries():
        assert (delivery.due_at is not None) == (delivery.state == "PENDING")


@settings(deadline=None)
@given(
    calls=st.lists(
        st.tuples(st.sampled_from([0.0, 2.6, 4.0, 14.0, NEVER]), st.sampled_from([200, 500, 503])), max_size=5
    ),
    harms=st.lists(st.tuples(st.integers(0, 30), st.sampled_from([die, fail]), st.sampled_from(["", "quick", "slow"]))),
)
def test_no_message_is_lost_on_its_way_between_the_lanes(
    calls: list[tuple[float, int]], harms: list[tuple[int, Callable[[], None], str]]
) -> None:
    """However its receiver answers, whenever a sender or the sweeper ends, and whatever a queue loses."""
    post, answers = Post(), iter(calls)
    present = (0.1, 200)

    def takes() -> float:
        nonlocal present
        present = next(answers, (0.1, 200))
        return present[0]

    post.receiver.takes, post.receiver.answer = takes, lambda: Answer(present[1])
    post.publish(post.forward)
    for status in ("ACCEPTED", "SHIPPED"):
        post.clock.move(1)
        post.change(lambda forward, status=status: move_status(forward, status))
        post.publish(post.forward)
    for step, harm, lost in harms:
        post.steps.at(step, harm)
        with suppress(Died, PortFailed, SweepIncomplete):
            post.work()
            post.clock.move(70)
            post.sweep()
        post.steps.clear()
        for lane, queue in post.queues.items():
            if lane == lost:
                queue.sent.clear()
        require_due(post)
    post.wait(2 * 86_400)
    require_due(post)
    assert [delivery.state for delivery in post.deliveries()] == ["DELIVERED"] * 3
    assert {headers["webhook-id"] for _, headers, _ in post.receiver.received} == {
        delivery.ref.message_id for delivery in post.deliveries()
    }
