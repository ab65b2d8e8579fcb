"""What becomes of an attempt without an answer, once the platform has been looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orderbridge.channels.lookups import Absent, Ambiguous, CannotLook, Finding, Foreign, Found, LookFailed
from orderbridge.channels.outcomes import Unknown
from orderbridge.forwarding.forward.attempts import LookPolicy, settle_attempt, settle_look
from orderbridge.forwarding.forward.states import Forward
from tests.fakes.samples import NOW
from tests.unit.forwarding.forward_cases import GRACE, LOOK, S, seconds_until, sending


def look(forward: Forward, finding: Finding, at: float = 0) -> Forward:
    return settle_look(forward, finding, NOW + timedelta(seconds=at), 0.5, GRACE, LOOK).forward


def test_found_is_sent() -> None:
    found = look(sending(), Found("7"))

    assert (found.state, found.external_id, found.negative_looks) == (S.SENT, "7", 0)


def test_only_the_second_negative_look_a_settle_time_later_lets_it_be_sent_again() -> None:
    once = look(sending(), Absent())
    assert (once.state, once.negative_looks) == (S.SENDING, 1)
    assert seconds_until(once.lease_until) == LOOK.settle_seconds

    twice = look(once, Absent(), at=30)
    assert (twice.state, twice.negative_looks) == (S.QUEUED, 0)
    assert twice.due_at is not None


def test_between_a_look_that_found_nothing_and_the_next_attempt_there_is_backoff() -> None:
    forward, waits = sending(), []
    for _ in range(7):
        asked = settle_attempt(forward, Unknown("500"), NOW, 0, GRACE, LOOK).forward
        released = look(look(asked, Absent(), at=30), Absent(), at=60)
        waits.append(seconds_until(released.not_before) - 60)
        forward = replace(released, state=S.SENDING)

    assert waits == [1.5, 3, 6, 12, 24, 37.5, 37.5]


def test_a_look_that_failed_neither_counts_as_negative_nor_forgets_one() -> None:
    failed = look(look(sending(), Absent()), LookFailed("500"))
    assert (failed.state, failed.negative_looks, failed.failed_looks) == (S.SENDING, 1, 1)

    assert look(failed, Absent(), at=30).state is S.QUEUED


def test_before_the_settle_time_an_order_may_be_found_and_is_never_taken_for_absent() -> None:
    asked = settle_attempt(sending(), Unknown("timeout"), NOW, 0.5, GRACE, LOOK).forward
    times: list[float] = []
    while asked.state is S.SENDING:
        times.append(seconds_until(asked.lease_until))
        asked = look(asked, Absent(), at=times[-1])
        assert times[-1] >= LOOK.settle_seconds or asked.negative_looks == 0

    assert times == [2, 10, 30, 60]
    assert asked.state is S.QUEUED


def test_a_settle_time_shorter_than_the_early_looks_is_kept() -> None:
    quick = LookPolicy(settle_seconds=1)
    asked = settle_attempt(sending(), Unknown("timeout"), NOW, 0.5, GRACE, quick).forward
    assert seconds_until(asked.lease_until) == 1
    once = settle_look(asked, Absent(), NOW + timedelta(seconds=1), 0.5, GRACE, quick).forward
    assert (once.negative_looks, seconds_until(once.lease_until)) == (1, 2)


def test_looks_that_go_on_failing_for_the_same_reason_are_said_once() -> None:
    forward = sending()
    lines = []
    for reason in ("500", "500", "500", "429", "500"):
        forward, entry, _ = settle_look(forward, LookFailed(reason), NOW, 0.5, GRACE, LOOK)
        lines.append(entry is not None)

    assert lines == [True, False, False, True, True]
    assert forward.failed_looks == 5


def test_looks_that_fail_for_a_day_end_in_doubt_and_not_in_another_order() -> None:
    forward = look(sending(), LookFailed("500"))

    assert look(forward, LookFailed("500"), at=24 * 3600).state is S.SENDING
    assert look(forward, LookFailed("500"), at=24 * 3600 + 1).state is S.IN_DOUBT


def test_a_failed_look_is_repeated_no_sooner_than_the_platform_asks() -> None:
    forward = look(sending(), LookFailed("429", retry_after=700))

    assert seconds_until(forward.lease_until) >= 700


@pytest.mark.parametrize(
    ("finding", "reason"),
    [
        (Ambiguous(("7", "8")), "several orders at the platform: 7, 8"),
        (Foreign("7", "it has other goods"), "another order has our id at the platform (7): it has other goods"),
        (CannotLook("no list"), "no list"),
    ],
)
def test_what_cannot_be_decided_waits_for_a_person_who_is_reported_why(finding: Finding, reason: str) -> None:
    forward = look(sending(), finding)
    assert (forward.state, forward.error, forward.external_id) == (S.IN_DOUBT, reason, None)
