"""The circuit breaker of a channel: after failures in a row nothing is sent until a read has succeeded again.

A probe is a read, never an order, and only one worker probes at a time. While the breaker is open failures count
nothing: they belong to calls that were under way, or to probes, and the next probe comes when it would have come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from orderbridge.channels.lookups import Finding, Found, LookFailed
from orderbridge.channels.outcomes import Accepted, AcceptedOtherwise, Outcome, Refused, Rejected, TurnedAway, Unknown
from orderbridge.values.text import bounded
from orderbridge.values.times import after, from_iso, to_iso

FAILURES_TO_OPEN = 10
PROBE_LEASE_SECONDS = 60
"""How long the others are held off while one worker probes."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """Failures of a channel since it last accepted an order and, where it is open, when it is probed next.

    Times are ISO 8601 UTC.
    """

    failures: int = 0
    open_since: str | None = None
    open_until: str | None = None
    reason: str | None = None
    revision: int = 0

    @property
    def is_closed(self) -> bool:
        """Whether orders may be sent."""
        return self.open_until is None

    def blocks_at(self, now: datetime) -> bool:
        """Whether nothing may be sent now; once the time is over a probe decides."""
        return self.open_until is not None and now < from_iso(self.open_until)


def after_outcome(breaker: Breaker, outcome: Outcome, now: datetime, probe_seconds: float) -> Breaker:
    """The breaker once a create call has had this outcome; the very same value where nothing changes."""
    retry_after = outcome.retry_after if isinstance(outcome, Refused | TurnedAway) else None
    if not breaker.is_closed:
        return _open_longer(breaker, after(now, retry_after)) if retry_after else breaker
    match outcome:
        case Accepted() | AcceptedOtherwise():
            return closed(breaker)
        case Rejected():
            return breaker
        case _ if retry_after:
            return _open(breaker, outcome.reason, now, after(now, retry_after))
        case _:
            if breaker.failures + 1 >= FAILURES_TO_OPEN:
                return _open(breaker, outcome.reason, now, after(now, probe_seconds))
            return replace(breaker, failures=breaker.failures + 1, reason=bounded(outcome.reason))


def after_look(breaker: Breaker, finding: Finding, now: datetime, probe_seconds: float) -> Breaker:
    """The breaker once the platform was looked at.

    A look that fails is a failure, an order that was found has been accepted, and any other look proves no create call.
    """
    match finding:
        case Found(external_id):
            return after_outcome(breaker, Accepted(external_id), now, probe_seconds)
        case LookFailed(reason):
            return after_outcome(breaker, Unknown(reason), now, probe_seconds)
        case _:
            return breaker


def begin_probe(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker while one worker probes: the others are held off until the probe must have ended."""
    return replace(breaker, open_until=after(now, PROBE_LEASE_SECONDS))


def after_failed_probe(breaker: Breaker, reason: str, now: datetime, probe_seconds: float) -> Breaker:
    """Open still, until the next probe."""
    return replace(breaker, open_until=after(now, probe_seconds), reason=bounded(reason))


def probed_now(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker of a channel that somebody does not want to wait for, whatever the platform has asked for."""
    return replace(breaker, open_until=after(now, 0)) if breaker.blocks_at(now) else breaker


def closed(breaker: Breaker) -> Breaker:
    """Everything may be sent again."""
    if breaker.failures == 0 and breaker.is_closed:
        return breaker
    return Breaker(revision=breaker.revision)


def _open(breaker: Breaker, reason: str, now: datetime, until: str) -> Breaker:
    failures = breaker.failures + 1
    return replace(breaker, failures=failures, open_since=to_iso(now), open_until=until, reason=bounded(reason))


def _open_longer(breaker: Breaker, until: str) -> Breaker:
    is_longer = breaker.open_until is not None and from_iso(until) > from_iso(breaker.open_until)
    return replace(breaker, open_until=until) if is_longer else breaker
