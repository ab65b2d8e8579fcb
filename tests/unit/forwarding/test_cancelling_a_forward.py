"""What a platform says to a cancel, and what the partner hears."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orderbridge.channels.outcomes import Accepted, NotSent, Outcome, Refused, Rejected, Unknown
from orderbridge.forwarding.forward.attempts import LONGEST_RETRY_SECONDS
from orderbridge.forwarding.forward.cancelling import describe_cancellation, settle_cancel
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.values.times import to_iso
from tests.fakes.samples import NOW, SIRCLO
from tests.unit.forwarding.forward_cases import GRACE, S, in_state, seconds_until


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


def test_questions_without_an_answer_come_ever_more_rarely_and_the_reason_is_said_once() -> None:
    forward, delays, lines = in_state(S.SENT), [], []
    for _ in range(14):
        transition, again = settle_cancel(forward, Unknown("timeout"), NOW, 0, GRACE)
        forward = transition.forward
        delays.append(again)
        lines.append(transition.entry is not None)
        assert seconds_until(forward.not_before) == again
        assert seconds_until(forward.due_at) == (again or 0) + GRACE

    assert delays == [min(2**number, LONGEST_RETRY_SECONDS / 2) for number in range(14)]
    assert lines == [True] + [False] * 13
    assert forward.cancel_unanswered == 14
    assert forward.error == "asked to cancel, the platform does not answer: timeout"


def test_a_platform_is_asked_no_sooner_than_it_wants_to_be() -> None:
    assert settle_cancel(in_state(S.SENT), Refused("429", retry_after=700), NOW, 0, GRACE)[1] == 700


def test_after_a_day_it_is_as_not_confirmed() -> None:
    asked = settle_cancel(in_state(S.SENT), Unknown("timeout"), NOW, 0, GRACE)[0].forward
    almost, again = settle_cancel(asked, Unknown("timeout"), NOW + timedelta(hours=23, minutes=59), 0, GRACE)
    assert (almost.forward.cancel_answer, again is None) == (None, False)

    late, again = settle_cancel(almost.forward, NotSent("dns"), NOW + timedelta(days=1), 0, GRACE)

    assert again is None
    assert (late.forward.state, late.forward.due_at, late.forward.not_before) == (S.SENT, None, None)
    assert late.entry is not None
    assert late.entry.event == "CancelUnconfirmed"
    assert late.entry.detail == late.forward.cancel_answer == late.forward.error
    assert late.entry.detail == f"not confirmed: asked 3 times since {to_iso(NOW)}, last: dns"
    answer = describe_cancellation(late.forward, platform_cancels=True)
    assert (answer.cancel, "not confirmed" in answer.detail) == ("not_possible", True)


@pytest.mark.parametrize("outcome", [Accepted(None), Rejected("shipped")])
def test_an_answer_ends_the_question(outcome: Outcome) -> None:
    asked = settle_cancel(in_state(S.SENT), Unknown("timeout"), NOW, 0, GRACE)[0].forward
    answered = settle_cancel(asked, outcome, NOW, 0, GRACE)[0].forward

    assert (answered.cancel_asked_since, answered.cancel_unanswered, answered.error) == (None, 0, None)
    assert (answered.not_before, answered.due_at) == (None, None)
