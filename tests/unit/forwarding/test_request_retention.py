"""A frozen request, which holds an address, goes some time after its forward came to its end, and not before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orderbridge.forwarding.forward.states import FINAL_STATES, ForwardState, Transition
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.forwarding.publishing import REQUEST_KEPT
from tests.fakes.post import Post


def frozen(state: ForwardState) -> Post:
    post = Post()
    request = FrozenRequest("POST", "/orders", b"{}")
    post.store.freeze(post.forward, request)
    named = replace(post.forward, state=state, body_hash=request.body_hash)
    post.forward = post.store.save(Transition(named, None, post.forward))
    return post


@pytest.mark.parametrize("state", ForwardState)
def test_a_request_goes_a_month_after_the_end_and_is_kept_where_it_may_be_sent_again(state: ForwardState) -> None:
    post = frozen(state)
    key = post.forward.key, post.forward.channel.name

    post.publish(post.forward)

    assert post.store.expiring == ({key: post.clock() + REQUEST_KEPT} if state in FINAL_STATES else {})


def test_what_a_platform_says_after_the_end_does_not_put_it_off() -> None:
    post = frozen(ForwardState.SENT)
    post.publish(post.forward)
    expiring = dict(post.store.expiring)
    post.clock.move(3600)
    post.change(lambda forward: replace(forward, platform_status_raw=(("status", "packed"),)))

    post.publish(post.forward)

    assert post.store.expiring == expiring
