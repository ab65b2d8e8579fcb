"""A product's total over its warehouses, and the counts that bring it to another one. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def counts_for(levels: Mapping[int, int], total: int, preferred: int | None) -> dict[int, int]:
    """The new count of each warehouse that must change so that all of `levels` make `total` pieces.

    What comes is put into the preferred warehouse (None, or one that the product is not in: the first), and what goes
    is taken from it first, then from the others in their order. 0 is a warehouse (traps D39).
    """
    first = preferred if preferred is not None and preferred in levels else min(levels)
    difference = total - sum(levels.values())
    if difference >= 0:
        return {first: levels[first] + difference} if difference else {}
    counts: dict[int, int] = {}
    missing = -difference
    for warehouse in [first, *sorted(levels.keys() - {first})]:
        taken = min(levels[warehouse], missing)
        if taken:
            counts[warehouse] = levels[warehouse] - taken
        missing -= taken
    return counts
