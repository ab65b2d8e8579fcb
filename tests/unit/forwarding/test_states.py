"""The states of a forward, and the only ways between them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import orderbridge
import orderbridge_cli
from orderbridge.channels.lookups import LookFailed
from orderbridge.channels.outcomes import Accepted, AcceptedOtherwise, NotSent, Outcome, Refused, Rejected, Unknown
from orderbridge.forwarding.forward import interventions, states
from orderbridge.forwarding.forward.attempts import (
    EARLY_LOOKS_SECONDS,
    LookPolicy,
    begin_attempt,
    settle_attempt,
    settle_look,
)
from orderbridge.forwarding.forward.cancelling import cancel_unsent
from orderbridge.forwarding.forward.states import (
    FINAL_STATES,
    TELLING_STATES,
    TRANSITIONS,
    UNSENT_STATES,
    ForbiddenTransition,
    ForwardState,
    Transition,
    new_forward,
)
from orderbridge.values.times import to_iso
from tests.fakes.samples import NOW, SIRCLO, order
from tests.fakes.steps import Clock
from tests.unit.forwarding.forward_cases import CHANGES, FROM, GRACE, LOOK, S, in_state, queued, seconds_until, sending


def test_a_new_forward_is_queued_and_due_after_the_grace_time() -> None:
    forward, entry, _ = new_forward(order().key, order().code, SIRCLO, NOW, GRACE)

    assert (forward.state, forward.attempts, forward.revision) == (S.QUEUED, 0, 0)
    assert forward.due_at == to_iso(NOW + timedelta(seconds=GRACE))
    assert forward.may_send_at(NOW)
    assert entry is not None
    assert (entry.event, entry.channel) == ("ForwardQueued", SIRCLO.name)


def test_what_is_new_is_no_news() -> None:
    assert not new_forward(order().key, order().code, SIRCLO, NOW, GRACE).is_news, "the publisher has just told of it"


def test_a_write_that_changes_nothing_for_others_is_no_news() -> None:
    sent = in_state(S.SENT)
    for changes in ({"due_at": None}, {"error": "x"}, {"cancel_unanswered": 3}, {"payment_status": "PAID"}):
        assert not Transition(replace(sent, **changes), None, sent).is_news, changes
    for changes in ({"platform_status": "SHIPPED"}, {"awb_number": "JNE-1"}, {"shipment_problem": "LOST"}):
        assert Transition(replace(sent, **changes), None, sent).is_news, changes


@pytest.mark.parametrize("seconds_behind", [0.001, 120.0])
def test_a_change_is_behind_the_last_one_also_where_its_clock_is_behind(seconds_behind: float) -> None:
    ahead = new_forward(order().key, order().code, SIRCLO, NOW, GRACE).forward
    behind = NOW - timedelta(seconds=seconds_behind)
    first = begin_attempt(ahead, "attempt-1", "hash", behind, 70)
    second = settle_attempt(first.forward, Accepted("77"), behind, 0, GRACE, None)
    times = [ahead.updated_at, first.forward.updated_at, second.forward.updated_at]
    assert times == sorted(set(times))
    assert [first.entry and first.entry.at, second.entry and second.entry.at] == times[1:]


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
    assert seconds_until(forward.due_at) == seconds_until(queued().due_at), "moving an entry of the index costs writes"
    assert not forward.lease_is_over(NOW + timedelta(seconds=149.999))
    assert forward.lease_is_over(NOW + timedelta(seconds=150))


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


@pytest.mark.parametrize("look", [None, LOOK])
def test_an_order_that_was_taken_otherwise_waits_for_a_person_under_its_id(look: LookPolicy | None) -> None:
    settled = settle_attempt(sending(), AcceptedOtherwise("7", "it has 2 of A, and 3 was sent"), NOW, 0, GRACE, look)

    doubt = settled.forward
    assert (doubt.state, doubt.external_id, doubt.due_at) == (S.IN_DOUBT, "7", None)
    assert doubt.error == "the platform took it as 7, and not as it was sent: it has 2 of A, and 3 was sent"
    assert not doubt.is_unsent


@pytest.mark.parametrize("can_look", [True, False])
def test_an_order_that_was_taken_otherwise_is_never_sent_again(can_look: bool) -> None:
    doubt = settle_attempt(sending(), AcceptedOtherwise("7", "other"), NOW, 0, GRACE, None).forward

    with pytest.raises(interventions.InterventionRefused, match="--sent 7"):
        interventions.retry(doubt, NOW, GRACE, can_look=can_look)
    with pytest.raises(interventions.InterventionRefused, match="--sent 7"):
        interventions.resolve_absent(doubt, NOW, GRACE)
    assert interventions.resolve_sent(doubt, "7", NOW, None).forward.state is S.SENT


def test_an_unknown_outcome_where_nobody_can_look_waits_for_a_person() -> None:
    settled = settle_attempt(sending(), Unknown("timeout"), NOW, 0, GRACE, None).forward

    assert (settled.state, settled.error, settled.due_at) == (S.IN_DOUBT, "timeout", None)


def test_an_unknown_outcome_where_one_can_look_stays_sending_until_the_first_look() -> None:
    settled = settle_attempt(sending(), Unknown("timeout"), NOW, 0, GRACE, LOOK).forward

    assert (settled.state, settled.attempt_id, settled.in_question_since) == (S.SENDING, "attempt-1", to_iso(NOW))
    assert seconds_until(settled.lease_until) == EARLY_LOOKS_SECONDS[0]
    assert seconds_until(settled.due_at) == EARLY_LOOKS_SECONDS[0] + GRACE


# --- nothing else -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ForwardState)
@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_allowed_from_its_states_and_forbidden_from_the_others(name: str, state: ForwardState) -> None:
    forward = in_state(state)

    if state in FROM[name]:
        changed = CHANGES[name](forward, NOW).forward
        assert changed.state in TRANSITIONS[state] or name in STAYING
    else:
        with pytest.raises(ForbiddenTransition):
            CHANGES[name](forward, NOW)


def test_final_states_are_left_by_operators_and_cancelling_platforms_only() -> None:
    assert {S.SENT, S.REJECTED, S.CANCELLED} == FINAL_STATES
    assert TRANSITIONS[S.SENT] == {S.CANCELLED}
    assert TRANSITIONS[S.REJECTED] == {S.QUEUED, S.SENDING}, "to SENDING, to be looked at"
    assert TRANSITIONS[S.CANCELLED] == set()


def test_there_is_no_way_from_doubt_to_another_attempt_but_an_operators() -> None:
    in_doubt = in_state(S.IN_DOUBT)

    assert interventions.resolve_sent(in_doubt, "7", NOW, None).forward.state is S.SENT
    assert interventions.resolve_absent(in_doubt, NOW, GRACE).forward.state is S.QUEUED
    with pytest.raises(interventions.InterventionRefused):
        interventions.retry(in_doubt, NOW, GRACE, can_look=False)


@pytest.mark.parametrize("state", [s for s in ForwardState if s is not S.IN_DOUBT])
def test_only_a_doubt_is_resolved(state: ForwardState) -> None:
    for resolve in (
        lambda f: interventions.resolve_sent(f, "7", NOW, None),
        lambda f: interventions.resolve_absent(f, NOW, 1),
    ):
        with pytest.raises(interventions.InterventionRefused):
            resolve(in_state(state))


@pytest.mark.parametrize("state", ForwardState)
def test_only_what_was_rejected_or_waits_is_retried(state: ForwardState) -> None:
    if state in (S.REJECTED, S.NEEDS_MAPPING, S.PAUSED):
        assert interventions.retry(in_state(state), NOW, GRACE, can_look=False).forward.state is S.QUEUED
    else:
        with pytest.raises(interventions.InterventionRefused):
            interventions.retry(in_state(state), NOW, GRACE, can_look=False)


@pytest.mark.parametrize(("state", "negative_looks"), [(S.REJECTED, 1), (S.IN_DOUBT, 0)])
def test_where_one_can_look_a_retry_of_what_may_be_there_looks_before_anything_is_sent(
    state: ForwardState, negative_looks: int
) -> None:
    forward = replace(in_state(state), body_hash="old", tries=8, strikes=8, tried_since=to_iso(NOW))
    later = NOW + timedelta(seconds=90)
    retried = interventions.retry(forward, later, GRACE, can_look=True).forward

    assert (retried.state, retried.negative_looks) == (S.SENDING, negative_looks)
    assert retried.lease_is_over(later), "it is looked at now"
    assert retried.in_question_since == forward.updated_at, "and what was sent has had all the time since then"
    assert (retried.tries, retried.strikes, retried.tried_since) == (0, 0, None), "the count starts anew"
    assert retried.body_hash is None


def test_a_doubt_about_what_is_certainly_absent_is_retried_without_a_look() -> None:
    absent = replace(in_state(S.IN_DOUBT), is_absent=True)
    for can_look in (True, False):
        assert interventions.retry(absent, NOW, GRACE, can_look=can_look).forward.state is S.QUEUED


def test_a_retry_shortens_a_wait_that_the_platform_has_asked_for() -> None:
    waiting = settle_attempt(sending(), Refused("429", retry_after=3600), NOW, 0, GRACE, None).forward
    assert not waiting.may_send_at(NOW)

    retried = interventions.retry(waiting, NOW, GRACE, can_look=False).forward

    assert retried.may_send_at(NOW)
    assert (retried.state, retried.body_hash, retried.due_at) == (S.QUEUED, waiting.body_hash, to_iso(NOW))


def test_a_retry_of_what_waits_for_another_look_looks_at_once() -> None:
    asked = settle_attempt(sending(), Unknown("timeout"), NOW, 0, GRACE, LOOK).forward
    with pytest.raises(interventions.InterventionRefused):
        interventions.retry(asked, NOW, GRACE, can_look=True)
    failed = settle_look(
        asked, LookFailed("429", retry_after=3600), NOW + timedelta(seconds=30), 0, GRACE, LOOK
    ).forward

    retried = interventions.retry(failed, NOW + timedelta(seconds=40), GRACE, can_look=True).forward

    assert retried.lease_is_over(NOW + timedelta(seconds=40))
    assert (retried.state, retried.in_question_since) == (S.SENDING, failed.in_question_since)


def test_only_what_is_certainly_not_at_its_platform_is_cancelled_without_asking_it() -> None:
    unsent = {state for state in ForwardState if in_state(state).is_unsent}
    assert unsent == UNSENT_STATES
    assert replace(in_state(S.IN_DOUBT), is_absent=True).is_unsent
    assert cancel_unsent(replace(in_state(S.IN_DOUBT), is_absent=True), NOW).forward.state is S.CANCELLED


# --- any sequence -----------------------------------------------------------------------------------------------------


STAYING = ("put_off", "note_proof")
"""Changes that may leave a forward in its state."""


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
        assert self.forward.state in TRANSITIONS[before.state] or name in STAYING
        moved = self.forward.state is not before.state
        told = self.forward.state in TELLING_STATES or before.is_final
        assert self.last.is_news == (moved and told), "of each state that others hear of, and of it alone"
        assert self.forward.attempts == before.attempts + (name == "begin_attempt")
        kept = ("key", "code", "channel", "created_at", "revision")
        assert [getattr(self.forward, each) for each in kept] == [getattr(before, each) for each in kept]
        if self.forward.state is not before.state:
            assert self.last.entry is not None, "a change of state stands on the timeline"
            assert self.last.entry.at == self.forward.updated_at >= to_iso(self.clock())

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
        assert forward.not_before is None or state in UNSENT_STATES
        assert forward.deferrals == 0 or state in UNSENT_STATES
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
        states.change(in_state(S.CANCELLED), S.QUEUED, NOW, "x", None)


def test_transitions_are_built_by_the_rules_alone() -> None:
    """What may become of a forward is said in `forwarding.forward`, and in the rules of what its platform says."""
    layer = Path(orderbridge.__file__).parent
    rules = {"forwarding/forward", "status"}
    builders = {
        path.parent.relative_to(root).as_posix()
        for root in (layer, Path(orderbridge_cli.__file__).parent)
        for path in root.rglob("*.py")
        if re.search(r"(?<![\w.])Transition\(", path.read_text(encoding="utf-8"))
    }
    assert builders == rules
