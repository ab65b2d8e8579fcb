"""A lease: who is at work on something of which there must be one worker at a time, and until when.

It is kept in an item that is written under its revision, so a worker whose lease was taken over notices at its next
write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orderbridge.values.times import from_iso, to_iso

LEASE_SECONDS = 300
"""Longer than the longest step of any run: ten pushes at a platform that takes its time, and reading them back."""

RENEW_BELOW_SECONDS = 240


class LeaseLost(Exception):
    """Another worker holds the lease now; whatever this one still does would be late."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Held by `holder` until a time (ISO 8601 UTC)."""

    holder: str | None = None
    until: str | None = None

    def is_held(self, now: datetime) -> bool:
        return self.until is not None and from_iso(self.until) > now

    def is_abandoned(self, now: datetime) -> bool:
        """Whether it is over and was not given back: its worker died."""
        return self.until is not None and not self.is_held(now)

    def taken(self, holder: str, now: datetime) -> Lease:
        return Lease(holder, _end(now))

    def renewed(self, now: datetime) -> Lease:
        """The lease prolonged; the very same value while there is enough of it left."""
        left = from_iso(self.until) - now if self.until is not None else timedelta()
        return self if left > timedelta(seconds=RENEW_BELOW_SECONDS) else replace(self, until=_end(now))


FREE = Lease()


def _end(now: datetime) -> str:
    return to_iso(now + timedelta(seconds=LEASE_SECONDS))
