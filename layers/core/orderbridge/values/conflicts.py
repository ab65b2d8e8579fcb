"""Two writers of one item: the one that comes second notices."""

from __future__ import annotations


class LostRace(Exception):
    """Another writer changed the item first; the caller reads again or leaves it to the winner."""
