"""Reads a list to its end, or says that it could not.

A page that repeats, is cut short or does not add up would make an order look absent that is there, so anything odd
ends the reading with `ListFailed` (DESIGN invariants 2 and 7).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
MAX_PAGES = 1000


class ListFailed(Exception):
    """A list that was not read to its end; `retry_after` in seconds where the platform named it."""

    def __init__(self, reason: str, retry_after: float | None = None, *, credentials: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.credentials = credentials


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, whether another follows, and how many rows the platform says there are in all."""

    rows: list[Row]
    has_more: bool
    total: int | None


def all_rows(
    read_page: Callable[[int], Page], identity: Callable[[Row], Hashable | None], max_pages: int = MAX_PAGES
) -> Iterator[Row]:
    """Every row, page by page. `read_page` takes the number of the page, from 0.

    Raises `ListFailed` where a row has no identity, a row comes a second time (a page was repeated, or rows moved
    while we read), rows are missing against the total, or the list does not end.
    """
    seen: set[Hashable] = set()
    for number in range(max_pages):
        page = read_page(number)
        for row in page.rows:
            key = identity(row)
            if key is None:
                raise ListFailed(f"page {number + 1} has a row without an id")
            if key in seen:
                raise ListFailed(f"page {number + 1} repeats a row")
            seen.add(key)
            yield row
        if not page.has_more:
            if page.total is not None and len(seen) < page.total:
                raise ListFailed(f"the list ended after {len(seen)} of {page.total} rows")
            return
        if not page.rows:
            raise ListFailed(f"page {number + 1} is empty, and more should follow")
    raise ListFailed(f"the list does not end within {max_pages} pages")
