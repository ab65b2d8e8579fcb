"""Take over what a read has found: only what changed, only once the read is complete, nothing that is known better.

A product of ours is found at the platform through the channel's product mappings. Mappings and levels are both kept in
the order of the product codes, so they are gone through side by side and never held as a whole.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from orderbridge.stock.levels import StockLevel
from orderbridge.stock.lists import (
    NOT_ASKED,
    NOT_LISTED,
    NOT_THIS_TIME,
    UNREAD_PERHAPS,
    ListedLevel,
    Snapshot,
    StockReadFailed,
    UnusableMapping,
    taken,
)
from orderbridge.stock.runs import SOLD_REMEMBERED
from orderbridge.stock.session import RunSession, side_by_side

WRITTEN_AT_ONCE = 90
MOST_ASKED_ALONE = 50
"""Products that are asked about one by one in one run, although the list tells nothing new of them.

So many that it lacks, and so many that lie in warehouses (of a long list as many as it has pages, which at most doubles
a run's calls); what is beyond waits for the next run.
"""


@dataclass(frozen=True, slots=True)
class _Found:
    """A mapped product: what is stored of it, what the platform tells, and what is to be stored (None: no change)."""

    stored: StockLevel | None
    listed: ListedLevel
    changed: StockLevel | None

    @property
    def fallen_by(self) -> int:
        """How much the level fell: what was sold, whoever sold it."""
        if self.stored is None or self.changed is None:
            return 0
        return self.stored.available - self.changed.available


@dataclass(frozen=True, slots=True)
class ApplyReadings:
    """Takes levels that the platform has reported over into those of the session's channel."""

    session: RunSession

    def confirm(self, snapshot: Snapshot) -> str | None:
        """Ask the warehouses about every product that lies in several and of which the list tells something new.

        What is moved from one warehouse to another changes nothing in the list, so a part of the others is asked, too,
        in turn; where all fit into one run, all. Returns the code at which the turn ended. Nothing has been written by
        then, so a read that fails here changes nothing either.
        """
        asked_to = self.session.run.asked_to
        if not any(listed.in_warehouses for listed in snapshot.levels.values()):
            return asked_to
        lying = {code: found.listed for code, found in self._mapped(snapshot) if found and found.listed.in_warehouses}
        turn: list[str] = []
        if self.session.access.warehouses is not None:
            later = (code for code in lying if asked_to is not None and code > asked_to)
            in_turn = dict.fromkeys(chain(later, lying))
            turn = list(islice(in_turn, max(MOST_ASKED_ALONE, snapshot.pages)))
        new = {listed.product for listed in lying.values() if listed.detail == NOT_ASKED}
        for product in (new | {lying[code].product for code in turn}) - snapshot.confirmed:
            self.session.go_on()
            snapshot.confirm(self.session.access.read(product, in_warehouses=True))
        return turn[-1] if turn else asked_to

    def apply(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Write what differs, drop what is mapped no more, tell what could not be read.

        Returns the products whose level fell, those that fell most first.
        """
        if not snapshot.levels and next(self.session.levels.levels(self.session.name), None) is not None:
            raise StockReadFailed("the list is empty, and there was stock before")
        self.session.report.begin_applying()
        for reason, count in snapshot.unread.items():
            rows = "a row" if count == 1 else f"{count} rows"
            self.session.report.note(self.session.name, f"{rows} of the list left out, not readable: {reason}")
        changed: list[StockLevel] = []
        gone: list[str] = []
        fallen: list[tuple[int, str]] = []
        unlisted: Counter[int] = Counter()
        for code, found in self._mapped(snapshot, _Missing(self.session, snapshot)):
            if found is None:
                gone.append(code)
            else:
                self._note_problem(code, found.listed)
                unlisted.update(self._left_out(found.listed))
                if found.changed is not None:
                    changed.append(found.changed)
                if found.fallen_by > 0:
                    heapq.heappush(fallen, (found.fallen_by, code))
                    if len(fallen) > SOLD_REMEMBERED:
                        heapq.heappop(fallen)
            if len(changed) + len(gone) >= WRITTEN_AT_ONCE:
                self._write(changed, gone)
                changed, gone = [], []
        self._write(changed, gone)
        for warehouse, count in sorted(unlisted.items()):
            products = "a product" if count == 1 else f"{count} products"
            self.session.report.note(self.session.name, f"warehouse {warehouse} is not listed for {products}: left out")
        return tuple(code for _, code in sorted(fallen, reverse=True))

    def refresh(self, codes: Collection[str]) -> None:
        """Read these products one by one and take over what they tell, whatever the list will say later."""
        session = self.session
        stored = session.levels.find(session.name, codes)
        changed = []
        for code, value in session.levels.mapped(session.channel, codes).items():
            session.go_on()
            at = session.now()
            level = stored.get(code)
            listed = self._single(value, level)
            new = taken(session.name, code, level, listed, at, session.run.read_at)
            if new is not None:
                changed.append(new)
        self._write(changed, [])

    def _single(self, value: Any, level: StockLevel | None) -> ListedLevel:
        access = self.session.access
        try:
            return access.read(access.product_key(value), in_warehouses=level is not None and level.in_warehouses)
        except UnusableMapping as unusable:
            return ListedLevel("", None, str(unusable))

    def _mapped(self, snapshot: Snapshot, missing: _Missing | None = None) -> Iterator[tuple[str, _Found | None]]:
        """Every product that is mapped or has a level; None for one that is mapped no more.

        `missing` is asked about each product that is not in the list.
        """
        session = self.session
        streams: list[Iterable[tuple[str, Any]]] = [
            ((code, (value,)) for code, value in session.levels.products(session.channel)),
            ((level.product_code, level) for level in session.levels.levels(session.name)),
        ]
        for code, (value, stored) in side_by_side(*streams):
            if value is None:
                yield code, None
                continue
            listed = self._listed(value[0], snapshot, stored)
            if listed.level is None and listed.detail == NOT_LISTED and missing is not None:
                listed = missing.of(listed.product, stored)
            changed = taken(session.name, code, stored, listed, snapshot.began_at, session.run.read_at)
            yield code, _Found(stored, listed, changed)

    def _listed(self, value: Any, snapshot: Snapshot, stored: StockLevel | None) -> ListedLevel:
        try:
            product = self.session.access.product_key(value)
        except UnusableMapping as unusable:
            return ListedLevel("", None, f"its mapping cannot be used: {unusable}")
        listed = snapshot.levels.get(product) or ListedLevel(product, None, NOT_LISTED)
        if not listed.in_warehouses or listed.level is None or product in snapshot.confirmed:
            return listed
        known = stored.warehouses if stored is not None else None
        if known is None or sum(known.values()) != listed.level:
            return replace(listed, level=None, detail=NOT_ASKED)
        return ListedLevel.kept(product, known, self.session.access.warehouses, listed.detail)

    def _left_out(self, listed: ListedLevel) -> Collection[int]:
        """The warehouses whose level should count, and that the platform does not list for the product."""
        counted = self.session.access.warehouses
        return () if counted is None or listed.warehouses is None else counted - listed.warehouses.keys()

    def _note_problem(self, code: str, listed: ListedLevel) -> None:
        if listed.level is not None:
            self.session.report.read += 1
        if listed.level is None or listed.detail is not None:
            self.session.report.note(code, listed.detail or NOT_LISTED)

    def _write(self, changed: list[StockLevel], gone: list[str]) -> None:
        if not changed and not gone:
            return
        self.session.go_on()
        self.session.levels.write(self.session.run, changed, gone)
        self.session.report.changed += sum(level.unread_since is None for level in changed) + len(gone)


@dataclass(slots=True)
class _Missing:
    """What is known of products that a complete list lacks.

    A product that vanishes while the list is read moves the others up, and one of them past the reader; and a row that
    could not be read may be any product. So a product that was there before is asked about alone, where the platform
    can be, before it is said to be gone.
    """

    session: RunSession
    snapshot: Snapshot
    _asked: int = 0

    def of(self, product: str, stored: StockLevel | None) -> ListedLevel:
        if product in self.snapshot.confirmed:
            return self.snapshot.levels[product]
        was_there = stored is not None and stored.unread_since is None
        if not was_there and not self.snapshot.unread:
            return ListedLevel(product, None, NOT_LISTED)
        answer = self._alone(product, stored)
        if answer is not None:
            self.snapshot.confirm(answer)
            return answer
        return ListedLevel(product, None, UNREAD_PERHAPS if self.snapshot.unread else NOT_THIS_TIME)

    def _alone(self, product: str, stored: StockLevel | None) -> ListedLevel | None:
        """What the product tells when it is asked alone; None where it is not asked, or nothing answers."""
        access = self.session.access
        if not access.reads_single_products or self._asked >= MOST_ASKED_ALONE:
            return None
        self.session.go_on()
        self._asked += 1
        try:
            answer = access.read(product, in_warehouses=stored is None or stored.in_warehouses)
        except StockReadFailed:
            self._asked = MOST_ASKED_ALONE  # it answers no single question now
            return None
        if answer.level is not None:
            return answer
        return replace(answer, product=product, detail=f"{NOT_LISTED}; asked about it alone: {answer.detail}")
