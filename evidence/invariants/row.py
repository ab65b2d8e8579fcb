"""The row itself: all that it names struck, and what it leans on was there."""

from __future__ import annotations

from evidence.invariants.found import Found, Invariant, Wrong


def everything_that_the_row_names_struck(found: Found) -> Wrong:
    struck = found.world.machine.struck
    for name in found.world.harm.expected():
        if not struck[name]:
            yield f"{name} never struck"


def lists_had_several_pages(found: Found) -> Wrong:
    """Of platforms that tell of orders in lists, and hold more than a page: the statuses alone are read from those.

    Not where partners take orders back: those are asked about no more.
    """
    if found.row.cancelled:
        return
    for label, facts in found.world.facts.items():
        channel = found.world.channel_of(label)
        held, pages = sum(map(len, found.held[channel].values())), found.world.calls.pages[channel]
        if facts.can_look and held > found.world.rows_per_page and pages < 2:
            yield f"{label}: no list had a second page"


INVARIANTS: tuple[Invariant, ...] = (
    everything_that_the_row_names_struck,
    lists_had_several_pages,
)
