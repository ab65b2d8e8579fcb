"""A channel: one account on one platform, with its settings and its state."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from orderbridge.domain.breakers import Breaker

MAX_ATTEMPTS = 8
RETURN_WINDOW_DAYS = 30
ChannelState = Literal["active", "paused"]
CHANNEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OWN_PORTS = {"https": 443, "http": 80}
_BASE_URL = re.compile(r"(https?)://(\[::1\]|[^/?#:@\[\]]*)(?::([^/?#@]*))?(/[^?#]*)?", re.IGNORECASE)
_VISIBLE = re.compile(r"[!-~]+")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_PORT = re.compile(r"[0-9]{1,5}")
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_LONGEST_HOST = 253
_PORTS = 65536


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
    """Whether a missing mapping may be taken from the platform itself, where exactly our code stands there once."""
    max_attempts: Annotated[int, Field(ge=1, le=1000)] = MAX_ATTEMPTS
    """After how many attempts that failed although the channel is well an order waits for a person."""
    return_window_days: Annotated[int, Field(ge=0, le=365)] = RETURN_WINDOW_DAYS
    """How long after it was COMPLETED an order is still asked about, once a day: it may come back or be cancelled."""
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


class Address(NamedTuple):
    """The parts of a base_url; `port` None for the scheme's own, `authority` as it goes into a Host header."""

    scheme: str
    host: str
    port: int | None
    authority: str
    path: str

    @property
    def is_loopback(self) -> bool:
        """Whether it is plain http on this machine."""
        return self.scheme == "http"


def address_in(base_url: str) -> Address:
    """The address in a base_url; raises ValueError, which says why, for one that no call can be made to.

    A name resolver takes labels of 1 to 63 letters, digits and hyphens, 253 characters in all. A dot at the end is not
    taken: certificates have none. Path and query go on the wire as they stand, so they are visible ASCII.
    """
    if not _VISIBLE.fullmatch(base_url):
        raise ValueError("must be visible ASCII characters, without spaces")
    parts = _BASE_URL.fullmatch(base_url)
    scheme, host, port, path = parts.groups() if parts else ("", "", None, None)
    is_plain = scheme.lower() == "http" and host.lower() in _LOOPBACK_HOSTS
    if not is_plain and (scheme.lower() != "https" or host.startswith("[")):
        raise ValueError("must be an https address without user, query or fragment (plain http is for loopback only)")
    if not is_plain and (len(host) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, host.split(".")))):
        raise ValueError("must name a host: labels of 1 to 63 letters, digits and inner hyphens, 253 characters in all")
    if port is not None and not (_PORT.fullmatch(port) and 0 < int(port) < _PORTS):
        raise ValueError(f"must have a port from 1 to {_PORTS - 1}, or none")
    authority = host if port is None else f"{host}:{port}"
    return Address(scheme.lower(), host.lower().strip("[]"), None if port is None else int(port), authority, path or "")


def is_loopback(base_url: str) -> bool:
    """Whether an address is plain http on this machine, which only the local stack may call."""
    try:
        return address_in(base_url).is_loopback
    except ValueError:
        return False


def origin(base_url: object) -> str:
    """Where a base_url's calls go: scheme, host and port in one spelling, ``https://shop.example:8443``.

    The host is in lower case, and a port that is the scheme's own is left out. Two addresses of one origin differ in
    their paths only. Raises ValueError for what no channel's base_url may be.
    """
    if not isinstance(base_url, str):
        raise ValueError("not an address that a channel may have")
    address = address_in(base_url)
    name = f"[{address.host}]" if ":" in address.host else address.host
    is_own_port = address.port in (None, _OWN_PORTS[address.scheme])
    return f"{address.scheme}://{name}" + ("" if is_own_port else f":{address.port}")


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
