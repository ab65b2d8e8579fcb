"""A forward: one order going to one channel, and the only ways in which its state may change.

Every change is a pure function from a forward to a `Transition`: the next forward and the line it leaves on the
order's timeline. A change that `TRANSITIONS` does not allow raises `ForbiddenTransition`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from orderbridge.domain.lookups import Absent, Ambiguous, CannotLook, Finding, Foreign, Found, LookFailed
from orderbridge.domain.mapping import MappingKey
from orderbridge.domain.orders import ChannelRef, OrderKey, OrderStatus
from orderbridge.domain.outcomes import (
    LONGEST_RETRY_AFTER_SECONDS,
    Accepted,
    NotSent,
    Outcome,
    Refused,
    Rejected,
    Unknown,
    bounded,
)
from orderbridge.domain.times import after, from_iso, to_iso

FIRST_RETRY_SECONDS = 2
LONGEST_RETRY_SECONDS = 900
UNROUTED_RECHECK_SECONDS = 120
"""Longer than a partner's routes may be remembered at intake."""
EARLY_LOOKS_SECONDS = (2, 10)
"""How long after a call without an answer the platform is looked at before a negative look would count."""
LONGEST_QUESTION_SECONDS = 24 * 3600


class ForwardState(StrEnum):
    """INTERFACES section 3."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    NEEDS_MAPPING = "NEEDS_MAPPING"
    IN_DOUBT = "IN_DOUBT"
    REJECTED = "REJECTED"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"


_S = ForwardState
FINAL_STATES = frozenset({_S.SENT, _S.REJECTED, _S.CANCELLED})
UNSENT_STATES = frozenset({_S.QUEUED, _S.NEEDS_MAPPING, _S.PAUSED})
WAITING_STATES = frozenset({_S.NEEDS_MAPPING, _S.IN_DOUBT, _S.PAUSED})
LISTED_STATES = WAITING_STATES | {_S.REJECTED}
"""What a person may have to do something about; these forwards can be listed without reading any others."""

TRANSITIONS: dict[ForwardState, frozenset[ForwardState]] = {
    _S.QUEUED: frozenset({_S.SENDING, _S.NEEDS_MAPPING, _S.PAUSED, _S.CANCELLED}),
    # SENDING to itself: the answer never came, and the platform is looked at once the lease is over.
    _S.SENDING: frozenset({_S.SENDING, _S.SENT, _S.REJECTED, _S.QUEUED, _S.IN_DOUBT, _S.PAUSED}),
    _S.NEEDS_MAPPING: frozenset({_S.NEEDS_MAPPING, _S.QUEUED, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.PAUSED, _S.QUEUED, _S.CANCELLED}),
    # The exits of IN_DOUBT and of the final states are an operator's alone.
    _S.IN_DOUBT: frozenset({_S.SENT, _S.QUEUED}),
    _S.REJECTED: frozenset({_S.QUEUED}),
    _S.SENT: frozenset({_S.CANCELLED}),
    _S.CANCELLED: frozenset(),
}


PaymentStatus = Literal["UNPAID", "PARTIAL", "PAID", "EXPIRED", "FAILED", "REFUND"]
ShipmentProblem = Literal["RETURNED", "LOST", "INVALID", "SHIPMENT_PROBLEM"]


class ForbiddenTransition(Exception):
    """A change of state that must not happen; reaching it is a defect."""


@dataclass(frozen=True, slots=True)
class Forward:
    """One order going to one channel. Times are ISO 8601 UTC; `revision` guards against concurrent writers."""

    key: OrderKey
    code: str
    channel: ChannelRef
    state: ForwardState
    created_at: str
    updated_at: str
    due_at: str | None
    """When the sweeper looks after it if nothing has happened by then; None where nothing is due."""
    not_before: str | None = None
    """No attempt is made, and no platform asked to cancel again, before this time, whoever delivers the message."""
    attempts: int = 0
    attempt_id: str | None = None
    lease_until: str | None = None
    body_hash: str | None = None
    external_id: str | None = None
    platform_status: OrderStatus | None = None
    """How far the platform says the order has come, where it has said so since it was SENT."""
    platform_status_raw: tuple[tuple[str, str], ...] = ()
    """The platform's own words behind that, by what they are about: ``(("status", "packed"),)``."""
    payment_status: PaymentStatus | None = None
    """What the platform says about payment, which proves nothing about delivery; None until it is more than UNPAID."""
    shipment_problem: ShipmentProblem | None = None
    """What went wrong on the way, as long as the platform says so; the status stays what it was."""
    awb_number: str | None = None
    cancel_answer: str | None = None
    """What the platform said when it was asked to cancel and did not, or that it never said; it is asked no more."""
    cancel_asked_since: str | None = None
    """Since when the platform has been asked to cancel and has not answered."""
    cancel_unanswered: int = 0
    """How often in a row it did not answer that."""
    in_question_since: str | None = None
    """Since when an attempt has been without an answer and the platform is being looked at."""
    negative_looks: int = 0
    failed_looks: int = 0
    put_offs: int = 0
    """How often in a row an attempt could not even be begun."""
    missing: tuple[MappingKey, ...] = ()
    error: str | None = None
    revision: int = 0

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    def may_send_at(self, now: datetime) -> bool:
        """Whether the time has come for what is to be tried again: an attempt, or the question to cancel."""
        return self.not_before is None or from_iso(self.not_before) <= now

    def lease_is_over(self, now: datetime) -> bool:
        """Whether the attempt that is SENDING can no longer be alive."""
        return self.lease_until is not None and from_iso(self.lease_until) <= now


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of an order's timeline: when, what, on which channel (None: the order itself), and the reason."""

    at: str
    event: str
    channel: str | None = None
    detail: str | None = None


class Transition(NamedTuple):
    """A change of a forward and the line it leaves on the timeline; none where nothing happened to the order.

    `before` is the forward as it stood, None where it is new.
    """

    forward: Forward
    entry: TimelineEntry | None
    before: Forward | None = None

    @property
    def is_news(self) -> bool:
        """Whether others are told of this very change: of another state, or of more about the order at its platform."""
        return self.before is None or _known_of(self.before) != _known_of(self.forward)


def _known_of(forward: Forward) -> tuple[object, ...]:
    return forward.state, forward.platform_status, forward.awb_number, forward.shipment_problem


@dataclass(frozen=True, slots=True)
class LookPolicy:
    """How a platform is looked at after a call without an answer.

    An order is taken for absent after `negative_looks` complete looks that did not find it. `settle_seconds`, which
    exceed the platform's look-up lag, lie before the first that counts and between two of them. An order that is found
    is there at any time, so there are looks before that, too; what they do not find says nothing.
    """

    settle_seconds: float
    negative_looks: int = 2


def change(
    forward: Forward, state: ForwardState, now: datetime, event: str, detail: str | None, **changes: object
) -> Transition:
    """The forward in another state, with one line on its timeline and everything of the last state cleared.

    Raises `ForbiddenTransition` for a change that `TRANSITIONS` does not list. `changes` are fields of `Forward`.
    """
    if state not in TRANSITIONS[forward.state]:
        raise ForbiddenTransition(f"{forward.state} to {state}")
    cleared: dict[str, object] = {
        "not_before": None,
        "attempt_id": None,
        "lease_until": None,
        "in_question_since": None,
        "negative_looks": 0,
        "failed_looks": 0,
        "put_offs": 0,
        "cancel_asked_since": None,
        "cancel_unanswered": 0,
        "missing": (),
        "error": None,
    }
    at = to_iso(now)
    changed = replace(forward, **{**cleared, **changes, "state": state, "updated_at": at})  # type: ignore[arg-type]
    return Transition(changed, TimelineEntry(at, event, forward.channel.name, detail), forward)


def new_forward(key: OrderKey, code: str, channel: ChannelRef, now: datetime, grace_seconds: float) -> Transition:
    """A forward that is to be sent at once, and is swept if nothing happened within the grace time."""
    at = to_iso(now)
    forward = Forward(key, code, channel, _S.QUEUED, at, at, due_at=after(now, grace_seconds))
    return Transition(forward, TimelineEntry(at, "ForwardQueued", channel.name))


def new_unrouted_forward(key: OrderKey, code: str, site_code: str, now: datetime) -> Transition:
    """The visible place of an order that no channel takes: NEEDS_MAPPING of kind ``route`` (DESIGN invariant 1)."""
    at = to_iso(now)
    forward = Forward(
        key,
        code,
        UNROUTED,
        _S.NEEDS_MAPPING,
        at,
        at,
        due_at=after(now, UNROUTED_RECHECK_SECONDS),
        missing=(MappingKey.of("route", site_code),),
    )
    return Transition(forward, TimelineEntry(at, "ForwardNeedsMapping", None, f"route:{site_code}"))


UNROUTED = ChannelRef(name="unrouted", platform="")


def begin_attempt(forward: Forward, attempt_id: str, body_hash: str, now: datetime, lease_seconds: float) -> Transition:
    """SENDING, to be written before the first byte leaves; the sweeper looks again once the lease is over."""
    _require(forward, _S.QUEUED)
    lease_until = now + timedelta(seconds=lease_seconds)
    number = forward.attempts + 1
    return change(
        forward, _S.SENDING, now, "AttemptStarted", f"attempt {number}",
        attempts=number, attempt_id=attempt_id, body_hash=body_hash,
        lease_until=to_iso(lease_until), due_at=after(lease_until, 5),
    )  # fmt: skip


def settle_attempt(
    forward: Forward, outcome: Outcome, now: datetime, jitter: float, grace_seconds: float, look: LookPolicy | None
) -> Transition:
    """What becomes of a SENDING forward once its outcome is known; `jitter` is in [0, 1).

    After `Unknown` the platform is looked at (`look`), or a person has to where it cannot be (None).
    """
    _require(forward, _S.SENDING)
    match outcome:
        case Accepted(external_id):
            return _sent(forward, external_id, now, None if external_id is None else f"external id {external_id}")
        case Rejected(reason):
            error = bounded(reason)
            return change(forward, _S.REJECTED, now, "ForwardRejected", error, error=error, due_at=None)
        case Refused(reason, retry_after):
            return _retry(
                forward, bounded(reason), now, retry_delay(forward.attempts, jitter, retry_after), grace_seconds
            )
        case NotSent(reason):
            return _retry(forward, bounded(reason), now, retry_delay(forward.attempts, jitter), grace_seconds)
        case Unknown(reason) if look is not None:
            return _keep_looking(
                forward, now, "AttemptUnanswered", bounded(reason), _next_look_after(0, look), grace_seconds,
                in_question_since=forward.in_question_since or to_iso(now),
            )  # fmt: skip
        case Unknown(reason):
            return _in_doubt(forward, bounded(reason), now)


def settle_look(
    forward: Forward, finding: Finding, now: datetime, jitter: float, grace_seconds: float, look: LookPolicy
) -> Transition:
    """What becomes of a SENDING forward whose lease is over, once the platform has been looked at.

    Only `Absent`, often enough and far enough apart, lets the same request be sent again.
    """
    _require(forward, _S.SENDING)
    since = forward.in_question_since or to_iso(now)
    match finding:
        case Found(external_id):
            return _sent(forward, external_id, now, f"found at the platform, external id {external_id}")
        case Absent() if (elapsed := _seconds_in_question(forward, now)) < look.settle_seconds:
            early = _keep_looking(
                forward, now, "PlatformLookedAt", "not found yet", _next_look_after(elapsed, look), grace_seconds,
                in_question_since=since, negative_looks=forward.negative_looks,
            )  # fmt: skip
            return early._replace(entry=None)
        case Absent() if forward.negative_looks + 1 >= look.negative_looks:
            detail = f"not at the platform after {forward.negative_looks + 1} looks; sent again"
            return change(forward, _S.QUEUED, now, "ForwardReleased", detail, due_at=after(now, grace_seconds))
        case Absent():
            return _keep_looking(
                forward, now, "PlatformLookedAt", "not found", look.settle_seconds, grace_seconds,
                in_question_since=since, negative_looks=forward.negative_looks + 1,
            )  # fmt: skip
        case Ambiguous(external_ids):
            return _in_doubt(forward, bounded(f"several orders at the platform: {', '.join(external_ids)}"), now)
        case Foreign(external_id, difference):
            return _in_doubt(
                forward, bounded(f"another order has our id at the platform ({external_id}): {difference}"), now
            )
        case CannotLook(reason):
            return _in_doubt(forward, bounded(reason), now)
        case LookFailed(reason, retry_after):
            if from_iso(since) + timedelta(seconds=LONGEST_QUESTION_SECONDS) < now:
                return _in_doubt(forward, bounded(f"the platform could not be looked at: {reason}"), now)
            delay = retry_delay(forward.failed_looks + 1, jitter, retry_after)
            failed = _keep_looking(
                forward, now, "LookFailed", bounded(reason), delay, grace_seconds,
                in_question_since=since, negative_looks=forward.negative_looks, failed_looks=forward.failed_looks + 1,
            )  # fmt: skip
            # Said once: for a day of the same there would be a hundred lines.
            return failed if failed.forward.error != forward.error else failed._replace(entry=None)


def _seconds_in_question(forward: Forward, now: datetime) -> float:
    """How long ago a call went without an answer; without end where its worker ended, whose lease is over by now."""
    if forward.in_question_since is None:
        return math.inf
    return (now - from_iso(forward.in_question_since)).total_seconds()


def _next_look_after(elapsed: float, look: LookPolicy) -> float:
    """In how many seconds to look, while looks that find nothing do not count yet."""
    return next(
        (at - elapsed for at in EARLY_LOOKS_SECONDS if elapsed < at < look.settle_seconds),
        look.settle_seconds - elapsed,
    )


def _require(forward: Forward, state: ForwardState) -> None:
    # `TRANSITIONS` alone would let a forward that is SENDING begin another attempt.
    if forward.state is not state:
        raise ForbiddenTransition(f"{forward.state} is not {state}")


def _sent(forward: Forward, external_id: str | None, now: datetime, detail: str | None) -> Transition:
    return change(forward, _S.SENT, now, "ForwardSent", detail, external_id=external_id, due_at=None)


def _in_doubt(forward: Forward, error: str, now: datetime) -> Transition:
    return change(forward, _S.IN_DOUBT, now, "ForwardInDoubt", error, error=error, due_at=None)


def _keep_looking(
    forward: Forward, now: datetime, event: str, error: str, seconds: float, grace_seconds: float, **question: object
) -> Transition:
    # The state stays SENDING: nobody may send while the question is open, and the lease is the time of the next look.
    return change(
        forward, _S.SENDING, now, event, f"{error}; the platform is looked at in {seconds:.0f} s",
        error=error, attempt_id=forward.attempt_id,
        lease_until=after(now, seconds), due_at=after(now, seconds + grace_seconds), **question,
    )  # fmt: skip


def _retry(forward: Forward, error: str, now: datetime, delay: float, grace_seconds: float) -> Transition:
    return change(
        forward, _S.QUEUED, now, "AttemptFailed", f"{error}; next attempt in {delay:.0f} s",
        error=error, not_before=after(now, delay), due_at=after(now, delay + grace_seconds),
    )  # fmt: skip


def retry_delay(attempts: int, jitter: float, retry_after: float | None = None) -> float:
    """Seconds until the next attempt: doubling with jitter, and never sooner than the platform asked for."""
    ceiling: float = min(FIRST_RETRY_SECONDS * 2 ** min(max(attempts - 1, 0), 16), LONGEST_RETRY_SECONDS)
    backoff = ceiling * (0.5 + jitter / 2)
    if retry_after is None:
        return backoff
    return max(backoff, min(max(retry_after, 0.0), LONGEST_RETRY_AFTER_SECONDS))


def postpone(forward: Forward, now: datetime, grace_seconds: float) -> Forward:
    """The same forward, swept again later: the sweeper's claim. Nothing happened to the order, so no timeline."""
    return replace(forward, due_at=after(now, grace_seconds))
