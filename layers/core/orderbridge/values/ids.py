"""What names an order at rest, a forward, and a channel."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

HASH_BYTES = 16
"""Of the reference's SHA-256: to find two that meet takes some 2^64 tries, and harms the partner who has made them."""


@dataclass(frozen=True, slots=True)
class OrderKey:
    """What identifies an order at rest: the partner, and a hash of its reference.

    Keys, messages and events hold no text that a partner has chosen.
    """

    client_id: str
    reference_hash: str
    """22 characters of ``A-Za-z0-9_-``."""

    @classmethod
    def of(cls, client_id: str, reference: str) -> OrderKey:
        """The key of the order that a partner calls so; the reference has its prefix (`orders.order`)."""
        digest = hashlib.sha256(reference.encode()).digest()[:HASH_BYTES]
        return cls(client_id, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel an order goes to, as frozen on the order: its name and its platform."""

    name: str
    platform: str


@dataclass(frozen=True, slots=True)
class ForwardKey:
    """What identifies a forward at rest: its order, and its channel."""

    order: OrderKey
    channel: ChannelRef
