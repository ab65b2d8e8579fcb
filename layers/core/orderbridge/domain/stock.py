"""Stock levels, and which of several is the one of record (INTERFACES section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class StockLevel:
    """How much of a product a channel's platform said there is, in pieces, and when (ISO 8601 UTC)."""

    channel: str
    product_code: str
    available: Decimal
    as_of: str


def level_of_record(levels: Iterable[StockLevel], ranks: Mapping[str, int]) -> StockLevel | None:
    """Of one product's levels the one at its source of record: the source with the lowest rank that knows it.

    `ranks` are the sources' ranks by channel; levels of channels that are no source do not count.
    """
    known = [level for level in levels if level.channel in ranks]
    return min(known, key=lambda level: (ranks[level.channel], level.channel), default=None)
