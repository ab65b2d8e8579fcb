"""Whether an order that SIRCLO holds under our id is the one that was sent.

Codes are counted per stack, so a second stack on the same account sends the same ids for orders of its own, and what
SIRCLO calls a duplicate may be one of those. What an order says there is held against the frozen request: its
order_date, which is the moment of acceptance and the same on every repeat, and how many pieces of which SKU it has.
Prices, names and references are not: SIRCLO's own samples change them between the request and the answer (TRAPS C19,
C20). What cannot be read contradicts nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orderbridge.domain.times import from_iso
from orderbridge.platforms.numbers import whole_in
from orderbridge.platforms.sirclo.mapper import order_in
from orderbridge.ports import FrozenRequest

SECONDS_CUT = 1.0
"""SIRCLO's samples have whole seconds; we send milliseconds."""

QUARTER_HOUR = 900
"""All time zones differ by multiples of it, so a time without a zone is known up to that."""


@dataclass(frozen=True, slots=True)
class SentOrder:
    """What the order that was sent says of itself. `pieces` by SKU; None where the request is not at hand."""

    order_id: str
    order_date: datetime
    pieces: Mapping[str, int] | None = None

    @classmethod
    def in_request(cls, request: FrozenRequest) -> SentOrder:
        sent = order_in(request)
        return cls(str(sent["order_id"]), from_iso(str(sent["order_date"])), _pieces(sent))

    def difference(self, row: Mapping[str, Any]) -> str | None:
        """What shows that an order under the same id is another one; None where nothing does."""
        there = row.get("order_date")
        if isinstance(there, str) and not _same_moment(self.order_date, there):
            return f"its order_date is {there}, and {_written(self.order_date)} was sent"
        pieces = _pieces(row)
        if self.pieces is not None and pieces is not None and pieces != self.pieces:
            return f"it has {_listed(pieces)}, and {_listed(self.pieces)} was sent"
        return None


def _same_moment(sent: datetime, there: str) -> bool:
    try:
        found = datetime.fromisoformat(there.strip())
    except ValueError:
        return True
    if len(there.strip()) <= len("2025-01-01"):
        return True
    if found.tzinfo is not None:
        return abs((found - sent).total_seconds()) < SECONDS_CUT
    apart = (found.replace(tzinfo=UTC) - sent).total_seconds() % QUARTER_HOUR
    return min(apart, QUARTER_HOUR - apart) < SECONDS_CUT


def _pieces(order: Mapping[str, Any]) -> dict[str, int] | None:
    """Pieces by SKU over all lines, SKUs without regard to case and outer space; None where a line is unreadable."""
    lines = order.get("line_items")
    if not isinstance(lines, list) or not lines:
        return None
    pieces: Counter[str] = Counter()
    for line in lines:
        sku = line.get("sku") if isinstance(line, Mapping) else None
        if not isinstance(sku, str):
            return None
        try:
            pieces[sku.strip().casefold()] += whole_in(line.get("quantity"))
        except ValueError:
            return None
    return dict(pieces)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _listed(pieces: Mapping[str, int]) -> str:
    return ", ".join(f"{count} of {sku}" for sku, count in sorted(pieces.items()))
