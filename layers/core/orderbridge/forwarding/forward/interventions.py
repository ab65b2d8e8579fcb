"""What an operator may do to a forward by hand. Each leaves its line on the timeline (docs/interfaces.md#states)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from orderbridge.forwarding.forward.states import (
    UNSENT_STATES,
    WAITING_STATES,
    Forward,
    ForwardState,
    Transition,
    change,
)
from orderbridge.values.text import bounded
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import after, to_iso


def by(operator: str, intervention: Transition) -> Transition:
    """The same, and its line on the timeline begins with who did it."""
    entry = intervention.entry
    if entry is None:
        return intervention
    return intervention._replace(entry=replace(entry, detail=bounded(f"by {operator}: {entry.detail}")))


class InterventionRefused(Exception):
    """The forward is in no state for this; the message tells the operator what to do instead."""


_S = ForwardState
_COUNTERS_RESET = {"tries": 0, "strikes": 0, "tried_since": None}
_INSTEAD = {
    _S.QUEUED: "it is queued already",
    _S.SENDING: "it is being sent at this moment",
    _S.SENT: "the platform holds it already",
    _S.IN_DOUBT: "nobody knows whether the platform holds it: look there, then use `forwards resolve`",
    _S.CANCELLED: "it is cancelled",
}


def retry(forward: Forward, now: datetime, grace_seconds: float, *, can_look: bool) -> Transition:
    """The forward on its way again, out of REJECTED, out of doubt or out of a wait, with its attempts counted again.

    Where its platform can be looked at (`can_look`), that comes first for an order that may have arrived: SENDING
    without an answer, since it was settled. Else QUEUED. Sent again it is mapped again, so what was frozen is void.
    """
    if is_waiting_for_platform(forward, now):
        return _hastened(forward, now)
    _require_not_taken(forward)
    may_be_there = forward.state in (_S.REJECTED, _S.IN_DOUBT) and not forward.is_unsent
    if may_be_there and can_look:
        # The platform's own refusal is worth a look that did not find the order.
        return change(
            forward, _S.SENDING, now, "ForwardRetried",
            f"out of {forward.state.value}; the platform is looked at before it is sent again",
            body_hash=None, lease_until=to_iso(now), in_question_since=forward.updated_at,
            negative_looks=int(forward.state is _S.REJECTED), due_at=after(now, grace_seconds), **_COUNTERS_RESET,
        )  # fmt: skip
    if (forward.state in _INSTEAD and not forward.is_unsent) or forward.state is _S.QUEUED:
        raise InterventionRefused(_INSTEAD[forward.state])
    return change(
        forward, _S.QUEUED, now, "ForwardRetried", f"out of {forward.state.value}",
        body_hash=None, due_at=after(now, grace_seconds), **_COUNTERS_RESET,
    )  # fmt: skip


def is_waiting_for_platform(forward: Forward, now: datetime) -> bool:
    """Whether all that holds a forward up is a time: of its next attempt, or of a look after one that failed."""
    if forward.state is _S.SENDING:
        return forward.failed_looks > 0 and not forward.lease_is_over(now)
    return forward.state is _S.QUEUED and not forward.may_send_at(now)


def _hastened(forward: Forward, now: datetime) -> Transition:
    now_due, at = to_iso(now), forward.changed_at(now)
    lease_until = now_due if forward.state is _S.SENDING else None
    sooner = replace(forward, not_before=None, lease_until=lease_until, due_at=now_due, updated_at=at)
    entry = TimelineEntry(at, "ForwardRetried", forward.channel.name, "at once, whatever the platform has asked for")
    return Transition(sooner, entry, forward)


def resolve_sent(forward: Forward, external_id: str, now: datetime, due_in: float | None) -> Transition:
    """SENT: a person has found the order at the platform, under this id.

    Due in so many seconds where its partner may have wanted it cancelled meanwhile; None where nothing came of that.
    """
    _require_doubt(forward)
    detail = f"the platform holds it, external id {external_id}"
    due_at = None if due_in is None else after(now, due_in)
    return change(forward, ForwardState.SENT, now, "ForwardResolved", detail, external_id=external_id, due_at=due_at)


def resolve_absent(forward: Forward, now: datetime, grace_seconds: float, how: str | None = None) -> Transition:
    """QUEUED: the platform does not hold the order (`how` that is known); the same request is sent again."""
    _require_doubt(forward)
    _require_not_taken(forward)
    detail = f"not at the platform{f' ({how})' if how else ''}; sent again"
    return change(
        forward, _S.QUEUED, now, "ForwardResolved", detail, due_at=after(now, grace_seconds), **_COUNTERS_RESET
    )  # fmt: skip


def question(forward: Forward, reason: str, now: datetime, grace_seconds: float) -> Transition:
    """SENDING without an answer: it may have been sent though the table does not know.

    So the platform is looked at before anything is sent, and where it cannot be looked at, a person has to.
    """
    if forward.state not in UNSENT_STATES | {ForwardState.SENDING}:
        raise InterventionRefused(f"it is {forward.state.value}, and nothing is sent for it")
    at = to_iso(now)
    waits = forward.state in WAITING_STATES
    sendable = change(forward, ForwardState.QUEUED, now, "", None).forward if waits else forward
    questioned = change(
        sendable, ForwardState.SENDING, now, "ForwardQuestioned", reason,
        lease_until=at, in_question_since=at, due_at=after(now, grace_seconds),
    )  # fmt: skip
    return questioned._replace(before=forward)


def _require_not_taken(forward: Forward) -> None:
    """A platform that has said its id holds the order, in whatever form: sent again it would be there twice."""
    if forward.state is _S.IN_DOUBT and forward.external_id is not None:
        raise InterventionRefused(
            f"the platform holds it, as {forward.external_id}, though not as it was sent: put it right there, then "
            f"`orderbridge forwards resolve {forward.code} {forward.channel.name} --sent {forward.external_id}`"
        )


def _require_doubt(forward: Forward) -> None:
    if forward.state is not ForwardState.IN_DOUBT:
        raise InterventionRefused(f"it is {forward.state.value}; only an IN_DOUBT forward is resolved by hand")
