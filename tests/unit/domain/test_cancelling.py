"""What a platform says to a cancel, and what the partner hears."""

from __future__ import annotations

import pytest

from orderbridge.domain.cancelling import describe_cancellation, settle_cancel
from orderbridge.domain.forwards import (
    ForwardState,
)
from orderbridge.domain.outcomes import Accepted, Rejected, Unknown
from tests.fakes.samples import NOW, SIRCLO
from tests.unit.domain.forward_cases import (
    GRACE,
    S,
    in_state,
)


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
