"""``Retry-After``: in how many seconds somebody wants to be asked again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from orderbridge.values.times import Clock, utc_now

LONGEST_RETRY_AFTER_SECONDS = 24 * 3600
"""What anybody's ``Retry-After`` may ask for; beyond it the clock is wrong, or somebody wants to be forgotten."""

_SECONDS = re.compile(r"([0-9]+)(?:\.([0-9]+))?[ \t]*(?:,|\Z)")
_LONGEST_DATE = 64


def retry_after_seconds(headers: Mapping[str, str], clock: Clock = utc_now) -> float | None:
    """Retry-After in seconds, at most `LONGEST_RETRY_AFTER_SECONDS`; None where absent or unreadable.

    It comes as seconds, of which a fraction is rounded up and a list gives its first, or as an HTTP date, of which one
    in the past is 0.
    """
    text = headers.get("retry-after", "").strip()
    matched = _SECONDS.match(text)
    if matched is not None:
        whole = int(matched[1].lstrip("0")[:6] or "0")  # six digits are more than may be asked for
        seconds = whole + (1 if (matched[2] or "").strip("0") else 0)
        return float(min(seconds, LONGEST_RETRY_AFTER_SECONDS))
    if not text or len(text) > _LONGEST_DATE:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return _seconds_until(moment if moment.tzinfo else moment.replace(tzinfo=UTC), clock())
    except (ValueError, OverflowError, TypeError, IndexError):  # what the parser of dates is known to raise
        return None


def _seconds_until(moment: datetime, now: datetime) -> float:
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_SECONDS)
