"""What becomes of a forward when its partner wants the order cancelled (docs/interfaces.md#http-api).

Before anything was sent it is simply cancelled. Afterwards the platform is asked, where it can be; an order that is
being sent, or whose arrival is in doubt, is asked about as soon as that is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from orderbridge.channels.outcomes import (
    Accepted,
    AcceptedOtherwise,
    NotSent,
    Outcome,
    Refused,
    Rejected,
    TurnedAway,
    Unknown,
)
from orderbridge.forwarding.forward.attempts import LONGEST_QUESTION_SECONDS, LONGEST_RETRY_SECONDS, retry_delay
from orderbridge.forwarding.forward.states import ForbiddenTransition, Forward, ForwardState, Transition, change
from orderbridge.values.text import bounded
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import after, from_iso, to_iso

CancelAnswer = Literal["cancelled", "requested", "not_possible"]


@dataclass(frozen=True, slots=True)
class ChannelCancellation:
    """What cancelling came to on one channel, in words for the partner."""

    channel: str
    cancel: CancelAnswer
    detail: str


def cancel_unsent(forward: Forward, now: datetime) -> Transition:
    """CANCELLED, of a forward that is certainly not at its platform."""
    if not forward.is_unsent:
        raise ForbiddenTransition(f"{forward.state} may be at its platform")
    return change(forward, ForwardState.CANCELLED, now, "ForwardCancelled", "cancelled by the partner", due_at=None)


def describe_cancellation(forward: Forward, *, platform_cancels: bool) -> ChannelCancellation:
    """The partner's answer for a forward as it is after the request was recorded."""
    name = forward.channel.name
    match forward.state:
        case ForwardState.CANCELLED:
            return ChannelCancellation(name, "cancelled", "The order is cancelled on this channel.")
        case ForwardState.REJECTED:
            return ChannelCancellation(
                name, "not_possible", "The platform has rejected the order; there is nothing to cancel."
            )
        case ForwardState.SENT if not platform_cancels:
            return ChannelCancellation(
                name, "not_possible", "The platform holds the order and has no call to cancel it."
            )
        case ForwardState.SENT if forward.cancel_answer is not None and forward.cancel_unanswered:
            return ChannelCancellation(
                name, "not_possible", "The platform has not confirmed within a day that the order is cancelled."
            )
        case ForwardState.SENT if forward.cancel_answer is not None:
            return ChannelCancellation(name, "not_possible", "The platform did not cancel the order.")
        case ForwardState.SENT:
            return ChannelCancellation(name, "requested", "The platform is asked to cancel the order.")
        case _:
            return ChannelCancellation(
                name,
                "requested",
                "The order is on its way to the platform; it is cancelled as soon as that is settled.",
            )


def await_platform_cancel(forward: Forward, now: datetime, grace_seconds: float) -> Transition:
    """A SENT forward that is due again, because its platform is to be asked to cancel."""
    return Transition(replace(forward, due_at=after(now, grace_seconds)), None, forward)


def await_cancel_once_sent(settled: Transition, now: datetime, grace_seconds: float) -> Transition:
    """The same, and due where it makes the order SENT, whose partner wants it cancelled: the platform is to be asked.

    In one write, so that the wish is not forgotten where the worker ends right after it.
    """
    if settled.forward.state is not ForwardState.SENT:
        return settled
    return settled._replace(forward=replace(settled.forward, due_at=after(now, grace_seconds)))


def no_cancel_awaited(forward: Forward) -> Transition:
    """A SENT forward that was due for a cancel which nobody has asked for."""
    return Transition(replace(forward, due_at=None), None, forward)


def await_channel(forward: Forward, reason: str, now: datetime, seconds: float, grace_seconds: float) -> Transition:
    """A SENT forward whose platform cannot be asked to cancel now; the day it has for its answer does not begin."""
    error, at = bounded(f"cancelling waits: {reason}"), forward.changed_at(now)
    later = replace(forward, error=error, not_before=after(now, seconds), due_at=after(now, seconds + grace_seconds))
    if error == forward.error:
        return Transition(later, None, forward)
    return Transition(
        replace(later, updated_at=at), TimelineEntry(at, "CancelWaits", forward.channel.name, bounded(reason)), forward
    )


def settle_cancel(
    forward: Forward, outcome: Outcome, now: datetime, jitter: float, grace_seconds: float
) -> tuple[Transition, float | None]:
    """A SENT forward after its platform was asked to cancel, and in how many seconds to ask again (None: never).

    Asking twice does no harm, so whatever is not an answer is asked again, ever more rarely. After a day it counts as
    not confirmed. The timeline says once why there is no answer.
    """
    match outcome:
        case Accepted():
            detail = "cancelled at the platform"
            return change(forward, ForwardState.CANCELLED, now, "ForwardCancelled", detail, due_at=None), None
        case Rejected(reason):
            refused = replace(forward, cancel_asked_since=None, cancel_unanswered=0, error=None)
            return _asked_no_more(forward, refused, bounded(reason), now, "CancelRejected"), None
        case AcceptedOtherwise():
            return _unanswered(forward, Unknown(outcome.reason), now, jitter, grace_seconds)
        case _:
            return _unanswered(forward, outcome, now, jitter, grace_seconds)


def _unanswered(
    forward: Forward,
    outcome: NotSent | Refused | TurnedAway | Unknown,
    now: datetime,
    jitter: float,
    grace_seconds: float,
) -> tuple[Transition, float | None]:
    at, since, times = forward.changed_at(now), forward.cancel_asked_since or to_iso(now), forward.cancel_unanswered + 1
    asked = replace(forward, cancel_asked_since=since, cancel_unanswered=times)
    if from_iso(since) + timedelta(seconds=LONGEST_QUESTION_SECONDS) <= now:
        detail = bounded(f"not confirmed: asked {times} times since {since}, last: {outcome.reason}")
        return _asked_no_more(forward, replace(asked, error=detail), detail, now, "CancelUnconfirmed"), None
    retry_after = outcome.retry_after if isinstance(outcome, Refused | TurnedAway) else None
    delay = max(retry_delay(times, jitter, retry_after, LONGEST_RETRY_SECONDS), 1.0)
    error = bounded(f"asked to cancel, the platform does not answer: {outcome.reason}")
    later = replace(asked, error=error, not_before=after(now, delay), due_at=after(now, delay + grace_seconds))
    if error == forward.error:
        return Transition(later, None, forward), delay
    entry = TimelineEntry(at, "CancelUnanswered", forward.channel.name, bounded(outcome.reason))
    return Transition(replace(later, updated_at=at), entry, forward), delay


def _asked_no_more(before: Forward, asked: Forward, answer: str, now: datetime, event: str) -> Transition:
    at = before.changed_at(now)
    settled = replace(asked, cancel_answer=answer, not_before=None, due_at=None, updated_at=at)
    return Transition(settled, TimelineEntry(at, event, before.channel.name, answer), before)
