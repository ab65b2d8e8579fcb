"""Stock levels: what a platform says that it has of a product, read strictly, and which of several is of record.

A level is whole pieces. What cannot be read is never taken for 0 (DESIGN invariant 6): it raises `UnreadableLevel`, and
the level that was read last stays.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MAX_LEVEL = 1_000_000_000
_SHOWN = 40
# One or two zeros after the dot are a fraction of nothing; three are how Indonesia writes a thousand.
_DIGITS = re.compile(r"[0-9]{1,12}(?:\.0{1,2})?", re.ASCII)


class UnreadableLevel(Exception):
    """A value that says nothing about how much there is; the message shows it, cut short."""


def parse_level(value: Any) -> int:
    """Whole pieces from ``20``, ``20.0``, ``"20"`` or ``" 20 "`` (TRAPS C10, D25); raises `UnreadableLevel`.

    None, an empty text, a fraction, a negative number, a flag and any other text are unreadable.
    """
    level = _whole(value)
    if level is None or not 0 <= level <= MAX_LEVEL:
        raise UnreadableLevel(f"{_shown(value)} is no stock level")
    return level


def _whole(value: Any) -> int | None:
    match value:
        case bool():
            return None
        case int():
            return value
        case Decimal() | float():
            # What is beyond every level is not made an int, which takes as long as its exponent is high.
            is_in_reach = math.isfinite(value) and -MAX_LEVEL <= value <= MAX_LEVEL
            return int(value) if is_in_reach and value == int(value) else None
        case str():
            return int(value.strip().partition(".")[0]) if _DIGITS.fullmatch(value.strip()) else None
        case _:
            return None


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


@dataclass(frozen=True, slots=True)
class StockLevel:
    """How much of a product a channel's platform said there is, in pieces, and when it said so (ISO 8601 UTC)."""

    channel: str
    product_code: str
    available: int
    as_of: str
    unread_since: str | None = None
    """Since when the platform has not told the level readably; `available` is then what it told last."""
    in_warehouses: bool = False
    """Whether the platform keeps the product in several warehouses; `available` is all of them together."""
    pushed: int | None = None
    pushed_at: str | None = None
    drift_since: str | None = None
    """Since when the level has differed from that at the product's source of record."""

    def known_as_of(self, read_at: str | None) -> str:
        """When the level was last known to be this.

        A level that a read finds unchanged is not written, so the channel's last complete read (begun at `read_at`)
        vouches for every level that it could read.
        """
        if read_at is None or self.unread_since is not None:
            return self.as_of
        return max(self.as_of, read_at)


def level_of_record(levels: Iterable[StockLevel], ranks: Mapping[str, int]) -> StockLevel | None:
    """Of one product's levels the one at its source of record: the source with the lowest rank that knows it.

    `ranks` are the sources' ranks by channel; levels of channels that are no source do not count.
    """
    known = [level for level in levels if level.channel in ranks]
    return min(known, key=lambda level: (ranks[level.channel], level.channel), default=None)
