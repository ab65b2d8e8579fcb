"""Two writers of one item: the one that comes second notices, and tries again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

TRIES = 5


class LostRace(Exception):
    """Another writer changed the item first; the caller reads again or leaves it to the winner."""


def despite_races(attempt: Callable[[], T]) -> T:
    """What an attempt that reads an item and writes it comes to; repeated while it is lost, and at last raised."""
    for _ in range(TRIES - 1):
        with suppress(LostRace):
            return attempt()
    return attempt()
