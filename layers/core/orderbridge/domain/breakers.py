"""The circuit breaker of a channel: after failures in a row nothing is sent until a read has succeeded again.

A probe is a read, never an order (DESIGN invariant 2), and only one worker probes at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from orderbridge.domain.lookups import Finding, LookFailed
from orderbridge.domain.outcomes import Accepted, NotSent, Outcome, Refused, Rejected, Unknown, bounded
from orderbridge.domain.times import after, from_iso

FAILURES_TO_OPEN = 10
FIRST_OPEN_SECONDS = 5
LONGEST_OPEN_SECONDS = 900
PROBE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Breaker:
    """Consecutive failures of a channel and, where it is open, until when nothing is sent. Times are ISO 8601 UTC."""

    failures: int = 0
    open_until: str | None = None
    openings: int = 0
    reason: str | None = None
    revision: int = 0

    @property
    def is_closed(self) -> bool:
        return self.open_until is None

    def blocks_at(self, now: datetime) -> bool:
        """Whether nothing may be sent now; once the time is over a probe decides."""
        return self.open_until is not None and now < from_iso(self.open_until)


def after_outcome(breaker: Breaker, outcome: Outcome, now: datetime) -> Breaker:
    """The breaker once a create call has had this outcome; the very same value where nothing changes."""
    match outcome:
        case Accepted() | Rejected():
            return close(breaker)
        case Refused(reason, retry_after) if retry_after:
            return _open(breaker, reason, now, min(retry_after, LONGEST_OPEN_SECONDS))
        case Refused(reason) | NotSent(reason) | Unknown(reason):
            if breaker.failures + 1 < FAILURES_TO_OPEN:
                return replace(breaker, failures=breaker.failures + 1, reason=bounded(reason))
            return _open(breaker, reason, now, _open_seconds(breaker))


def after_look(breaker: Breaker, finding: Finding, now: datetime) -> Breaker:
    """The breaker once the platform was looked at: an answer of whatever content shows that it is alive."""
    if isinstance(finding, LookFailed):
        return after_outcome(breaker, Unknown(finding.reason), now)
    return close(breaker)


def begin_probe(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker while one worker probes: the others are held off until the probe must have ended."""
    return replace(breaker, open_until=after(now, PROBE_SECONDS))


def after_failed_probe(breaker: Breaker, reason: str, now: datetime) -> Breaker:
    """Open again, for longer."""
    return _open(breaker, reason, now, _open_seconds(breaker))


def close(breaker: Breaker) -> Breaker:
    """Everything may be sent again."""
    if breaker.failures == 0 and breaker.is_closed:
        return breaker
    return Breaker(revision=breaker.revision)


def _open_seconds(breaker: Breaker) -> float:
    return float(min(FIRST_OPEN_SECONDS * 2 ** min(breaker.openings, 8), LONGEST_OPEN_SECONDS))


def _open(breaker: Breaker, reason: str, now: datetime, seconds: float) -> Breaker:
    return replace(
        breaker,
        failures=breaker.failures + 1,
        open_until=after(now, seconds),
        openings=breaker.openings + 1,
        reason=bounded(reason),
    )
