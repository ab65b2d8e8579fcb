"""What partners need of the world, as Protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orderbridge.partners.partner import Partner, PartnerKey
    from orderbridge.partners.token_bucket import RateLimit, Taking
    from orderbridge.partners.tokens import SigningKeys
    from orderbridge.values.ids import ChannelRef
    from orderbridge.values.timeline import TimelineEntry


class PartnerDirectory(Protocol):
    """The partners, as the API sees them; may be seconds old."""

    def find(self, client_id: str) -> Partner | None: ...


class KeyRing(Protocol):
    """The token keys; a ring that was read once is there from then on."""

    def current(self) -> SigningKeys: ...

    def refreshed(self) -> SigningKeys:
        """The ring read anew, at most once a minute; fails where it cannot be read."""
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


class PartnerRegistry(Protocol):
    """The partners as an operator changes them; every read is strongly consistent, every change is on the timeline."""

    def read(self, client_id: str) -> Partner | None: ...

    def client_ids(self) -> Sequence[str]: ...

    def add(self, partner: Partner, entry: TimelineEntry) -> bool:
        """Store a new partner with its keys, all or nothing; False where one exists, which changes nothing."""
        ...

    def save_profile(self, read: Partner, changed: Partner, entry: TimelineEntry) -> None:
        """Write secret, credential version, state and profile; raises `LostRace` where they are no longer as read."""
        ...

    def add_key(self, client_id: str, key: PartnerKey, entry: TimelineEntry) -> bool:
        """Store a further key; False where this very key stands there, active or revoked."""
        ...

    def revoke_key(self, client_id: str, kid: str, entry: TimelineEntry) -> None:
        """Revoke an active key; raises `LostRace` where it is not active any more."""
        ...

    def save_routes(self, client_id: str, routes: Mapping[str, tuple[ChannelRef, ...]], entry: TimelineEntry) -> None:
        """Write the routes of these sites, up to 90 at a time all or nothing."""
        ...

    def timeline(self, client_id: str) -> Sequence[TimelineEntry]: ...
