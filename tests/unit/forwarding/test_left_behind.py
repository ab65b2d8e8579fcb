"""A publisher that ends between an order's change and its messages' own items leaves none of them behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from orderbridge.forwarding.publishing import LEFT_BEHIND
from orderbridge.status.changes import move_status
from orderbridge.webhooks.delivery import KEPT_SECONDS
from tests.fakes.post import Post
from tests.fakes.steps import Died, PortFailed, die, fail
from tests.fakes.webhooks import a_webhook

STEPS = 24


def shipped(*webhooks: str) -> Post:
    post = Post(*(a_webhook(each) for each in webhooks or ("wh_1",)))
    post.change(lambda forward: forward)
    post.publish(post.forward)
    post.clock.move(10)
    post.change(lambda forward: move_status(forward, "SHIPPED"))
    return post


def ends_at(post: Post, step: int, harm: Callable[[], None]) -> None:
    post.steps.at(step, harm)
    with suppress(Died, PortFailed):
        post.publish(post.forward)
    post.steps.clear()


@pytest.mark.parametrize("harm", [die, fail])
@pytest.mark.parametrize("step", range(STEPS))
def test_wherever_it_ends_a_repeat_brings_each_message_once(step: int, harm: Callable[[], None]) -> None:
    post = shipped("wh_1", "wh_2")
    ends_at(post, step, harm)
    post.publish(post.forward)
    post.wait(300)

    assert len(post.store.deliveries) == 2 * 2
    assert len(post.receiver.received) == 2 * 2


@pytest.mark.parametrize("step", range(STEPS))
def test_wherever_it_ends_a_later_change_brings_the_messages_of_both(step: int) -> None:
    post = shipped()
    ends_at(post, step, die)
    post.clock.move(10)
    post.change(lambda forward: move_status(forward, "COMPLETED"))
    post.publish(post.forward)
    post.wait(300)

    order = post.store.orders[post.forward.key]
    assert order.status == "COMPLETED"
    assert len(post.store.deliveries) == len(post.receiver.received) == order.changes


def test_a_message_that_was_forgotten_after_its_time_is_not_brought_again() -> None:
    post = shipped()
    post.publish(post.forward)
    post.wait(300)
    post.store.deliveries.clear()
    post.receiver.received.clear()
    post.clock.move(KEPT_SECONDS)
    post.change(lambda forward: replace(forward, awb_number="JP1"))
    post.publish(post.forward)
    post.wait(300)

    assert len(post.receiver.received) == 1
    assert LEFT_BEHIND.total_seconds() < KEPT_SECONDS
