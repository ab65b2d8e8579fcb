"""Times as Orderbridge writes them: aware, UTC, milliseconds; business dates in the configured zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""A source of the present time, always aware and in UTC; injected wherever a rule depends on time."""


def utc_now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)


def to_iso(moment: datetime) -> str:
    """ISO 8601 with milliseconds and ``Z``, e.g. ``2025-01-01T00:00:00.000Z`` (facts 1)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def from_iso(text: str) -> datetime:
    """The aware moment that `to_iso` wrote; any ISO 8601 time with a zone is read."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)


def business_date(moment: datetime, zone: str) -> date:
    """The calendar day of `moment` in the business zone, e.g. Asia/Jakarta."""
    return moment.astimezone(ZoneInfo(zone)).date()


def after(moment: datetime, seconds: float) -> str:
    """The ISO time `seconds` after `moment`."""
    return to_iso(moment + timedelta(seconds=seconds))
