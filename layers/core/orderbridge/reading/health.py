"""Say how the channels are, to anybody who asks (docs/interfaces.md#http-api)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from orderbridge.channels.channel import Channel
from orderbridge.channels.ports import ChannelOverview

Wellbeing = Literal["active", "paused", "degraded"]


def wellbeing(channel: Channel) -> Wellbeing:
    """How a channel is: paused by an operator or for its credentials, degraded while its breaker is open."""
    if channel.state == "paused":
        return "paused"
    return "active" if channel.breaker.is_closed else "degraded"


@dataclass(frozen=True, slots=True)
class Health:
    """The state of every channel, by the name that strangers know."""

    channels: Sequence[tuple[str, Wellbeing]]

    @property
    def is_well(self) -> bool:
        return all(state == "active" for _, state in self.channels)


@dataclass(frozen=True, slots=True)
class ReportHealth:
    channels: ChannelOverview

    def __call__(self) -> Health:
        return Health(sorted((channel.public_name, wellbeing(channel)) for channel in self.channels.list_channels()))
