"""The answer about how the API is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orderbridge.entrypoints.answers.answer import Answer
from orderbridge.reading.health import Health, Wellbeing


class ChannelHealth(Answer):
    """How one channel is."""

    channel: str
    state: Wellbeing = Field(
        description="`active`; `paused`: orders for it wait for a person; `degraded`: its platform fails, orders "
        "wait for it."
    )


class HealthReport(Answer):
    """How the channels are. Orders are accepted in either case, and wait for their channel."""

    status: Literal["ok", "degraded"]
    channels: list[ChannelHealth]

    @classmethod
    def of(cls, health: Health) -> HealthReport:
        """Names and states, and no more: no reason, no address, no platform."""
        return cls.model_construct(
            status="ok" if health.is_well else "degraded",
            channels=[ChannelHealth.model_construct(channel=name, state=state) for name, state in health.channels],
        )
