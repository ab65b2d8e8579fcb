"""The circuit breaker of a channel: when it opens, what it counts, when it is probed, and what closes it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.channels.breaker import (
    FAILURES_TO_OPEN,
    Breaker,
    after_failed_probe,
    after_look,
    after_outcome,
    begin_probe,
    closed,
    probed_now,
)
from orderbridge.channels.lookups import Absent, Found, LookFailed
from orderbridge.channels.outcomes import Accepted, NotSent, Outcome, Refused, Rejected, TurnedAway, Unknown
from orderbridge.values.times import after, from_iso, to_iso
from tests.fakes.samples import NOW

PROBE = 60.0
FAILURES: list[Outcome] = [
    NotSent("dns"),
    Unknown("timeout"),
    Unknown("503", of_order=False),
    Refused("429"),
    TurnedAway("404", by_application=False),
    TurnedAway("404", by_application=True),
]


def failing(times: int, outcome: Outcome = FAILURES[0], breaker: Breaker | None = None) -> Breaker:
    breaker = breaker or Breaker()
    for _ in range(times):
        breaker = after_outcome(breaker, outcome, NOW, PROBE)
    return breaker


def seconds_open(breaker: Breaker) -> float:
    assert breaker.open_until is not None
    return (from_iso(breaker.open_until) - NOW).total_seconds()


@pytest.mark.parametrize("outcome", FAILURES)
def test_ten_failures_open_it_until_the_next_probe(outcome: Outcome) -> None:
    assert failing(FAILURES_TO_OPEN - 1, outcome).is_closed
    opened = failing(FAILURES_TO_OPEN, outcome)
    assert seconds_open(opened) == PROBE
    assert opened.blocks_at(NOW + timedelta(seconds=59.9))
    assert not opened.blocks_at(NOW + timedelta(seconds=60))


def test_it_is_known_since_when_it_is_open_until_it_is_closed() -> None:
    opened = failing(FAILURES_TO_OPEN)
    assert opened.open_since == to_iso(NOW)

    later = NOW + timedelta(seconds=300)
    probed = after_failed_probe(begin_probe(opened, later), "503", later, PROBE)
    assert after_outcome(probed, Refused("429", retry_after=3600), later, PROBE).open_since == to_iso(NOW)
    assert closed(probed).open_since is None
    assert failing(FAILURES_TO_OPEN - 1).open_since is None


def test_an_accepted_order_begins_the_count_again_and_a_rejected_one_does_not() -> None:
    breaker = failing(FAILURES_TO_OPEN - 1)
    assert after_outcome(breaker, Rejected("no"), NOW, PROBE) is breaker, "one that is refused proves nothing of others"
    assert after_outcome(breaker, Accepted("1"), NOW, PROBE).failures == 0


def test_an_accepted_order_of_a_channel_that_is_well_costs_no_write() -> None:
    breaker = Breaker(revision=7)
    assert after_outcome(breaker, Accepted("1"), NOW, PROBE) is breaker
    assert closed(breaker) is breaker


@given(st.lists(st.sampled_from([*FAILURES, Accepted("1"), Rejected("no")]), max_size=30))
def test_while_it_is_open_no_outcome_of_calls_under_way_changes_anything(outcomes: list[Outcome]) -> None:
    opened = breaker = failing(FAILURES_TO_OPEN)
    for outcome in outcomes:
        breaker = after_outcome(breaker, outcome, NOW, PROBE)
    assert breaker == opened


@pytest.mark.parametrize("kind", [Refused, lambda reason, retry_after: TurnedAway(reason, False, retry_after)])
def test_a_rest_that_the_platform_asks_for_is_kept_whether_it_is_open_or_not(kind: type) -> None:
    assert seconds_open(after_outcome(Breaker(), kind("429", retry_after=5), NOW, PROBE)) == 5
    assert seconds_open(after_outcome(Breaker(), kind("429", retry_after=3600), NOW, PROBE)) == 3600
    opened = failing(FAILURES_TO_OPEN)
    assert seconds_open(after_outcome(opened, kind("429", retry_after=5), NOW, PROBE)) == PROBE
    assert seconds_open(after_outcome(opened, kind("429", retry_after=3600), NOW, PROBE)) == 3600


def test_a_failed_probe_leaves_it_open_for_as_long_as_before_however_often_it_fails() -> None:
    breaker, now = failing(FAILURES_TO_OPEN), NOW
    for _ in range(20):
        breaker = after_failed_probe(begin_probe(breaker, now), "503", now, PROBE)
        assert breaker.open_until == after(now, PROBE)
        now += timedelta(seconds=PROBE)
    assert (breaker.failures, breaker.reason) == (FAILURES_TO_OPEN, "503")


def test_a_look_that_fails_is_a_failure_and_an_order_that_was_found_has_been_accepted() -> None:
    breaker = failing(3)
    assert after_look(breaker, LookFailed("500"), NOW, PROBE).failures == 4
    assert after_look(breaker, Found("1"), NOW, PROBE).failures == 0


def test_an_order_that_was_not_found_says_nothing_of_create_calls() -> None:
    breaker = failing(3)
    assert after_look(breaker, Absent(), NOW, PROBE) is breaker


def test_somebody_who_does_not_want_to_wait_has_it_probed_at_once() -> None:
    asked = after_outcome(Breaker(), Refused("429", retry_after=3600), NOW, PROBE)
    assert not probed_now(asked, NOW).blocks_at(NOW)
    assert probed_now(Breaker(), NOW) == Breaker()
