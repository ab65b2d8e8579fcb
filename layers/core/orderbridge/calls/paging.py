"""Reads a list to its end, or says that it could not.

A page that repeats, is cut short or does not add up would make an order look absent that is there, so whatever leaves
a gap ends the reading with `ListFailed` (invariants 2 and 7)::

    ListFailed         a page, or a whole list, that was not read
    ├── PageTooLarge   a page over 1 MiB; a smaller one may fit
    └── RowTooLarge    one row that alone is too large; the list goes on behind it

Lists are paged by number and size. A position is the number of rows before a page; the page there has the largest size
that divides the position, so that no row is skipped whatever sizes came before: 100 rows, then 50, 25, 5 and 1. A list
that knows no sizes is read with `largest` 1, and its positions count pages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from orderbridge.values.list_counts import ListCounts

Row = Mapping[str, Any]
ReadPage = Callable[[int, int], "Page"]
"""Reads a page by its number, from 0, and its size; raises `ListFailed`."""

T = TypeVar("T")
MAX_PAGES = 1000
MOST_ROWS_TOO_LARGE = 10
"""A platform of whose rows more than this are too large one by one says nothing about its rows."""


class ListFailed(Exception):
    """A list that was not read to its end; `retry_after` in seconds where the platform named it."""

    def __init__(self, reason: str, retry_after: float | None = None, *, credentials: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.credentials = credentials


class PageTooLarge(ListFailed):
    """A page that is larger than a reply may be."""


class RowTooLarge(ListFailed):
    """A page of one row that is larger than a reply may be."""


class FilterNeeded(Exception):
    """A list that the platform gives in parts only, by a filter."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, whether another follows, and how many rows the platform says there are in all.

    `odd` counts the rows that are no objects. `size` is how many rows the platform says that it gives at once, None
    where it does not say. `end` is the position behind the page.
    """

    rows: list[Row]
    has_more: bool
    total: int | None
    odd: int = 0
    size: int | None = None
    end: int = 0


def page_at(read: ReadPage, position: int, largest: int) -> Page:
    """The page at a position, as large as fits; raises `RowTooLarge` where a single row does not, else `ListFailed`."""
    too_large: PageTooLarge | None = None
    for size in _sizes_at(position, largest):
        try:
            page = read(position // size, size)
        except PageTooLarge as failed:
            too_large = failed
            continue
        given = size if page.size is None else min(size, page.size)
        if given == size or not position:
            return replace(page, end=position + given)
        # The platform gives fewer rows at once than it was asked for: this page began somewhere else.
    raise RowTooLarge(f"one row alone is too large: {too_large}")


def _sizes_at(position: int, largest: int) -> Iterator[int]:
    """The sizes that a page at a position may have, the largest first; each divides the one before."""
    size = largest
    while True:
        if position % size == 0:
            yield size
        if size == 1:
            return
        size //= next(divisor for divisor in range(2, size + 1) if size % divisor == 0)


def all_rows(
    read: ReadPage,
    identity: Callable[[Row], Hashable | None],
    largest: int,
    *,
    rows_vanish: bool = False,
    max_pages: int = MAX_PAGES,
) -> Iterator[Row]:
    """Every row, once. A row without an identity is known by its content.

    What may change while pages are read: new rows come, which moves others to later pages, so that rows are met again
    and none is missed; and rows vanish, which moves others to earlier pages, past the reader. Where more rows vanish
    than come between two pages the total falls, so a list whose total falls was not read whole. A list from which rows
    may vanish (`rows_vanish`) must therefore count its rows on every page, unless it is one page, which is one moment.
    Where no total is reported, a list from which none vanishes ends at a page that is not full.

    Raises `ListFailed` where rows are missing against the total that was reported first, for those that came since may
    be before the reader; where the total falls; where a page brings nothing new, and more rows were met again than
    have come, or nothing but rows of the page before, and more than have come since (a page that was repeated); where
    the list does not end; and, once all that can be read was read, where a row was too large or no object.
    """
    so_far = _SoFar(identity, rows_vanish)
    for number in range(1, max_pages + 1):
        try:
            page = page_at(read, so_far.position, largest)
        except RowTooLarge as too_large:
            so_far.leave_out(too_large)
            continue
        known = len(so_far.seen)
        yield from so_far.new_rows(page)
        new = len(so_far.seen) - known
        so_far.count(page, len(page.rows) - new)
        if page.rows and not new and not page.odd and so_far.counts.is_repeating:
            # The last one too: a smaller page that comes again, from a cache, is not the end of the list.
            raise ListFailed(f"page {number} repeats what earlier pages had")
        if not page.has_more:
            so_far.require_all(None if largest == 1 else page)
            return
        if not page.rows and not page.odd:
            raise ListFailed(f"page {number} is empty, and more should follow")
        so_far.position = page.end
    raise ListFailed(f"the list does not end within {max_pages} pages")


@dataclass(slots=True)
class _SoFar:
    """A list as far as it has been read, and whether that was without a gap."""

    identity: Callable[[Row], Hashable | None]
    rows_vanish: bool
    position: int = 0
    seen: set[Hashable] = field(default_factory=set)
    page: set[Hashable] = field(default_factory=set)
    """The rows of the page that was read last."""
    is_same: bool = False
    """Whether all of them were on the page before it, too."""
    counts: ListCounts = field(default_factory=ListCounts)
    unread: int = 0
    gap: ListFailed | None = None

    def new_rows(self, page: Page) -> Iterator[Row]:
        before, self.page = self.page, set()
        for row in page.rows:
            key = self.identity(row)
            key = content_of(row) if key is None else key
            self.page.add(key)
            if key not in self.seen:
                self.seen.add(key)
                yield row
        self.is_same = bool(self.page) and self.page <= before

    def leave_out(self, too_large: RowTooLarge) -> None:
        self.position, self.unread, self.gap = self.position + 1, self.unread + 1, too_large
        if self.unread > MOST_ROWS_TOO_LARGE:
            raise too_large

    def count(self, page: Page, met_again: int) -> None:
        """Take what a page says of the list; raises `ListFailed` where that leaves a gap."""
        if page.odd:
            self.unread, self.gap = self.unread + page.odd, ListFailed("the list has rows that are no objects")
        if page.total is None and self.rows_vanish and (page.has_more or self.position):
            raise ListFailed("the list has several pages and does not count its rows")
        before = self.counts.total
        if before is not None and page.total is not None and page.total < before:
            raise ListFailed(f"rows vanished while the list was read: {before} were counted, then {page.total}")
        if self.is_same and before is not None and page.total is not None and len(self.page) > page.total - before:
            raise ListFailed("a page repeats the page before")
        self.counts.note(page.total, met_again)

    def require_all(self, last: Page | None) -> None:
        """Raises `ListFailed` where rows are missing; `last` is the last page of a list with sizes."""
        total = self.counts.total or 0  # the one that was reported last: an end of null tells none
        if last is not None and (reached := self.position + len(last.rows) + last.odd) < total:
            raise ListFailed(f"the list ended after {reached} of {total} rows")
        if self.counts.is_short_of(len(self.seen) + self.unread):
            raise ListFailed(f"the list ended after {len(self.seen)} of {self.counts.least} rows")
        if self.gap is not None:
            raise self.gap


def read_rows(page: Page, reading: Callable[[Row], T]) -> tuple[list[T | None], list[str]]:
    """What `reading` makes of each row, None where it raises anything, and the reasons of those, for a person."""
    found: list[T | None] = []
    reasons = ["a row that is no object"] * page.odd
    for row in page.rows:
        try:
            found.append(reading(row))
        except Exception as failure:  # noqa: BLE001 - one odd row is one row's trouble, whatever it makes a reader raise
            found.append(None)
            # Only our own words: those of another exception may quote the row.
            reasons.append(failure.reason if isinstance(failure, ListFailed) else f"a row: {type(failure).__name__}")
    return found, reasons


def content_of(row: Row) -> str:
    """A name for a row that has none: all that it says."""
    return json.dumps(row, sort_keys=True, default=str)
