"""Runs of the status sync: how far a channel's has come, and what it has to report.

A run goes through a channel's open forwards by the day of their orders, a stretch at a time, and reads every list of
the platform for the days of that stretch. It may stop after any page; the next one goes on there. What is read again
does no harm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from orderbridge.values.leases import FREE, Lease
from orderbridge.values.text import bounded
from orderbridge.values.times import after, from_iso, to_iso

MAX_PROBLEMS = 50
MAX_UNKNOWN_WORDS = 50
COMPLETED_EVERY = timedelta(days=1)
TRIES_PER_PAGE = 3
"""How many runs in a row may fail at one page before the rest of its list is left out."""


@dataclass(frozen=True, slots=True)
class StatusCursor:
    """Where a run is: in a stretch of open forwards, on one of the lists, at a position (the number of rows before it).

    `passed` is the `open_since` of the last forward of the stretches that are done, `stretch_end` that of the last one
    of the present stretch (None: it is still to be chosen), `lists` are those that are still to be read for it.
    `with_completed` says whether the round asks about completed orders too.
    """

    passed: str = ""
    stretch_end: str | None = None
    lists: tuple[str, ...] = ()
    position: int = 0
    failures: int = 0
    with_completed: bool = False

    def next_stretch(self) -> StatusCursor:
        return StatusCursor(passed=self.stretch_end or self.passed, with_completed=self.with_completed)

    def next_list(self) -> StatusCursor:
        return replace(self, lists=self.lists[1:], position=0, failures=0)

    def moved_to(self, position: int) -> StatusCursor:
        return replace(self, position=position, failures=0)

    def document(self) -> dict[str, Any]:
        """The cursor as plain values."""
        return {
            "passed": self.passed,
            "stretch_end": self.stretch_end,
            "lists": list(self.lists),
            "position": self.position,
            "failures": self.failures,
            "with_completed": self.with_completed,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> StatusCursor:
        """The cursor that `document` wrote."""
        return cls(
            document["passed"],
            document.get("stretch_end"),
            tuple(document["lists"]),
            # A cursor of before pages had sizes begins its list again, which does no harm.
            int(document.get("position", 0)),
            int(document["failures"]),
            bool(document.get("with_completed")),
        )


@dataclass(frozen=True, slots=True)
class StatusRun:
    """What is kept of a channel's runs. Times are ISO 8601 UTC."""

    channel: str
    lease: Lease = FREE
    cursor: StatusCursor | None = None
    """Where the next run goes on; None: from the oldest open order."""
    began_at: str | None = None
    """When the round began that is under way; None between two."""
    worked_at: str | None = None
    """When the last run began; the channel that has waited longest is next."""
    finished_at: str | None = None
    """When the last whole round ended."""
    completed_asked_at: str | None = None
    """When the last round began that asked about completed orders too."""
    not_before: str | None = None
    """Until when the platform wants to be left alone."""
    failure: str | None = None
    """Why the last run stopped early; None where it did not."""
    revision: int = 0

    def blocked(self, now: datetime) -> str | None:
        """Why no run may begin now; None where one may."""
        if self.lease.is_held(now):
            return "another run is at work"
        if self.not_before is not None and from_iso(self.not_before) > now:
            return f"the platform wants to be left alone until {self.not_before}"
        return None

    def begun(self, holder: str, now: datetime, *, with_completed: bool = False) -> StatusRun:
        """The run at work: it goes on with its round, or begins one.

        Once a day a round asks about completed orders too. `with_completed` wants that now, and a round that does not
        is begun again for it.
        """
        cursor, completed_asked_at = self.cursor, self.completed_asked_at
        if cursor is None or (with_completed and not cursor.with_completed):
            cursor = StatusCursor(with_completed=with_completed or self._are_completed_due(now))
            completed_asked_at = to_iso(now) if cursor.with_completed else completed_asked_at
        return replace(
            self,
            lease=self.lease.taken(holder, now),
            cursor=cursor,
            completed_asked_at=completed_asked_at,
            began_at=self.began_at or to_iso(now),
            worked_at=to_iso(now),
            not_before=None,
        )

    def _are_completed_due(self, now: datetime) -> bool:
        return self.completed_asked_at is None or now - from_iso(self.completed_asked_at) >= COMPLETED_EVERY

    def stopped(self, cursor: StatusCursor, failure: str | None, retry_after: float | None, now: datetime) -> StatusRun:
        """The run put down in the middle, to be gone on with."""
        return replace(
            self,
            lease=FREE,
            cursor=cursor,
            failure=None if failure is None else bounded(failure),
            not_before=None if retry_after is None else after(now, retry_after),
        )

    def finished(self, now: datetime) -> StatusRun:
        return replace(self, lease=FREE, cursor=None, began_at=None, finished_at=to_iso(now), failure=None)


@dataclass(slots=True)
class StatusReport:
    """What one run of one channel has done. `rows` counts what was read, `matched` those of them that are ours.

    `unread` counts the rows that could not be read, `failed_pages` the pages.
    `ok` is False where the run stopped because of the platform; `finished` says whether the round is complete.
    """

    channel: str
    ok: bool = True
    finished: bool = False
    skipped: str | None = None
    pages: int = 0
    rows: int = 0
    matched: int = 0
    changed: int = 0
    unread: int = 0
    failed_pages: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def note(self, problem: str) -> None:
        """Note something that a person may have to look at."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(bounded(problem))

    def leave_out(self, place: str, reasons: Sequence[str]) -> None:
        """Count rows that could not be read, and note each of their reasons once."""
        self.unread += len(reasons)
        for reason, count in Counter(reasons).items():
            self.note(f"{place}: {'a row' if count == 1 else f'{count} rows'} left out, not readable: {reason}")

    def note_unknown(self, words: str) -> None:
        """Count one order about which the platform said something that is in no table."""
        if words in self.unknown or len(self.unknown) < MAX_UNKNOWN_WORDS:
            self.unknown[words] += 1
