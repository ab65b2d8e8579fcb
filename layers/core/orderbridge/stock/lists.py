"""A platform's list of stock, collected page by page, and what it changes in the levels that are known.

Nothing of a list counts before it has been read to its end (invariant 7): a page that repeats, is missing or
does not add up raises `StockReadFailed`, and every level stays as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from orderbridge.stock.levels import StockLevel, UnreadableLevel, parse_level
from orderbridge.values.list_counts import ListCounts

MAX_ENTRIES = 1_000_000
MOST_BLANK_PAGES = 10
"""A platform of whose list more pages than this in a row cannot be read says nothing about its stock."""

NOT_ASKED = "its warehouses have not been asked yet"
NOT_LISTED = "the platform does not list it"
NOT_THIS_TIME = "it was not on the list this time: it is gone, or moved up while the list was read"
UNREAD_PERHAPS = "it is not among the rows of the list that could be read"


class StockReadFailed(Exception):
    """The platform's stock was not read; the message says why, and is fit to be kept."""


class UnusableMapping(Exception):
    """A product's mapping does not say which product of the platform it is."""


@dataclass(frozen=True, slots=True)
class ListedLevel:
    """One product as a platform tells it. `product` is the platform's own key, `level` None where it is unreadable.

    `detail` says why, or what is odd about a level that is readable. Of a product `in_warehouses` the level in a list
    is what all have together; once they have been asked, `warehouses` is what each has, and the level what can be sent.
    """

    product: str
    level: int | None
    detail: str | None = None
    in_warehouses: bool = False
    warehouses: Mapping[int, int] | None = None

    @classmethod
    def parsed(cls, product: str, value: Any, *, in_warehouses: bool = False) -> ListedLevel:
        """The level in a value as it came from the platform."""
        try:
            said = parse_level(value)
        except UnreadableLevel as unreadable:
            return cls(product, None, str(unreadable), in_warehouses)
        return cls(product, said.available, said.remark, in_warehouses)

    @classmethod
    def kept(
        cls, product: str, levels: Mapping[int, int], counted: Collection[int] | None, detail: str | None = None
    ) -> ListedLevel:
        """A product by what its warehouses have: the sum over those that are `counted` (None: all).

        One that is not among `levels` is left out, since nobody has said that it holds nothing.
        """
        here = [level for warehouse, level in levels.items() if counted is None or warehouse in counted]
        if here:
            return cls(product, sum(here), detail, in_warehouses=True, warehouses=levels)
        wanted = ", ".join(map(str, sorted(counted or ())))
        return cls(product, None, f"none of the warehouses that orders go out from ({wanted}) is listed for it", True)


@dataclass(frozen=True, slots=True)
class StockPage:
    """One page of a list. `entries` name its rows; a row may hold several levels (variants) or none.

    `total` is how many rows the platform says there are in all, None where it does not say. `unread` has for each entry
    that could not be read why it could not; `is_gap` says that nobody knows how many those are. `next_position` is
    where the next page begins (None: one further).
    """

    entries: Sequence[str]
    levels: Sequence[ListedLevel]
    has_more: bool
    total: int | None = None
    unread: Sequence[str] = ()
    next_position: int | None = None
    is_gap: bool = False


@dataclass(slots=True)
class Snapshot:
    """A list as far as it has been read. `began_at` is the version of every level in it."""

    began_at: str
    pages: int = 0
    position: int = 0
    """Where the next page begins, as the platform's list counts."""
    is_complete: bool = False
    entries: set[str] = field(default_factory=set)
    levels: dict[str, ListedLevel] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    """The products that were asked about one by one: what they reported counts, and not what the list said."""
    unread: Counter[str] = field(default_factory=Counter)
    """How many entries could not be read, by the reason. A product that is not in `levels` may be one of them."""
    counts: ListCounts = field(default_factory=ListCounts)
    has_gap: bool = False
    _blank_pages: int = 0

    def confirm(self, answer: ListedLevel) -> None:
        """Take what a product has reported when it was asked alone in place of what the list said."""
        self.levels[answer.product] = answer
        self.confirmed.add(answer.product)

    def add(self, page: StockPage) -> None:
        """Take the next page; raises `StockReadFailed` where the list cannot be as the platform says."""
        number = self.pages + 1
        known = len(self.entries)
        end = self.position + 1 if page.next_position is None else page.next_position
        self.entries.update(page.entries)
        new = len(self.entries) - known
        self.counts.note(page.total, len(page.entries) - new)
        if page.entries and not new and self.counts.is_repeating:
            raise StockReadFailed(f"page {number} repeats what earlier pages had")
        if page.has_more and not page.entries:
            raise StockReadFailed(f"page {number} is empty, and more should follow")
        self._count_unread(page)
        if len(self.entries) > MAX_ENTRIES:
            raise StockReadFailed(f"the list does not end within {MAX_ENTRIES} rows")
        self.has_gap = self.has_gap or page.is_gap
        if not page.has_more and not self.has_gap and self.counts.is_short_of(len(self.entries)):
            raise StockReadFailed(f"the list ended after {len(self.entries)} of {self.counts.least} rows")
        for listed in page.levels:
            self._take(listed)
        if not page.has_more and self.unread and not self.levels:
            raise StockReadFailed(next(iter(self.unread)))
        self.pages, self.position, self.is_complete = number, end, not page.has_more

    def _count_unread(self, page: StockPage) -> None:
        self.unread.update(page.unread)
        self._blank_pages = self._blank_pages + 1 if page.unread and not page.levels else 0
        if self._blank_pages > MOST_BLANK_PAGES:
            raise StockReadFailed(f"{self._blank_pages} pages in a row cannot be read: {page.unread[0]}")

    def _take(self, listed: ListedLevel) -> None:
        known = self.levels.get(listed.product)
        if known is not None and known.level != listed.level:
            # Two rows under one key (traps D4): neither can be believed.
            detail = f"it is listed twice, as {known.level} and {listed.level}"
            listed = ListedLevel(listed.product, None, detail, listed.in_warehouses)
        self.levels[listed.product] = listed

    def document(self) -> dict[str, Any]:
        """The snapshot as JSON, to be gone on with by another invocation."""
        return {
            "began_at": self.began_at,
            "pages": self.pages,
            "position": self.position,
            "is_complete": self.is_complete,
            "entries": sorted(self.entries),
            "levels": [_row(listed) for listed in self.levels.values()],
            "confirmed": sorted(self.confirmed),
            "unread": dict(self.unread),
            "counts": [self.counts.total, self.counts.least, self.counts.met_again],
            "has_gap": self.has_gap,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Snapshot:
        """The snapshot that `document` wrote."""
        return cls(
            document["began_at"],
            document["pages"],
            document["position"],
            document["is_complete"],
            set(document["entries"]),
            {row[0]: _listed(row) for row in document["levels"]},
            set(document["confirmed"]),
            Counter(document["unread"]),
            ListCounts(*document["counts"]),
            document["has_gap"],
        )


def _row(listed: ListedLevel) -> list[Any]:
    return [listed.product, listed.level, listed.detail, listed.in_warehouses, *(listed.warehouses or {}).items()]


def _listed(row: Sequence[Any]) -> ListedLevel:
    product, level, detail, in_warehouses, *by_warehouse = row
    return ListedLevel(product, level, detail, in_warehouses, dict(by_warehouse) or None)


def taken(
    channel: str, code: str, stored: StockLevel | None, listed: ListedLevel, at: str, last_read: str | None
) -> StockLevel | None:
    """What is to be stored of a product once a read begun at `at` has reported `listed`; None where nothing changes.

    An unreadable level changes nothing but that it is unread since then. A level that a later read has written stays.
    `last_read` is when the channel's last complete read began, which vouches for the level until now.
    """
    if stored is None:
        if listed.level is None:
            return None
        return StockLevel(
            channel, code, listed.level, at, in_warehouses=listed.in_warehouses, warehouses=listed.warehouses
        )
    if stored.as_of > at:
        return None
    if listed.level is None:
        if stored.unread_since is not None:
            return None
        return replace(stored, as_of=stored.known_as_of(last_read), unread_since=at)
    read = replace(
        stored,
        available=listed.level,
        unread_since=None,
        in_warehouses=listed.in_warehouses,
        warehouses=listed.warehouses,
    )
    return None if read == stored else replace(read, as_of=at)
