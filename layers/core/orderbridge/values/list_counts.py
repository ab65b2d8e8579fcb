"""What a platform's list says of its own size while it is read page by page, held against the rows that came.

New rows move others to later pages, so as many rows may be met again as have come; more is a page that was repeated.
Those that came may be before the reader, and those that vanished have been read, so a list read to its end has at
least as many rows as the smallest total that was reported.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class ListCounts:
    """The last total, the smallest one, and how many rows were met again; None where none was reported."""

    total: int | None = None
    least: int | None = None
    met_again: int = 0

    def note(self, total: int | None, met_again: int) -> None:
        """Take what a page says, and how many of its rows had been met before."""
        self.met_again += met_again
        if total is not None:
            self.least = total if self.least is None else min(self.least, total)
            self.total = total

    @property
    def is_repeating(self) -> bool:
        """Whether more rows were met again than have come since the list was begun."""
        return self.met_again > (self.total or 0) - (self.least or 0)

    def is_short_of(self, rows: int) -> bool:
        """Whether a list that ended after so many rows lacks some."""
        return self.least is not None and rows < self.least
