"""Slow down whoever fails to log in, without ever locking a partner out."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network

from orderbridge.partners.call_limit import too_many_requests
from orderbridge.partners.login import AccessToken, LogIn, LoginRequest
from orderbridge.partners.partner import CLIENT_ID
from orderbridge.partners.ports import FailureCounter
from orderbridge.values.documents import parse_document
from orderbridge.values.refusals import Unauthenticated
from orderbridge.values.times import Clock

MAX_CLOSED_SCOPES = 1000


@dataclass(slots=True)
class LoginThrottle:
    """Counts failed logins by client and by address, in windows of `window_seconds`.

    A right secret is let in however many wrong ones came before it, from this address or others: secrets are 256
    random bits, so there is nothing to guess, and nobody can lock a partner out. What is throttled is the failing.
    An unknown client is counted as a known one is.
    """

    failures: FailureCounter
    per_client: int
    per_address: int
    clock: Clock
    window_seconds: int = 300
    _closed: dict[str, int] = field(default_factory=dict)

    def failed(self, client_id: str, address: str) -> None:
        """Counts a failed login; raises `TooManyRequests` where the client or the address has had too many."""
        now = self.clock().timestamp()
        window = int(now // self.window_seconds) * self.window_seconds
        allowed = {client_scope(client_id): self.per_client, address_scope(address): self.per_address}
        closed = any(self._closed.get(scope) == window for scope in allowed)
        if not closed:
            # What is closed is not counted any further, so that an attack costs no more writes than the limit.
            counted = {scope: self.failures.add(scope, window, self.window_seconds) for scope in allowed}
            over = [scope for scope, count in counted.items() if count > allowed[scope]]
            self._close(over, window)
            closed = bool(over)
        if closed:
            raise too_many_requests(
                "Too many logins have failed. Check client_id and client_secret, and wait Retry-After seconds.",
                window + self.window_seconds - now,
            )

    def _close(self, scopes: list[str], window: int) -> None:
        if len(self._closed) >= MAX_CLOSED_SCOPES:
            self._closed.clear()
        self._closed.update(dict.fromkeys(scopes, window))


def client_scope(client_id: str) -> str:
    """Under which name a client's failures are counted; what can be no client's id is counted as one."""
    return f"client#{client_id}" if CLIENT_ID.fullmatch(client_id) else "client#"


def address_scope(address: str) -> str:
    """Under which name an address's failures are counted; of IPv6 its /64, which is what one subscriber has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "address#"
    if isinstance(parsed, IPv6Address):
        return f"address#{ip_network((parsed, 64), strict=False)}"
    return f"address#{parsed}"


@dataclass(frozen=True, slots=True)
class ThrottledLogIn:
    """A login whose failures are counted."""

    log_in: LogIn
    throttle: LoginThrottle

    def __call__(self, body: bytes, address: str) -> AccessToken:
        try:
            return self.log_in(body)
        except Unauthenticated:
            self.throttle.failed(parse_document(LoginRequest, body).client_id, address)
            raise
