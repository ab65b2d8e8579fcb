"""A partner's rate is held over all environments, and costs nothing while it is far away."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.partners.call_limit import FREE_SHARE, MAX_ACCOUNTS, CallLimit
from orderbridge.partners.token_bucket import RateLimit, TokenBucket
from orderbridge.values.refusals import TooManyRequests
from tests.fakes.reads import Buckets
from tests.fakes.steps import Clock

LIMIT = RateLimit(per_second=100, burst=1000)


class Environments:
    """Several environments of one function on one shared bucket."""

    def __init__(self, count: int, limit: RateLimit = LIMIT) -> None:
        self.clock = Clock()
        self.buckets = Buckets()
        self.limits = [CallLimit(self.buckets, limit, self.clock) for _ in range(count)]
        self.refusals: list[int] = []

    def call(self, environment: int = 0, client_id: str = "acme") -> bool:
        try:
            self.limits[environment](client_id)
        except TooManyRequests as refused:
            self.refusals.append(int(refused.retry_after or 0))
            return False
        return True


def test_a_new_bucket_is_full_and_refills_no_further() -> None:
    bucket = TokenBucket()
    assert bucket.left(LIMIT, 50.0) == 1000
    assert bucket.without(10, LIMIT, 50.0).left(LIMIT, 50.0) == pytest.approx(990)
    assert bucket.without(10, LIMIT, 50.0).left(LIMIT, 50.05) == pytest.approx(995)
    assert bucket.without(10, LIMIT, 50.0).left(LIMIT, 5000.0) == 1000


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 20), st.integers(1, 300)), max_size=40))
def test_a_bucket_never_gives_more_than_burst_and_rate(steps: list[tuple[float, int]]) -> None:
    bucket, now, given_out = TokenBucket(), 1000.0, 0
    for waited, tokens in steps:
        now += waited
        if bucket.left(LIMIT, now) >= tokens:
            bucket, given_out = bucket.without(tokens, LIMIT, now), given_out + tokens
        assert 0 - 1e-6 <= bucket.left(LIMIT, now) <= LIMIT.burst
        assert given_out <= LIMIT.burst + (now - 1000.0) * LIMIT.per_second + 1e-6


def test_far_from_the_limit_nothing_is_written() -> None:
    world = Environments(1)
    for _ in range(100):
        assert world.call()
    for _ in range(2000):
        world.clock.move(1 / (LIMIT.per_second * FREE_SHARE))
        assert world.call()
    assert world.buckets.writes == 0


def test_half_way_to_the_limit_a_write_pays_for_many_calls() -> None:
    world = Environments(1)
    for _ in range(5000):
        world.clock.move(1 / 50)
        assert world.call()
    assert world.buckets.writes <= 5000 / 40


def test_one_environment_alone_gets_its_burst_and_then_its_rate() -> None:
    world = Environments(1)
    at_once = sum(world.call() for _ in range(5000))
    assert 1000 <= at_once <= 1000 * (1 + FREE_SHARE)
    accepted = 0
    for _ in range(10_000):
        world.clock.move(0.001)
        accepted += world.call()
    assert 990 <= accepted <= 1010


@pytest.mark.parametrize("count", [2, 8, 20])
def test_many_environments_exceed_the_limit_by_their_free_tenth_at_most(count: int) -> None:
    world = Environments(count)
    draw = random.Random(count)
    accepted, seconds, asked = 0, 60, 600
    for _ in range(seconds * asked):
        world.clock.move(1 / asked)
        accepted += world.call(draw.randrange(count))
    allowed = LIMIT.burst + seconds * LIMIT.per_second
    assert allowed * 0.95 <= accepted <= allowed + count * LIMIT.burst * FREE_SHARE * 1.5
    assert world.buckets.writes <= accepted + len(world.refusals)


def test_refused_calls_cost_no_tokens_and_hardly_a_write() -> None:
    world = Environments(1)
    while world.call():
        pass
    writes = world.buckets.writes
    for _ in range(1000):
        assert not world.call()
    assert world.buckets.writes == writes
    world.clock.move(0.02)
    assert world.call()


def test_retry_after_is_a_whole_number_of_seconds_rounded_up() -> None:
    world = Environments(1, RateLimit(per_second=0.4, burst=10))
    while world.call():
        pass
    assert world.refusals == [3]
    world.clock.move(0.6)
    assert not world.call()
    assert world.refusals[-1] == 2
    world.clock.move(2.0)
    assert world.call()


def test_one_partner_does_not_use_up_anothers_calls() -> None:
    world = Environments(1)
    while world.call(client_id="loud"):
        pass
    assert all(world.call(client_id="quiet") for _ in range(100))


def test_a_pause_opens_everything_again() -> None:
    world = Environments(2)
    while world.call(0) or world.call(1):
        pass
    world.clock.move(LIMIT.refill_seconds)
    assert sum(world.call(0) for _ in range(2000)) >= 1000


def test_an_environment_remembers_a_bounded_number_of_partners() -> None:
    world = Environments(1)
    for number in range(MAX_ACCOUNTS + 50):
        world.call(client_id=f"partner-{number}")
    assert len(world.limits[0]._accounts) == MAX_ACCOUNTS
