"""Times as a person reads them: short and in the business time zone on a terminal, in the zone of ``--tz`` everywhere.

Only what is known to be a time by its name is touched: a partner's text that looks like one is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

TIMES = frozenset(
    {
        "as_of", "at", "created_at", "failed_at", "last_pushed", "last_used", "next_attempt", "next_try", "oldest",
        "open_since", "open_until", "rest_until", "sent_at", "since", "slow_since", "time", "until", "updated_at",
    }
)  # fmt: skip
"""The names of members, and of columns, whose texts are times of ours."""

chosen_zone: ContextVar[str | None] = ContextVar("chosen_zone", default=None)
"""The zone of ``--tz``."""
_business_zone: ContextVar[Callable[[], str] | None] = ContextVar("business_zone", default=None)


def business_zone_is(of: Callable[[], str]) -> None:
    """From now on a terminal's times are in this zone; it is asked for when the first time is shown."""
    _business_zone.set(of)


def is_time(name: str) -> bool:
    """Whether a member or a column of this name holds a time: ``created_at``, ``breaker.open_until``, ``as of``."""
    return name.rsplit(".", 1)[-1].replace(" ", "_") in TIMES


def short(text: str, now: datetime | None = None) -> str:
    """``12-01 14:05``, with the year where it is another one; what is no time stays as it is."""
    moment = _read(text)
    if moment is None:
        return text
    of_business = _business_zone.get()
    zone = ZoneInfo(chosen_zone.get() or (of_business() if of_business is not None else "UTC"))
    local, today = moment.astimezone(zone), (now or datetime.now(UTC)).astimezone(zone)
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def in_chosen_zone(document: Any, name: str = "") -> Any:
    """The document with its times in the zone of ``--tz``; the very same document where none was given."""
    zone = chosen_zone.get()
    return document if zone is None else _in(ZoneInfo(zone), document, name)


def _in(zone: ZoneInfo, value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _in(zone, each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_in(zone, each, name) for each in value]
    moment = _read(value) if isinstance(value, str) and is_time(name) else None
    return value if moment is None else moment.astimezone(zone).isoformat(timespec="milliseconds")


def _read(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def span(seconds: float) -> str:
    """A time that passes, in the largest unit that says something: ``40 s``, ``12 min``, ``3 h``, ``2 d``."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(max(seconds, 0))} s"


def age(at: str, now: datetime) -> str:
    """How long ago something was."""
    return span((now - datetime.fromisoformat(at)).total_seconds())
