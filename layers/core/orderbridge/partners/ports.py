"""What partners need of the world, as Protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orderbridge.partners.partner import Partner
    from orderbridge.partners.token_bucket import RateLimit, Taking
    from orderbridge.partners.tokens import SigningKeys


class PartnerDirectory(Protocol):
    """The partners; how old an answer may be is the implementation's."""

    def find(self, client_id: str) -> Partner | None: ...


class KeyRing(Protocol):
    """The token keys; a ring that was read once is there from then on."""

    def current(self) -> SigningKeys: ...

    def refreshed(self) -> SigningKeys:
        """The ring read again, at most once a minute; fails where it cannot be read."""
        ...


class PepperSource(Protocol):
    """The pepper under which client secrets are hashed."""

    def pepper(self) -> bytes: ...


class CallBuckets(Protocol):
    """The token bucket of each partner, one for all environments."""

    def take(self, client_id: str, tokens: int, limit: RateLimit, now: float) -> Taking:
        """Take this many tokens, or none where fewer are there; `now` is unix time."""
        ...


class FailureCounter(Protocol):
    """Failures by scope and window; what is over is forgotten."""

    def add(self, scope: str, window: int, seconds: int) -> int:
        """Count one failure in the window of `seconds` that began at `window` (unix time); how many there are now."""
        ...
