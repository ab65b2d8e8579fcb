"""The states of a forward, and the only ways between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from orderbridge.domain import forwards, interventions
from orderbridge.domain.cancelling import cancel_unsent, describe_cancellation, settle_cancel
from orderbridge.domain.forwards import (
    FINAL_STATES,
    LONGEST_RETRY_AFTER_SECONDS,
    LONGEST_RETRY_SECONDS,
    TRANSITIONS,
    ForbiddenTransition,
    Forward,
    ForwardState,
    LookPolicy,
    Transition,
    begin_attempt,
    new_forward,
    new_unrouted_forward,
    park_for_mappings,
    pause,
    postpone,
    release,
    retry_delay,
    settle_attempt,
    settle_look,
)
from orderbridge.domain.lookups import Absent, Ambiguous, CannotLook, Finding, Found, LookFailed
from orderbridge.domain.mapping import MappingKey
from orderbridge.domain.outcomes import Accepted, NotSent, Outcome, Refused, Rejected, Unknown
from orderbridge.domain.times import from_iso, to_iso
from tests.fakes.samples import NOW, SIRCLO, order
from tests.fakes.steps import Clock

S = ForwardState
GRACE = 60.0
LOOK = LookPolicy(settle_seconds=30)
MISSING = (MappingKey.of("product", "PROD-001"), MappingKey.of("customer", "CUST-001"))


def queued() -> Forward:
    return new_forward(order().key, order().code, SIRCLO, NOW, GRACE).forward


def sending(**changes: Any) -> Forward:
    forward = begin_attempt(queued(), "attempt-1", "hash", NOW, 150).forward
    return replace(forward, **changes)


def in_state(state: ForwardState) -> Forward:
    return replace(queued(), state=state)


def seconds_until(text: str | None) -> float:
    assert text is not None
    return (from_iso(text) - NOW).total_seconds()


# --- beginning --------------------------------------------------------------------------------------------------------


def test_a_new_forward_is_queued_and_due_after_the_grace_time() -> None:
    forward, entry, _ = new_forward(order().key, order().code, SIRCLO, NOW, GRACE)

    assert (forward.state, forward.attempts, forward.revision) == (S.QUEUED, 0, 0)
    assert forward.due_at == to_iso(NOW + timedelta(seconds=GRACE))
    assert forward.may_send_at(NOW)
    assert entry is not None
    assert (entry.event, entry.channel) == ("ForwardQueued", SIRCLO.name)


def test_an_order_without_a_channel_waits_visibly_for_its_route() -> None:
    forward, entry, _ = new_unrouted_forward(order().key, order().code, "SITE 001", NOW)

    assert (forward.state, forward.missing) == (S.NEEDS_MAPPING, (MappingKey("route", "SITE 001"),))
    assert forward.due_at is not None
    assert entry is not None


# --- sending ----------------------------------------------------------------------------------------------------------


def test_sending_has_a_lease_and_is_looked_after_once_it_is_over() -> None:
    forward = sending()

    assert (forward.state, forward.attempts, forward.attempt_id, forward.body_hash) == (
        S.SENDING,
        1,
        "attempt-1",
        "hash",
    )
    assert seconds_until(forward.lease_until) == 150
    assert seconds_until(forward.due_at) > 150
    assert not forward.lease_is_over(NOW + timedelta(seconds=150))
    assert forward.lease_is_over(NOW + timedelta(seconds=150.001))


def test_a_forward_without_a_lease_has_none_that_could_be_over() -> None:
    assert not queued().lease_is_over(NOW + timedelta(days=365))


OUTCOMES: list[tuple[Outcome, ForwardState]] = [
    (Accepted("7"), S.SENT),
    (Accepted(None), S.SENT),
    (Rejected("no"), S.REJECTED),
    (Refused("429"), S.QUEUED),
    (Refused("401", credentials=True), S.QUEUED),
    (NotSent("dns"), S.QUEUED),
]


@pytest.mark.parametrize(("outcome", "state"), OUTCOMES)
@pytest.mark.parametrize("look", [None, LOOK])
def test_an_outcome_decides_the_state_alone(outcome: Outcome, state: ForwardState, look: LookPolicy | None) -> None:
    settled = settle_attempt(sending(), outcome, NOW, 0.5, GRACE, look).forward

    assert settled.state is state
    assert (settled.due_at is None) == (state in FINAL_STATES)
    assert (settled.lease_until, settled.attempt_id) == (None, None)
    assert (settled.not_before is not None) == (state is S.QUEUED)


def test_the_platforms_own_id_is_kept_and_none_is_none() -> None:
    assert settle_attempt(sending(), Accepted("7"), NOW, 0, GRACE, None).forward.external_id == "7"
    assert settle_attempt(sending(), Accepted(None), NOW, 0, GRACE, None).forward.external_id is None


def test_an_unknown_outcome_where_nobody_can_look_waits_for_a_person() -> None:
    settled = settle_attempt(sending(), Unknown("timeout"), NOW, 0, GRACE, None).forward

    assert (settled.state, settled.error, settled.due_at) == (S.IN_DOUBT, "timeout", None)


def test_an_unknown_outcome_where_one_can_look_stays_sending_until_the_first_look() -> None:
    settled = settle_attempt(sending(), Unknown("timeout"), NOW, 0, GRACE, LOOK).forward

    assert (settled.state, settled.attempt_id, settled.in_question_since) == (S.SENDING, "attempt-1", to_iso(NOW))
    assert seconds_until(settled.lease_until) == LOOK.settle_seconds
    assert seconds_until(settled.due_at) == LOOK.settle_seconds + GRACE


# --- looking ----------------------------------------------------------------------------------------------------------


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
    assert (twice.state, twice.negative_looks, twice.not_before) == (S.QUEUED, 0, None)
    assert twice.due_at is not None


def test_a_look_that_failed_neither_counts_as_negative_nor_forgets_one() -> None:
    failed = look(look(sending(), Absent()), LookFailed("500"))
    assert (failed.state, failed.negative_looks, failed.failed_looks) == (S.SENDING, 1, 1)

    assert look(failed, Absent()).state is S.QUEUED


def test_looks_that_fail_for_a_day_end_in_doubt_and_not_in_another_order() -> None:
    forward = look(sending(), LookFailed("500"))

    assert look(forward, LookFailed("500"), at=24 * 3600).state is S.SENDING
    assert look(forward, LookFailed("500"), at=24 * 3600 + 1).state is S.IN_DOUBT


def test_a_failed_look_is_repeated_no_sooner_than_the_platform_asks() -> None:
    forward = look(sending(), LookFailed("429", retry_after=700))

    assert seconds_until(forward.lease_until) >= 700


@pytest.mark.parametrize("finding", [Ambiguous(("7", "8")), CannotLook("no list")])
def test_what_cannot_be_decided_waits_for_a_person(finding: Finding) -> None:
    assert look(sending(), finding).state is S.IN_DOUBT


# --- retries ----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.floats(0, 1, exclude_max=True))
def test_a_retry_waits_between_half_and_all_of_a_doubling_time(attempts: int, jitter: float) -> None:
    delay = retry_delay(attempts, jitter)

    ceiling = min(2 * 2 ** min(max(attempts - 1, 0), 20), LONGEST_RETRY_SECONDS)
    assert ceiling / 2 <= delay <= ceiling


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


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_parking_lists_everything_and_is_looked_at_again() -> None:
    parked = park_for_mappings(queued(), MISSING, NOW)

    assert (parked.forward.state, parked.forward.missing) == (S.NEEDS_MAPPING, MISSING)
    assert parked.forward.due_at is not None
    assert parked.entry is not None
    assert parked.entry.detail == "product:PROD-001, customer:CUST-001"


def test_looking_again_without_anything_new_leaves_no_line_on_the_timeline() -> None:
    parked = park_for_mappings(queued(), MISSING, NOW).forward

    assert park_for_mappings(parked, MISSING, NOW).entry is None
    assert park_for_mappings(parked, MISSING[:1], NOW).entry is not None

    paused = pause(queued(), "closed", NOW, 600).forward
    assert pause(paused, "closed", NOW, 600).entry is None


def test_releasing_forgets_what_was_waited_for() -> None:
    released = release(park_for_mappings(queued(), MISSING, NOW).forward, "imported", NOW, GRACE).forward

    assert (released.state, released.missing, released.error) == (S.QUEUED, (), None)
    assert released.due_at is not None


def test_the_sweepers_claim_changes_the_due_time_and_nothing_else() -> None:
    forward = queued()

    assert replace(postpone(forward, NOW, 999), due_at=forward.due_at) == forward


# --- nothing else -----------------------------------------------------------------------------------------------------

CHANGES: dict[str, Any] = {
    "begin_attempt": lambda f, now: begin_attempt(f, "a", "h", now, 150),
    "settle_attempt sent": lambda f, now: settle_attempt(f, Accepted("1"), now, 0, GRACE, LOOK),
    "settle_attempt rejected": lambda f, now: settle_attempt(f, Rejected("no"), now, 0, GRACE, LOOK),
    "settle_attempt refused": lambda f, now: settle_attempt(f, Refused("429"), now, 0, GRACE, LOOK),
    "settle_attempt not sent": lambda f, now: settle_attempt(f, NotSent("dns"), now, 0, GRACE, LOOK),
    "settle_attempt unknown": lambda f, now: settle_attempt(f, Unknown("?"), now, 0, GRACE, LOOK),
    "settle_attempt unknown, cannot look": lambda f, now: settle_attempt(f, Unknown("?"), now, 0, GRACE, None),
    "settle_look found": lambda f, now: settle_look(f, Found("1"), now, 0, GRACE, LOOK),
    "settle_look absent": lambda f, now: settle_look(f, Absent(), now, 0, GRACE, LOOK),
    "settle_look failed": lambda f, now: settle_look(f, LookFailed("500"), now, 0, GRACE, LOOK),
    "settle_look ambiguous": lambda f, now: settle_look(f, Ambiguous(("1", "2")), now, 0, GRACE, LOOK),
    "park_for_mappings": lambda f, now: park_for_mappings(f, MISSING, now),
    "pause": lambda f, now: pause(f, "closed", now, 600),
    "release": lambda f, now: release(f, "imported", now, GRACE),
    "cancel_unsent": cancel_unsent,
}
FROM: dict[str, set[ForwardState]] = {
    "begin_attempt": {S.QUEUED},
    **{name: {S.SENDING} for name in CHANGES if name.startswith("settle_")},
    "park_for_mappings": {S.QUEUED, S.NEEDS_MAPPING},
    "pause": {S.QUEUED, S.PAUSED, S.SENDING},
    "release": {S.NEEDS_MAPPING, S.PAUSED, S.SENDING, S.IN_DOUBT, S.REJECTED},
    "cancel_unsent": {S.QUEUED, S.NEEDS_MAPPING, S.PAUSED, S.SENT},
}


@pytest.mark.parametrize("state", ForwardState)
@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_allowed_from_its_states_and_forbidden_from_the_others(name: str, state: ForwardState) -> None:
    forward = in_state(state)

    if state in FROM[name]:
        changed = CHANGES[name](forward, NOW).forward
        assert changed.state in TRANSITIONS[state]
    else:
        with pytest.raises(ForbiddenTransition):
            CHANGES[name](forward, NOW)


def test_final_states_are_left_by_operators_and_cancelling_platforms_only() -> None:
    assert {S.SENT, S.REJECTED, S.CANCELLED} == FINAL_STATES
    assert TRANSITIONS[S.SENT] == {S.CANCELLED}
    assert TRANSITIONS[S.REJECTED] == {S.QUEUED}
    assert TRANSITIONS[S.CANCELLED] == set()


def test_there_is_no_way_from_doubt_to_another_attempt_but_an_operators() -> None:
    in_doubt = in_state(S.IN_DOUBT)

    assert interventions.resolve_sent(in_doubt, "7", NOW).forward.state is S.SENT
    assert interventions.resolve_absent(in_doubt, NOW, GRACE).forward.state is S.QUEUED
    with pytest.raises(interventions.InterventionRefused):
        interventions.retry(in_doubt, NOW, GRACE)


@pytest.mark.parametrize("state", [s for s in ForwardState if s is not S.IN_DOUBT])
def test_only_a_doubt_is_resolved(state: ForwardState) -> None:
    for resolve in (
        lambda f: interventions.resolve_sent(f, "7", NOW),
        lambda f: interventions.resolve_absent(f, NOW, 1),
    ):
        with pytest.raises(interventions.InterventionRefused):
            resolve(in_state(state))


@pytest.mark.parametrize("state", ForwardState)
def test_only_what_was_rejected_or_waits_is_retried(state: ForwardState) -> None:
    if state in (S.REJECTED, S.NEEDS_MAPPING, S.PAUSED):
        assert interventions.retry(in_state(state), NOW, GRACE).forward.state is S.QUEUED
    else:
        with pytest.raises(interventions.InterventionRefused):
            interventions.retry(in_state(state), NOW, GRACE)


# --- cancelling -------------------------------------------------------------------------------------------------------


def test_what_a_platform_says_to_cancelling_decides() -> None:
    sent = in_state(S.SENT)

    cancelled, again = settle_cancel(sent, Accepted(None), NOW, 0, GRACE)
    assert (cancelled.forward.state, again) == (S.CANCELLED, None)

    refused, again = settle_cancel(sent, Rejected("shipped"), NOW, 0, GRACE)
    assert (refused.forward.state, refused.forward.cancel_answer, again) == (S.SENT, "shipped", None)

    unanswered, again = settle_cancel(sent, Unknown("timeout"), NOW, 0, GRACE)
    assert (unanswered.forward.state, unanswered.forward.cancel_answer) == (S.SENT, None)
    assert again is not None
    assert again > 0
    assert unanswered.forward.due_at is not None


@pytest.mark.parametrize("state", ForwardState)
def test_a_partner_gets_words_for_every_state(state: ForwardState) -> None:
    for cancels in (True, False):
        answer = describe_cancellation(in_state(state), platform_cancels=cancels)
        assert answer.channel == SIRCLO.name
        assert answer.detail
        if state is S.CANCELLED:
            assert answer.cancel == "cancelled"
        if state is S.REJECTED or (state is S.SENT and not cancels):
            assert answer.cancel == "not_possible"


# --- any sequence -----------------------------------------------------------------------------------------------------


class AnyChanges(RuleBasedStateMachine):
    """Changes in any order and at any time: what is in a state is what belongs there."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock(NOW)
        self.forward = queued()
        self.last: Transition | None = None

    @rule(name=st.sampled_from(sorted(CHANGES)))
    def change(self, name: str) -> None:
        before = self.forward
        if before.state not in FROM[name]:
            return
        self.last = CHANGES[name](before, self.clock())
        self.forward = self.last.forward
        assert self.forward.state in TRANSITIONS[before.state]
        assert self.forward.attempts == before.attempts + (name == "begin_attempt")
        kept = ("key", "code", "channel", "created_at", "revision")
        assert [getattr(self.forward, each) for each in kept] == [getattr(before, each) for each in kept]
        if self.forward.state is not before.state:
            assert self.last.entry is not None, "a change of state stands on the timeline"
            assert self.last.entry.at == self.forward.updated_at == to_iso(self.clock())

    @rule(seconds=st.sampled_from([0.001, 1, 30, 90_000]))
    def wait(self, seconds: float) -> None:
        self.clock.move(seconds)

    @invariant()
    def nobody_looks_after_what_is_settled_and_somebody_after_everything_else(self) -> None:
        settled = self.forward.state in FINAL_STATES | {S.IN_DOUBT}
        assert (self.forward.due_at is None) == settled

    @invariant()
    def what_belongs_to_a_state_is_only_there(self) -> None:
        state, forward = self.forward.state, self.forward
        assert (forward.lease_until is not None) == (state is S.SENDING)
        assert (forward.missing != ()) == (state is S.NEEDS_MAPPING)
        assert forward.not_before is None or state is S.QUEUED
        assert forward.in_question_since is None or state is S.SENDING
        assert forward.negative_looks == 0 or state is S.SENDING
        assert forward.external_id is None or state in (S.SENT, S.CANCELLED)

    @invariant()
    def an_error_says_why_it_waits_or_was_refused(self) -> None:
        if self.forward.state in (S.REJECTED, S.IN_DOUBT, S.PAUSED):
            assert self.forward.error


TestAnyChanges = AnyChanges.TestCase
TestAnyChanges.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_change_needs_a_state_that_is_listed() -> None:
    with pytest.raises(ForbiddenTransition, match="CANCELLED to QUEUED"):
        forwards.change(in_state(S.CANCELLED), S.QUEUED, NOW, "x", None)
