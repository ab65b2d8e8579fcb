"""Whether an order that SIRCLO holds under our id is the one that was sent.

Codes are counted per stack, so a second stack on the same account sends the same ids for orders of its own, and what
SIRCLO calls a duplicate may be one of those. What an order says there is held against the frozen request: its
order_date, which is the moment of acceptance and the same on every repeat, and how many pieces of which SKU it has.
An order at that very moment that has lost lines or pieces since, and gained none, is ours, changed: a line may be
cancelled before anybody looks. More pieces, or another SKU, are another order.
Prices, names and references are not: SIRCLO's own samples change them between the request and the answer (traps C19,
C20). What cannot be read contradicts nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from orderbridge.calls.numbers import whole_in
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.platforms.sirclo.mapper import order_in
from orderbridge.values.times import from_iso

SECONDS_CUT = 1.0
"""SIRCLO's samples have whole seconds; we send milliseconds."""

JAKARTA = timezone(timedelta(hours=7))
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
        moment = self._moment(row)
        if moment is not None and not _is_possible(moment, self.order_date):
            return f"its order_date is {row['order_date']}, and {_written(self.order_date)} was sent"
        return None if self.change(row) is not None else self.otherwise(row)

    def otherwise(self, row: Mapping[str, Any]) -> str | None:
        """What an order that has just been created has other than was sent; None where nothing shows that."""
        differing = self._differing(row)
        return None if differing is None else f"it has {differing}, and {_listed(self.pieces or {})} was sent"

    def change(self, row: Mapping[str, Any]) -> str | None:
        """What an order has lost that is proved to be ours by its moment; None where it has all that was sent."""
        moment, there = self._moment(row), _pieces(row)
        if moment is None or not _is_certain(moment, self.order_date) or self.pieces is None:
            return None
        if row.get("line_items") == []:
            there = {}
        if there is None or there == self.pieces:
            return None
        if any(not 0 <= count <= self.pieces.get(sku, -1) for sku, count in there.items()):
            return None
        return f"it has changed there: it has {_listed(there)}, and {_listed(self.pieces)} was sent"

    def _moment(self, row: Mapping[str, Any]) -> datetime | None:
        there = row.get("order_date")
        return _read_moment(there) if isinstance(there, str) else None

    def _differing(self, row: Mapping[str, Any]) -> str | None:
        pieces = _pieces(row)
        return None if self.pieces is None or pieces in (None, self.pieces) else _listed(pieces or {})


def _read_moment(text: str) -> datetime | None:
    """A moment, with or without a zone; None for a day alone, and for what is no moment."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return None if len(text.strip()) <= len("2025-01-01") else found


def _is_possible(there: datetime, sent: datetime) -> bool:
    """Whether a moment may be the one that was sent."""
    if there.tzinfo is not None:
        return _is_certain(there, sent)
    apart = (there.replace(tzinfo=UTC) - sent).total_seconds() % QUARTER_HOUR
    return min(apart, QUARTER_HOUR - apart) < SECONDS_CUT


def _is_certain(there: datetime, sent: datetime) -> bool:
    """Whether a moment is the one that was sent; without a zone it is taken for UTC, or for Jakarta's time."""
    zones = (UTC, JAKARTA) if there.tzinfo is None else (there.tzinfo,)
    return any(abs((there.replace(tzinfo=zone) - sent).total_seconds()) < SECONDS_CUT for zone in zones)


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
    return ", ".join(f"{count} of {sku}" for sku, count in sorted(pieces.items())) or "no lines"
