"""What a safeguard is to the proof: a place in the source, and what is there without it."""

from __future__ import annotations

from dataclasses import dataclass

Edit = tuple[str, str]


@dataclass(frozen=True)
class Safeguard:
    """A safeguard by the words for it. `guard` is what else holds where no row can see that it is missing."""

    name: str
    place: str
    """``package.module:Class.function``, below ``orderbridge``."""
    edits: tuple[Edit, ...]
    row: str
    guard: str = ""
