"""A partner, its secret and its keys."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orderbridge.values.ids import ChannelRef
from orderbridge.values.text import compared

CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

PartnerState = Literal["active", "suspended"]
KeyState = Literal["active", "revoked"]
SignatureProfile = Literal["legacy", "snap-asym"]


@dataclass(frozen=True, slots=True)
class PartnerKey:
    """One RSA public key of a partner; `kid` is derived from the key itself."""

    kid: str
    spki_der: bytes
    bits: int
    state: KeyState = "active"
    added_at: str = ""
    last_used: str | None = None
    """The last business day on which it signed an order."""


@dataclass(frozen=True, slots=True)
class Partner:
    """An authorised partner system as it is stored; never its secret, only the hash of it."""

    client_id: str
    name: str
    secret_hash: bytes
    credential_version: int
    channels: tuple[ChannelRef, ...]
    state: PartnerState = "active"
    signature_profile: SignatureProfile = "legacy"
    keys: tuple[PartnerKey, ...] = ()
    routes: Mapping[str, tuple[ChannelRef, ...]] = field(default_factory=dict)

    def channels_for(self, site_code: str) -> tuple[ChannelRef, ...]:
        """The channels an order for this site goes to: the site's route if there is one, else the partner's own."""
        return self.routes.get(compared(site_code), self.channels)

    @property
    def registered_at(self) -> str:
        """When the partner was added: with its first key, and keys are revoked, never deleted."""
        return min((key.added_at for key in self.keys if key.added_at), default="1970-01-01T00:00:00.000Z")

    def active_keys(self) -> tuple[PartnerKey, ...]:
        return tuple(key for key in self.keys if key.state == "active")


def new_client_secret() -> str:
    """A secret of 256 random bits, printable."""
    return secrets.token_urlsafe(32)


def hash_client_secret(pepper: bytes, client_secret: str) -> bytes:
    """HMAC-SHA256 of a secret under the pepper; a fast hash is enough for 256 random bits."""
    return hmac.new(pepper, client_secret.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def secret_matches(pepper: bytes, client_secret: str, expected: bytes | None) -> bool:
    """Whether a secret is the right one, in constant time; an unknown client (None) costs the same."""
    presented = hash_client_secret(pepper, client_secret)
    return hmac.compare_digest(presented, expected if expected is not None else bytes(len(presented))) and (
        expected is not None
    )
