"""Attempts to send a forward: how one begins, what its outcome makes of the forward, and when it is tried no more.

After an outcome that proves nothing the platform is looked at, and only a look that did not find the order, often
enough and far enough apart, lets it be sent again. No order is sent for ever: an attempt that may have failed because
of the order itself is a try, and a strike once the channel is proved to be well besides. After `max_attempts` strikes,
or as many tries and a day, a person has to see to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orderbridge.channels.channel import MAX_ATTEMPTS
from orderbridge.channels.lookups import Absent, Ambiguous, CannotLook, Finding, Foreign, Found, LookFailed
from orderbridge.channels.outcomes import (
    Accepted,
    AcceptedOtherwise,
    NotSent,
    Outcome,
    Refused,
    Rejected,
    TurnedAway,
    Unknown,
    may_be_of_order,
)
from orderbridge.forwarding.forward.states import ForbiddenTransition, Forward, ForwardState, Transition, change
from orderbridge.http.retry_after import LONGEST_RETRY_AFTER_SECONDS
from orderbridge.values.text import bounded
from orderbridge.values.times import after, from_iso, to_iso

_S = ForwardState

AFTER_LEASE_SECONDS = 5
"""How long after the end of an attempt's lease the sweeper looks after it."""
FIRST_RETRY_SECONDS = 2
LONGEST_BACKOFF_SECONDS = 50
"""Between two attempts, and two looks: a channel that is back is tried within a minute."""
LONGEST_RETRY_SECONDS = 900
"""Between two tries of what no channel's recovery would cure: a defect of our own, a cancel that is not answered."""
EARLY_LOOKS_SECONDS = (2, 10)
"""How long after a call without an answer the platform is looked at before a negative look would count."""
LONGEST_QUESTION_SECONDS = 24 * 3600
"""For how long a platform is looked at, and for how long an order is tried, without proof of anything."""


@dataclass(frozen=True, slots=True)
class LookPolicy:
    """How a platform is looked at after a call without an answer.

    An order is taken for absent after `negative_looks` complete looks that did not find it. `settle_seconds`, which
    exceed the platform's look-up lag, lie before the first that counts and between two of them. An order that is found
    is there at any time, so there are looks before that, too; what they do not find says nothing.
    """

    settle_seconds: float
    negative_looks: int = 2


def begin_attempt(forward: Forward, attempt_id: str, body_hash: str, now: datetime, lease_seconds: float) -> Transition:
    """SENDING, to be written before the first byte leaves; the sweeper looks again once the lease is over.

    The due time that stands is kept, as moving it would cost two writes; a sweep that comes by it only moves it on.
    """
    _require(forward, _S.QUEUED)
    lease_until = now + timedelta(seconds=lease_seconds)
    due_at = after(lease_until, AFTER_LEASE_SECONDS)
    number = forward.attempts + 1
    return change(
        forward, _S.SENDING, now, "AttemptStarted", f"attempt {number}",
        attempts=number, attempt_id=attempt_id, body_hash=body_hash,
        lease_until=to_iso(lease_until), due_at=min(forward.due_at or due_at, due_at),
    )  # fmt: skip


def lose_request(forward: Forward, now: datetime) -> Transition:
    """IN_DOUBT, of an order that was begun and whose frozen request is not there: no other is sent in its place."""
    _require(forward, _S.QUEUED)
    return _in_doubt(forward, "its frozen request is gone, and no other is sent in its place", now)


def settle_attempt(
    forward: Forward,
    outcome: Outcome,
    now: datetime,
    jitter: float,
    grace_seconds: float,
    look: LookPolicy | None,
    max_attempts: int = MAX_ATTEMPTS,
) -> Transition:
    """What becomes of a SENDING forward once its outcome is known; `jitter` is in [0, 1).

    What proves nothing is looked at (`look`), or a person has to where the platform cannot be looked at (None).
    """
    _require(forward, _S.SENDING)
    tried = _tried(forward, now) if may_be_of_order(outcome) else forward
    match outcome:
        case Accepted(external_id):
            return _sent(forward, external_id, now, None if external_id is None else f"external id {external_id}")
        case AcceptedOtherwise(external_id):
            return _in_doubt(forward, bounded(outcome.reason), now, external_id=external_id)
        case Rejected(reason):
            error = bounded(reason)
            return change(forward, _S.REJECTED, now, "ForwardRejected", error, error=error, due_at=None)
        case TurnedAway(reason) | Unknown(reason) if look is not None:
            # The looks that come before another attempt prove that the channel is well.
            return _keep_looking(
                _struck(tried) if tried is not forward else tried,
                now, "AttemptUnanswered", bounded(reason), bounded(reason), _next_look_after(0, look), grace_seconds,
                in_question_since=forward.in_question_since or to_iso(now),
                says_held=isinstance(outcome, Unknown) and outcome.says_held,
            )  # fmt: skip
        case TurnedAway(reason, by_application=True) | Unknown(reason):
            return _in_doubt(tried, bounded(reason), now)
        case _ if _is_exhausted(tried, now, max_attempts):
            return _give_up(tried, bounded(outcome.reason), now)
        case NotSent(reason):
            return _retry(tried, reason, now, retry_delay(forward.attempts, jitter), grace_seconds)
        case Refused(reason, retry_after) | TurnedAway(reason, retry_after=retry_after):
            return _retry(tried, reason, now, retry_delay(forward.attempts, jitter, retry_after), grace_seconds)


def note_proof(forward: Forward, now: datetime, max_attempts: int) -> Transition:
    """A forward that waits for another attempt, once its channel is proved to be well though the last attempt failed.

    IN_DOUBT where that was the last strike; nothing was processed of any of its attempts.
    """
    _require(forward, _S.QUEUED)
    struck = _struck(forward)
    if _is_exhausted(struck, now, max_attempts):
        return _give_up(struck, forward.error or "refused", now)._replace(before=forward)
    return Transition(struck, None, forward)


def settle_look(
    forward: Forward,
    finding: Finding,
    now: datetime,
    jitter: float,
    grace_seconds: float,
    look: LookPolicy,
    max_attempts: int = MAX_ATTEMPTS,
) -> Transition:
    """What becomes of a SENDING forward whose lease is over, once the platform has been looked at.

    Only `Absent`, often enough and far enough apart, lets the same request be sent again, after a backoff.
    """
    _require(forward, _S.SENDING)
    since = forward.in_question_since or to_iso(now)
    # A worker that ended without an outcome may have ended because of the order.
    asked = forward if forward.in_question_since is not None else _struck(_tried(forward, now))
    match finding:
        case Found(external_id, note):
            detail = f"found at the platform, external id {external_id}"
            return _sent(forward, external_id, now, detail if note is None else bounded(f"{detail}; {note}"))
        case Absent():
            return _not_found(asked, now, jitter, grace_seconds, look, max_attempts, since)
        case Ambiguous(external_ids):
            return _in_doubt(forward, bounded(f"several orders at the platform: {', '.join(external_ids)}"), now)
        case Foreign(external_id, difference):
            return _in_doubt(
                forward, bounded(f"another order has our id at the platform ({external_id}): {difference}"), now
            )
        case CannotLook(reason):
            return _in_doubt(forward, bounded(reason), now)
        case LookFailed(reason, retry_after, next_in):
            if from_iso(since) + timedelta(seconds=LONGEST_QUESTION_SECONDS) < now:
                return _in_doubt(forward, bounded(f"the platform could not be looked at: {reason}"), now)
            delay = next_in or retry_delay(forward.failed_looks + 1, jitter, retry_after)
            failed = _keep_looking(
                asked, now, "LookFailed", bounded(reason), bounded(reason), delay, grace_seconds,
                in_question_since=since, negative_looks=forward.negative_looks, failed_looks=forward.failed_looks + 1,
                says_held=forward.says_held,
            )  # fmt: skip
            # Said once: for a day of the same there would be a hundred lines.
            return failed if failed.forward.error != forward.error else failed._replace(entry=None)


def _not_found(
    forward: Forward,
    now: datetime,
    jitter: float,
    grace_seconds: float,
    look: LookPolicy,
    max_attempts: int,
    since: str,
) -> Transition:
    """What becomes of a forward that a look did not find, asked since `since`."""
    error, looks = forward.error or "no answer: the worker ended", forward.negative_looks + 1
    elapsed = _seconds_in_question(forward, now)
    if elapsed < look.settle_seconds:
        early = _keep_looking(
            forward, now, "PlatformLookedAt", "not found yet", error, _next_look_after(elapsed, look), grace_seconds,
            in_question_since=since, negative_looks=forward.negative_looks, says_held=forward.says_held,
        )  # fmt: skip
        return early._replace(entry=None)
    if looks < look.negative_looks:
        return _keep_looking(
            forward, now, "PlatformLookedAt", "not found", error, look.settle_seconds, grace_seconds,
            in_question_since=since, negative_looks=looks, says_held=forward.says_held,
        )  # fmt: skip
    if _is_exhausted(forward, now, max_attempts):
        return _give_up(forward, error, now)
    delay = retry_delay(forward.tries, jitter)
    return change(
        forward, _S.QUEUED, now, "ForwardReleased",
        f"not at the platform after {looks} looks; sent again in {delay:.0f} s",
        error=forward.error, not_before=after(now, delay), due_at=after(now, delay + grace_seconds),
    )  # fmt: skip


def retry_delay(
    attempts: int, jitter: float, retry_after: float | None = None, longest: float = LONGEST_BACKOFF_SECONDS
) -> float:
    """Seconds until the next attempt: doubling with jitter, and never sooner than the platform asked for."""
    ceiling: float = min(FIRST_RETRY_SECONDS * 2 ** min(max(attempts - 1, 0), 16), longest)
    backoff = ceiling * (0.5 + jitter / 2)
    if retry_after is None:
        return backoff
    return max(backoff, min(max(retry_after, 0.0), LONGEST_RETRY_AFTER_SECONDS))


def _tried(forward: Forward, now: datetime) -> Forward:
    return replace(forward, tries=forward.tries + 1, tried_since=forward.tried_since or to_iso(now))


def _struck(forward: Forward) -> Forward:
    return replace(forward, strikes=forward.strikes + 1)


def _is_exhausted(forward: Forward, now: datetime, max_attempts: int) -> bool:
    """Whether an order is tried no more: struck often enough, or tried as often and for a day without any proof."""
    if forward.strikes >= max_attempts:
        return True
    if forward.tries < max_attempts or forward.tried_since is None:
        return False
    return from_iso(forward.tried_since) + timedelta(seconds=LONGEST_QUESTION_SECONDS) <= now


def _give_up(forward: Forward, error: str, now: datetime) -> Transition:
    """IN_DOUBT, of an order that every attempt has left absent; unless the platform says that it holds it."""
    so_far = "though the channel is well" if forward.strikes else "for more than a day"
    reason = f"not taken in {forward.tries} attempts, {so_far}; last: {error}"
    return _in_doubt(forward, bounded(reason), now, is_absent=not forward.says_held)


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
    return change(
        forward, _S.SENT, now, "ForwardSent", detail,
        external_id=external_id, due_at=None, tries=0, strikes=0, tried_since=None,
    )  # fmt: skip


def _in_doubt(
    forward: Forward, error: str, now: datetime, *, is_absent: bool = False, external_id: str | None = None
) -> Transition:
    return change(
        forward, _S.IN_DOUBT, now, "ForwardInDoubt", error,
        error=error, due_at=None, is_absent=is_absent, external_id=external_id,
    )  # fmt: skip


def _keep_looking(
    forward: Forward,
    now: datetime,
    event: str,
    detail: str,
    error: str,
    seconds: float,
    grace_seconds: float,
    **question: object,
) -> Transition:
    # The state stays SENDING: nobody may send while the question is open, and the lease is the time of the next look.
    return change(
        forward, _S.SENDING, now, event, f"{detail}; the platform is looked at in {seconds:.0f} s",
        error=error, attempt_id=forward.attempt_id,
        lease_until=after(now, seconds), due_at=after(now, seconds + grace_seconds), **question,
    )  # fmt: skip


def _retry(forward: Forward, reason: str, now: datetime, delay: float, grace_seconds: float) -> Transition:
    error = bounded(reason)
    return change(
        forward, _S.QUEUED, now, "AttemptFailed", f"{error}; next attempt in {delay:.0f} s",
        error=error, not_before=after(now, delay), due_at=after(now, delay + grace_seconds),
    )  # fmt: skip
