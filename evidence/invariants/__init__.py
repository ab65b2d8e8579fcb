"""What has to hold after every run, whatever was done to it."""

from __future__ import annotations

from evidence.invariants import orders, platforms, row, told
from evidence.invariants.found import Invariant

INVARIANTS: tuple[Invariant, ...] = (*orders.INVARIANTS, *platforms.INVARIANTS, *told.INVARIANTS, *row.INVARIANTS)
DOUBLED = platforms.no_order_is_at_a_platform_twice
LOST = (
    orders.every_order_that_was_answered_is_stored_under_that_code,
    orders.every_order_ends_or_waits_with_its_reason,
)
OF_THE_ROW = frozenset(invariant.__name__ for invariant in row.INVARIANTS)
"""These are about the run; that it went otherwise does not show that a safeguard is missing."""
