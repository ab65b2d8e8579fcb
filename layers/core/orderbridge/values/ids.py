"""What names an order at rest, a forward, and a channel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderKey:
    """What identifies an order at rest: the partner, and the partner's reference with its prefix."""

    client_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class ForwardKey:
    """What identifies a forward at rest: its order, and the name of its channel."""

    order: OrderKey
    channel: str


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel an order goes to, as frozen on the order: its name and its platform."""

    name: str
    platform: str
