"""Hold a partner to the number of calls it may make."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orderbridge.partners.token_bucket import RateLimit, TokenBucket
from orderbridge.values.refusals import TooManyRequests
from orderbridge.values.times import Clock

if TYPE_CHECKING:
    from orderbridge.partners.ports import CallBuckets


FREE_SHARE = 0.1
"""What one environment lets through by itself, as a part of the limit."""
LEASE_SHARE = 0.05
"""What one environment takes from the shared bucket in one write, as a part of what is in it."""
NEAR = 0.5
"""A bucket that is less full than this is near its limit."""
LEASE_SECONDS = 10.0
MAX_ACCOUNTS = 1000


def too_many_requests(detail: str, seconds: float) -> TooManyRequests:
    """The refusal that says in how many seconds to come back, rounded up."""
    return TooManyRequests("too_many_requests", detail, retry_after=max(1, math.ceil(seconds)))


def unlimited(_client_id: str) -> None:
    """Everybody may call as often as they like."""


@dataclass(slots=True)
class _Account:
    """What one environment knows of a partner's calls."""

    free: TokenBucket = field(default_factory=TokenBucket)
    leased: int = 0
    lease_ends: float = 0.0
    left: float | None = None
    """What was in the shared bucket when it was last asked; None while it has not been near its limit."""
    closed_until: float = 0.0


@dataclass(slots=True)
class CallLimit:
    """Lets a partner's calls through up to its rate, over all environments together.

    Far from the limit nothing is shared and nothing is written: each environment lets a tenth of the limit through by
    itself. Beyond that it leases tokens from the partner's one bucket, many in one write while the bucket is well
    filled, and fewer the emptier it is. Near the limit every call is paid from the bucket. So a partner that spreads
    its calls thinly over many environments may exceed its limit by a tenth for each of them, and no further.
    """

    buckets: CallBuckets
    limit: RateLimit
    clock: Clock
    _accounts: dict[str, _Account] = field(default_factory=dict)

    def __call__(self, client_id: str) -> None:
        """Counts a call of this partner; raises `TooManyRequests` where it is one too many."""
        now = self.clock().timestamp()
        account = self._account(client_id)
        if now < account.closed_until:
            raise self._refusal(account.closed_until - now)
        if not (self._paid_by_lease(account, now) or self._free(account, now)):
            self._lease(client_id, account, now)

    def _account(self, client_id: str) -> _Account:
        account = self._accounts.pop(client_id, None) or _Account()
        if len(self._accounts) >= MAX_ACCOUNTS:
            self._accounts.pop(next(iter(self._accounts)))
        self._accounts[client_id] = account
        return account

    def _paid_by_lease(self, account: _Account, now: float) -> bool:
        if account.leased == 0 or now >= account.lease_ends:
            return False
        account.leased -= 1
        return True

    def _free(self, account: _Account, now: float) -> bool:
        share = self.limit.share(FREE_SHARE)
        if account.left is not None or account.free.left(share, now) < 1:
            return False
        account.free = account.free.without(1, share, now)
        return True

    def _lease(self, client_id: str, account: _Account, now: float) -> None:
        wanted = max(1, int(LEASE_SHARE * (self.limit.burst if account.left is None else account.left)))
        taking = self.buckets.take(client_id, wanted, self.limit, now)
        if not taking.given and wanted > 1 and taking.left >= 1:
            wanted = 1
            taking = self.buckets.take(client_id, wanted, self.limit, now)
        account.left = taking.left if taking.left < self.limit.burst * NEAR else None
        if not taking.given:
            account.closed_until = now + max(1 - taking.left, 0.0) / self.limit.per_second
            raise self._refusal(account.closed_until - now)
        account.leased, account.lease_ends = wanted - 1, now + LEASE_SECONDS

    def _refusal(self, seconds: float) -> TooManyRequests:
        rate = f"{self.limit.per_second:g} requests a second, and {self.limit.burst} at once"
        return too_many_requests(f"You may send {rate}. Send this request again after Retry-After seconds.", seconds)
