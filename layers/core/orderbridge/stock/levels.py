"""Stock levels: what a platform says that it has of a product, read strictly, and which of several is of record.

A level is whole pieces, never below 0. What cannot be read is never taken for 0 (invariant 6): it raises
`UnreadableLevel`, and the level that was read last stays.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

MAX_LEVEL = 1_000_000_000
_SHOWN = 40
# Three digits behind one dot are how Indonesia writes a thousand; any other number of them is a fraction.
_DIGITS = re.compile(r"-?[0-9]{1,12}(?:\.(?![0-9]{3}\Z)[0-9]{1,12})?", re.ASCII)


class UnreadableLevel(Exception):
    """A value that says nothing about how much there is; the message shows it, cut short."""


class Told(NamedTuple):
    """How many whole pieces can be sold of what a platform reported, and what is odd about it (None: nothing)."""

    available: int
    remark: str | None = None


def parse_level(value: Any) -> Told:
    """Whole pieces from ``20``, ``20.0``, ``"20"`` or ``" 20 "`` (traps C10, D25); raises `UnreadableLevel`.

    Orders are in whole pieces, so of 12.5 there are 12 to sell, which is remarked. A level below 0 is what was sold
    before it came: there is nothing to sell, and nothing odd. None, an empty text, a flag and any other text are
    unreadable.
    """
    level = _number(value)
    if level is None or not -MAX_LEVEL <= level <= MAX_LEVEL:
        raise UnreadableLevel(f"{_shown(value)} is no stock level")
    available = max(0, math.floor(level))
    is_fraction = level > 0 and level != available
    return Told(available, f"{_shown(value)} is no whole number of pieces; {available} count" if is_fraction else None)


def _number(value: Any) -> int | float | Decimal | None:
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if math.isfinite(value):
            return value
        case Decimal() if value.is_finite():
            return value
        case str():
            return Decimal(value.strip()) if _DIGITS.fullmatch(value.strip()) else None
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
    """Since when the platform has not reported the level readably; `available` is then what it reported last."""
    in_warehouses: bool = False
    """Whether the platform keeps the product in several warehouses; `available` is all that count together."""
    warehouses: Mapping[int, int] | None = None
    """What each of them has, also of those that do not count; None where that is not known."""
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

    def in_warehouse(self, warehouse: int | None) -> StockLevel | None:
        """The level that one warehouse has (None: nobody says which, and it is the level itself).

        A product that is not kept in warehouses has one level for all; None where the warehouse's is not known.
        """
        if warehouse is None or not self.in_warehouses:
            return self
        here = (self.warehouses or {}).get(warehouse)
        return None if here is None else replace(self, available=here)


def level_of_record(levels: Iterable[StockLevel], ranks: Mapping[str, int]) -> StockLevel | None:
    """Of one product's levels the one at its source of record: the source with the lowest rank that knows it.

    `ranks` are the sources' ranks by channel; levels of channels that are no source do not count.
    """
    known = [level for level in levels if level.channel in ranks]
    return min(known, key=lambda level: (ranks[level.channel], level.channel), default=None)
