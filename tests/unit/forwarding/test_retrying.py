"""When a forward is tried again, and what it says until then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.channels.outcomes import Refused, Rejected
from orderbridge.forwarding.forward.attempts import (
    LONGEST_BACKOFF_SECONDS,
    LONGEST_RETRY_SECONDS,
    begin_attempt,
    retry_delay,
    settle_attempt,
)
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.forward.waiting import defer
from orderbridge.http.retry_after import LONGEST_RETRY_AFTER_SECONDS
from tests.fakes.samples import NOW
from tests.unit.forwarding.forward_cases import GRACE, MISSING, S, in_state, queued, seconds_until, sending


@given(st.integers(0, 10**6), st.floats(0, 1, exclude_max=True))
def test_a_retry_waits_between_half_and_all_of_a_doubling_time(attempts: int, jitter: float) -> None:
    delay = retry_delay(attempts, jitter)

    ceiling = min(2 * 2 ** min(max(attempts - 1, 0), 20), LONGEST_BACKOFF_SECONDS)
    assert ceiling / 2 <= delay <= ceiling < 60, "a channel that is back is tried within a minute"


@given(st.integers(1, 30), st.floats(0, 1, exclude_max=True), st.floats(-10, 10**9, allow_nan=False))
def test_a_retry_never_comes_sooner_than_the_platform_asked_for(attempts: int, jitter: float, asked: float) -> None:
    delay = retry_delay(attempts, jitter, asked)

    assert delay >= min(asked, LONGEST_RETRY_AFTER_SECONDS)
    assert delay >= retry_delay(attempts, jitter)
    assert delay <= LONGEST_RETRY_AFTER_SECONDS


def test_retry_after_zero_is_a_value_and_still_backs_off() -> None:
    assert retry_delay(3, 0.5, 0) == retry_delay(3, 0.5)


def test_a_retry_is_not_sent_before_its_time_and_is_looked_after_later() -> None:
    retried = settle_attempt(sending(attempts=3), Refused("429", retry_after=100), NOW, 0, GRACE, None).forward

    assert seconds_until(retried.not_before) == 100
    assert seconds_until(retried.due_at) == 100 + GRACE
    assert not retried.may_send_at(NOW + timedelta(seconds=99.9))
    assert retried.may_send_at(NOW + timedelta(seconds=100))


def test_a_failed_attempt_says_why_and_when_next() -> None:
    entry = settle_attempt(sending(), Refused("429: slow  down\n"), NOW, 0, GRACE, None).entry

    assert entry is not None
    assert entry.detail == "429: slow down; next attempt in 1 s"


def test_words_of_a_platform_are_bounded() -> None:
    rejected = settle_attempt(sending(), Rejected("x" * 10_000), NOW, 0, GRACE, None)

    assert rejected.forward.error is not None
    assert len(rejected.forward.error) == 500


# --- what could not even be begun -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [S.QUEUED, S.NEEDS_MAPPING, S.PAUSED])
def test_what_cannot_be_begun_stays_where_it_is_and_says_why(state: ForwardState) -> None:
    before = replace(in_state(state), missing=MISSING if state is S.NEEDS_MAPPING else ())
    forward, entry, _ = defer(before, "a  defect\n", NOW, 0, GRACE)

    assert (forward.state, forward.missing, forward.error, forward.deferrals) == (state, before.missing, "a defect", 1)
    assert seconds_until(forward.not_before) == 1
    assert seconds_until(forward.due_at) == 1 + GRACE
    assert entry is not None
    assert (entry.event, entry.detail) == ("ForwardPutOff", "a defect")


def test_the_times_between_tries_double_and_the_same_reason_is_said_once() -> None:
    forward, delays, lines = queued(), [], 0
    for _ in range(14):
        forward, entry, _ = defer(forward, "a defect", NOW, 0, GRACE)
        delays.append(seconds_until(forward.not_before))
        lines += entry is not None

    assert delays == [min(2**number, LONGEST_RETRY_SECONDS / 2) for number in range(14)]
    assert lines == 1
    assert defer(forward, "another", NOW, 0, GRACE).entry is not None


def test_an_attempt_that_is_begun_forgets_that_others_could_not_be() -> None:
    forward = defer(queued(), "a defect", NOW, 0, GRACE).forward
    begun = begin_attempt(forward, "a", "h", NOW, 150).forward

    assert (begun.deferrals, begun.error, begun.not_before) == (0, None, None)
