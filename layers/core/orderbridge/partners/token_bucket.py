"""How often somebody may call, as a token bucket (decision 0014)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`burst` calls at once, and `per_second` over time."""

    per_second: float
    burst: int

    @property
    def refill_seconds(self) -> float:
        """How long an empty bucket takes to be full."""
        return self.burst / self.per_second

    def share(self, part: float) -> RateLimit:
        """The same limit for a part of the calls; at least one call at once."""
        return RateLimit(self.per_second * part, max(1, int(self.burst * part)))


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """A bucket as one number: the unix time at which it is full again. A new one is full.

    So kept it refills by itself, and taking from it is one addition, which a table can do without reading first.
    """

    full_at: float = 0.0

    def left(self, limit: RateLimit, now: float) -> float:
        """The tokens in the bucket now, fractions included."""
        return limit.burst - max(self.full_at - now, 0.0) * limit.per_second

    def without(self, tokens: int, limit: RateLimit, now: float) -> TokenBucket:
        """The bucket once `tokens` are taken; whether they were there is for the caller to see from `left`."""
        return TokenBucket(max(self.full_at, now) + tokens / limit.per_second)


@dataclass(frozen=True, slots=True)
class Taking:
    """What came of asking a bucket: whether the tokens were given, and how many are in it after that."""

    given: bool
    left: float
