"""A channel: one account on one platform, with its settings and its state."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from orderbridge.channels.breaker import Breaker
from orderbridge.http.base_urls import address_in
from orderbridge.values.events import Event
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import from_iso

MAX_ATTEMPTS = 8
RETURN_WINDOW_DAYS = 30
ChannelState = Literal["active", "paused"]
CREDENTIALS_REFUSED = "the platform refuses the credentials"
"""How the reason of a pause begins that only other credentials end."""
CHANNEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class StockSettings(BaseModel):
    """A channel's part in keeping stock: whether it is a source of record, its rank, whether it receives levels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: bool = False
    rank: Annotated[int, Field(ge=1)] = 1
    push: bool = False
    warehouses: Annotated[tuple[Annotated[int, Field(ge=0, strict=True)], ...], Field(min_length=1)] | None = None
    """The warehouses whose levels count, where the platform has some; None: those that orders are sent from."""


class CommonSettings(BaseModel):
    """The settings every platform's channels share (docs/interfaces.md#settings); platforms extend it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str
    timezone: str = "Asia/Jakarta"
    rate_limit: Annotated[Decimal, Field(gt=0)] | None = None
    timeout_s: Annotated[Decimal, Field(gt=0, le=25)] = Decimal(10)
    stock: StockSettings = StockSettings()
    refuses_with_503: bool = False
    """Whether this account's 503 is known to mean that nothing was processed."""
    look_up_mappings: bool = True
    """Whether a missing mapping may be taken from the platform itself, where exactly our code is there once."""
    max_attempts: Annotated[int, Field(ge=1, le=1000)] = MAX_ATTEMPTS
    """After how many attempts that failed although the channel is well an order waits for a person."""
    return_window_days: Annotated[int, Field(ge=0, le=365)] = RETURN_WINDOW_DAYS
    """How long after it was COMPLETED an order is still asked about, once a day: it may come back or be cancelled."""
    alias: Annotated[str, Field(pattern=f"^{CHANNEL_NAME.pattern}$")] | None = None
    """What `/health` calls it, where anybody reads along."""
    probe_s: Annotated[Decimal, Field(gt=0, le=3600)] = Decimal(60)
    """How often a channel is tried by a read while its breaker is open."""
    settle_s: Annotated[Decimal, Field(gt=0, le=3600)] = Decimal(30)
    """How long the account's lists may lag behind its creates: the time before a look, and between two of them."""

    @field_validator("base_url")
    @classmethod
    def _secure_or_loopback(cls, value: str) -> str:
        address_in(value)
        return value.rstrip("/")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as unknown:
            raise ValueError(f"{value!r} is not a time zone") from unknown
        return value


@dataclass(frozen=True, slots=True)
class Channel:
    """One account on one platform. `settings` are validated by the platform's own model; credentials are elsewhere."""

    name: str
    platform: str
    settings: dict[str, Any]
    state: ChannelState = "active"
    paused_reason: str | None = None
    since: str | None = None
    breaker: Breaker = field(default_factory=Breaker)
    slow_until: str | None = None
    """Its calls have taken long; until then it may hold a part of its platform's workers alone."""

    @property
    def public_name(self) -> str:
        """What strangers are told of it: its alias, where one is set."""
        return str(self.settings.get("alias") or self.name)

    def is_slow_at(self, seconds: float) -> bool:
        """Whether its calls take long, at this time in seconds since 1970."""
        return self.slow_until is not None and seconds < from_iso(self.slow_until).timestamp()


def channel_paused(channel: ChannelRef) -> Event:
    """A channel stopped taking orders: the platform refuses its credentials, or an operator has said so."""
    return Event("ChannelPaused", {"channel": channel.name, "platform": channel.platform})
