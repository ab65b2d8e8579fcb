"""A channel: one account on one platform, with its settings and its state."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from orderbridge.domain.breakers import Breaker

MAX_ATTEMPTS = 8
ChannelState = Literal["active", "paused"]
CHANNEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^?#\s]*)?", re.IGNORECASE)
_OWN_PORTS = {"https": 443, "http": 80}
_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[^?#\s]*)?", re.IGNORECASE)


class StockSettings(BaseModel):
    """A channel's part in keeping stock: whether it is a source of record, its rank, whether it receives levels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: bool = False
    rank: Annotated[int, Field(ge=1)] = 1
    push: bool = False


class CommonSettings(BaseModel):
    """The settings every platform's channels share (INTERFACES section 5); platforms extend it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str
    timezone: str = "Asia/Jakarta"
    rate_limit: Annotated[Decimal, Field(gt=0)] | None = None
    timeout_s: Annotated[Decimal, Field(gt=0, le=25)] = Decimal(10)
    stock: StockSettings = StockSettings()
    refuses_with_503: bool = False
    """Whether this account's 503 is known to mean that nothing was processed."""
    look_up_mappings: bool = True
    """Whether a missing mapping may be taken from the platform itself, where exactly our code stands there once."""
    max_attempts: Annotated[int, Field(ge=1, le=1000)] = MAX_ATTEMPTS
    """After how many attempts that failed although the channel is well an order waits for a person."""
    probe_s: Annotated[Decimal, Field(gt=0, le=3600)] = Decimal(60)
    """How often a channel is tried by a read while its breaker is open."""
    settle_s: Annotated[Decimal, Field(gt=0, le=3600)] = Decimal(30)
    """How long the account's lists may lag behind its creates: the time before a look, and between two of them."""

    @field_validator("base_url")
    @classmethod
    def _secure_or_loopback(cls, value: str) -> str:
        if not (_HTTPS.fullmatch(value) or _LOOPBACK.fullmatch(value)):
            raise ValueError("must be an https address (plain http is for loopback only)")
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


def is_loopback(base_url: str) -> bool:
    """Whether an address is plain http on this machine, which only the local stack may call."""
    return _LOOPBACK.fullmatch(base_url) is not None


def origin(base_url: object) -> str:
    """Where a base_url's calls go: scheme, host and port in one spelling, ``https://shop.example:8443``.

    The host is in lower case, and a port that is the scheme's own is left out. Two addresses of one origin differ in
    their paths only. Raises ValueError for what no channel's base_url may be.
    """
    if not isinstance(base_url, str) or not (_HTTPS.fullmatch(base_url) or _LOOPBACK.fullmatch(base_url)):
        raise ValueError("not an address that a channel may have")
    parts = urlsplit(base_url)  # as the transport reads it
    scheme, host, port = parts.scheme, parts.hostname, parts.port
    if scheme not in _OWN_PORTS or not host:
        raise ValueError("not an address that a channel may have")
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" + ("" if port is None or port == _OWN_PORTS[scheme] else f":{port}")


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
