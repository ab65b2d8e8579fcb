"""Bring a channel's levels to those of their source of record, and say where they differ (invariant 7).

Pushes are absolute, follow good reads only, are read back, and are never sent where they would change nothing. What
still differs then is marked on the level, and reported on the bus when it begins and when it ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orderbridge.stock.drift import Comparison, PushPlan, PushResult, PushTarget, compare, stock_drifted
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.lists import UnusableMapping
from orderbridge.stock.runs import StockRun, source_ranks, stock_settings, takes_part
from orderbridge.stock.session import RunSession, side_by_side
from orderbridge.values.events import Event

MAX_PUSHES_PER_RUN = 1000
PUSHED_AT_ONCE = 10
MARKED_AT_ONCE = 50

_Row = tuple[Any, Mapping[str, StockLevel]]
"""A product: its mapping's value at the channel (None: not mapped), and its levels by channel."""


class PushesRefused(Exception):
    """The platform takes no pushes now; what is left waits for the next run."""


class Marks:
    """Marks the drift of levels as it begins and ends, and says so on the bus first: twice is better than not at all.

    A level that is as it was costs no write.
    """

    def __init__(self, session: RunSession) -> None:
        self._session = session
        self._events: list[Event] = []
        self._levels: list[StockLevel] = []

    def add(self, before: StockLevel, now: Comparison) -> None:
        """Take a level that was `before` and is now as the comparison has it."""
        level = now.level
        if now.is_certain and now.differs and level.drift_since is None:
            begun = replace(level, drift_since=self._session.now())
            self._events.append(stock_drifted(Comparison(begun, now.record)))
            level = begun
        elif now.is_certain and not now.differs and level.drift_since is not None:
            self._events.append(stock_drifted(now, settled=True))
            level = replace(level, drift_since=None)
        if level != before:
            self._levels.append(level)
        if len(self._levels) >= MARKED_AT_ONCE:
            self.write()

    def write(self) -> None:
        """Publish and store what has been added; raises `LeaseLost`."""
        if not self._levels:
            return
        self._session.keep_lease()
        self._session.publish(self._events)
        self._session.levels.write(self._session.run, self._levels)
        self._events, self._levels = [], []


class Reconcile:
    """Compares the levels of the session's channel with those of record, pushes, and marks the drift that is left."""

    def __init__(self, session: RunSession) -> None:
        self._session = session
        self._marks = Marks(session)
        self._pushes = stock_settings(session.channel).push
        self._ranks = source_ranks(session.channels)
        # A channel without a part in keeping stock is read where somebody asks for it, and held against nothing.
        self._others = sorted(self._ranks.keys() - {session.name}) if takes_part(session.channel) else []
        self._distrusted = _distrusted(session, self._others)
        self._held_back: dict[str, int] = {}

    def everything(self) -> None:
        """All products of the channel; raises `PushesRefused` after all else has been done."""
        if self._others:
            self._reconcile(self._all_rows())

    def only(self, codes: Collection[str]) -> None:
        """These products, because they have just been sold."""
        if self._others:
            self._reconcile(self._some_rows(codes))

    # --- what there is to compare -------------------------------------------------------------------------------------

    def _all_rows(self) -> Iterator[_Row]:
        levels, name = self._session.levels, self._session.name
        kept = [((level.product_code, level) for level in levels.levels(each)) for each in (name, *self._others)]
        mapped = ((code, (value,)) for code, value in levels.products(self._session.channel))
        streams: list[Iterable[tuple[str, Any]]] = [mapped, *kept]
        for _, (value, *found) in side_by_side(*streams):
            by_channel = {level.channel: level for level in found if level is not None}
            if name in by_channel:
                yield (value[0] if value is not None else None), by_channel

    def _some_rows(self, codes: Collection[str]) -> Iterator[_Row]:
        levels, name = self._session.levels, self._session.name
        found = {each: levels.find(each, codes) for each in (name, *self._others)}
        mapped = levels.mapped(self._session.channel, codes)
        for code in sorted(found[name]):
            yield mapped.get(code), {each: found[each][code] for each in found if code in found[each]}

    # --- comparing ----------------------------------------------------------------------------------------------------

    def _reconcile(self, rows: Iterable[_Row]) -> None:
        plan = PushPlan()
        for value, levels in rows:
            comparison = compare(levels, self._ranks, self._session.name)
            if comparison is None:
                continue
            certain = comparison.is_certain and self._is_trusted(comparison)
            is_planned = self._pushes and self._plan(plan, value, comparison, certain=certain)
            if certain and not (is_planned and comparison.differs):
                self._marks.add(comparison.level, comparison)
        self._marks.write()
        self._note_held_back()
        self._push(plan)

    def _is_trusted(self, comparison: Comparison) -> bool:
        source = comparison.record.channel
        if source not in self._distrusted:
            return True
        if comparison.differs:
            self._held_back[source] = self._held_back.get(source, 0) + 1
        return False

    def _note_held_back(self) -> None:
        if self._pushes:
            for source, count in sorted(self._held_back.items()):
                self._session.report.note(source, f"{count} of its levels are not pushed: {self._distrusted[source]}")

    def _plan(self, plan: PushPlan, value: Any, comparison: Comparison, *, certain: bool) -> bool:
        """Whether the product is one that a push could reach."""
        if value is None:
            return False
        try:
            plan.consider(self._session.access.product_key(value), comparison, may_push=certain)
        except UnusableMapping:
            return False
        return True

    # --- pushing ------------------------------------------------------------------------------------------------------

    def _push(self, plan: PushPlan) -> None:
        targets, refused = plan.targets(), None
        while targets and self._session.report.sent < MAX_PUSHES_PER_RUN and refused is None:
            self._session.go_on()
            batch, targets = targets[:PUSHED_AT_ONCE], targets[PUSHED_AT_ONCE:]
            refused = self._push_batch(batch)
        if targets and refused is None:
            self._session.report.note(self._session.name, f"{len(targets)} products wait to be pushed by the next run")
        for target, reason in plan.disputed():
            self._note_problem(target, reason)
            targets.append(target)
        self._leave(targets)
        if refused is not None:
            raise PushesRefused(refused)

    def _push_batch(self, batch: Sequence[PushTarget]) -> str | None:
        """Push some products and store what is read back; why the platform takes no more, or None."""
        left = {target.product: target for target in batch}
        results: list[PushResult] = []
        for result in self._session.access.push(batch):
            results.append(result)
            target = left.pop(result.product)
            self._count(target, result)
            for comparison in target.comparisons:
                after = self._after(comparison.level, target, result)
                self._marks.add(comparison.level, Comparison(after, comparison.record))
        self._leave(left.values())
        return _why_no_more(results)

    def _leave(self, targets: Iterable[PushTarget]) -> None:
        """Mark what is not pushed now."""
        for target in targets:
            for comparison in target.comparisons:
                self._marks.add(comparison.level, comparison)
        self._marks.write()

    def _count(self, target: PushTarget, result: PushResult) -> None:
        report = self._session.report
        report.sent += 1
        if result.level == target.available:
            report.pushed += 1
            return
        said = "" if result.level is None else f"{target.available} was pushed, and it reads {result.level}"
        self._note_problem(
            target, "; ".join(part for part in (said, result.detail) if part) or "the push was not confirmed"
        )

    def _note_problem(self, target: PushTarget, detail: str) -> None:
        for comparison in target.comparisons:
            self._session.report.note(comparison.level.product_code, detail)

    def _after(self, level: StockLevel, target: PushTarget, result: PushResult) -> StockLevel:
        """The level once the push is over."""
        now = self._session.now()
        if result.was_sent:
            level = replace(level, pushed=target.available, pushed_at=now)
        if result.level is not None:
            return replace(level, available=result.level, as_of=now, warehouses=result.warehouses)
        if result.was_sent:
            # The platform may hold either level; the next read will tell.
            return replace(level, as_of=level.known_as_of(self._session.run.read_at), unread_since=now)
        return level


def _why_no_more(results: Sequence[PushResult]) -> str | None:
    """Why no further push should be sent after these; None where one may."""
    for result in results:
        if result.refused:
            return result.detail or "the platform takes no pushes now"
    sent = [result for result in results if result.was_sent]
    if sent and all(result.level is None for result in sent):
        return f"nothing that was pushed could be confirmed: {sent[-1].detail}"
    return None


def _distrusted(session: RunSession, sources: Collection[str]) -> dict[str, str]:
    """The sources whose levels must not be pushed, with the reason."""
    runs = session.runs.read(sources)
    paused = {channel.name for channel in session.channels if channel.state == "paused"}
    found: dict[str, str] = {}
    for source in sources:
        reason = runs.get(source, StockRun(source)).distrust(session.clock())
        if source in paused:
            reason = "the channel is paused"
        if reason is not None:
            found[source] = reason
    return found
