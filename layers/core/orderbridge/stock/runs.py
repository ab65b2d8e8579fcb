"""Runs of the stock sync: who holds a channel's run, how far it has come, and what it has to report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from orderbridge.channels.channel import Channel, StockSettings
from orderbridge.values.leases import FREE, Lease
from orderbridge.values.text import bounded
from orderbridge.values.times import from_iso

PROGRESS_KEPT_SECONDS = 3 * 3600
"""After so long without a further step a run is given up, and the next one begins again."""

SOURCE_TRUSTED_SECONDS = 24 * 3600
"""A level that was read longer ago is pushed nowhere; so a list that takes longer to read is of no use either."""

MAX_PROBLEMS = 200
SOLD_REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person may have to look at: a product (or a channel) and what is wrong with it."""

    key: str
    detail: str


@dataclass(slots=True)
class RunReport:
    """What a channel's run has done so far.

    `read` counts the mapped products whose level was readable, `sent` the pushes that were tried, `pushed` those that
    were read back as they were meant.
    """

    read: int = 0
    changed: int = 0
    sent: int = 0
    pushed: int = 0
    problems: list[Problem] = field(default_factory=list)
    unlisted_problems: int = 0

    def note(self, key: str, detail: str) -> None:
        """Note a problem; of more than `MAX_PROBLEMS` only the number is kept."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(key, bounded(detail)))
        else:
            self.unlisted_problems += 1

    def begin_applying(self) -> None:
        """Forget what the applying of the list has reported so far: it begins again from the first product."""
        self.read, self.problems, self.unlisted_problems = 0, [], 0

    def document(self) -> dict[str, Any]:
        """The report as JSON, to be gone on with."""
        return {
            "read": self.read,
            "changed": self.changed,
            "sent": self.sent,
            "pushed": self.pushed,
            "problems": [[problem.key, problem.detail] for problem in self.problems],
            "unlisted_problems": self.unlisted_problems,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> RunReport:
        """The report that `document` wrote."""
        problems = [Problem(*row) for row in document["problems"]]
        return cls(**{**document, "problems": problems})


Phase = Literal["reading", "pushing"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an unfinished run has come.

    While it is `reading`, its snapshot lies beside it in `parts` parts under `snapshot_id`.
    """

    phase: Phase
    began_at: str
    report: Mapping[str, Any]
    snapshot_id: str | None = None
    parts: int = 0
    put_down_at: str | None = None
    """When the invocation ended that has come so far."""

    def is_worth_going_on(self, now: datetime) -> bool:
        """Whether what it has read is not too old to be used.

        A slow channel's list takes hours to read, and every invocation brings it further; what counts is that one does.
        """
        idle = now - from_iso(self.put_down_at or self.began_at)
        age = now - from_iso(self.began_at)
        return idle <= timedelta(seconds=PROGRESS_KEPT_SECONDS) and age <= timedelta(seconds=SOURCE_TRUSTED_SECONDS)


@dataclass(frozen=True, slots=True)
class StockRun:
    """What is kept of a channel's runs. Times are ISO 8601 UTC; the holder of the lease is the run that is at work."""

    channel: str
    lease: Lease = FREE
    read_at: str | None = None
    """When the last read began that is applied completely."""
    failure: str | None = None
    """Why the last run could not read the channel's stock; None where it could."""
    pages: int = 0
    sold: tuple[str, ...] = ()
    """The products whose level fell in the last read, those that fell most first."""
    progress: Progress | None = None
    revision: int = 0
    asked_to: str | None = None
    """The last product whose warehouses were asked in turn, although the list reported nothing new of it."""

    def claimed(self, run_id: str, now: datetime) -> StockRun:
        """The run in the hands of `run_id`; progress that is too old is dropped."""
        progress = self.progress if self.progress is not None and self.progress.is_worth_going_on(now) else None
        return replace(self, lease=self.lease.taken(run_id, now), progress=progress)

    def renewed(self, now: datetime) -> StockRun:
        """The run with its lease prolonged; the very same value while there is enough of it left."""
        lease = self.lease.renewed(now)
        return self if lease is self.lease else replace(self, lease=lease)

    def distrust(self, now: datetime) -> str | None:
        """Why the channel's levels must not be pushed elsewhere; None where they may (invariant 7)."""
        if self.read_at is None:
            return "its stock has not been read yet"
        if self.failure is not None:
            return f"its last read failed: {self.failure}"
        if self.lease.is_abandoned(now):
            return "its last run did not end"
        if now - from_iso(self.read_at) > timedelta(seconds=SOURCE_TRUSTED_SECONDS):
            return f"its stock was last read at {self.read_at}"
        return None


def stock_settings(channel: Channel) -> StockSettings:
    """A channel's part in keeping stock."""
    return StockSettings.model_validate(channel.settings.get("stock") or {})


def takes_part(channel: Channel) -> bool:
    """Whether a channel feeds stock or receives it; another's stock is read only on request."""
    settings = stock_settings(channel)
    return settings.source or settings.push


def source_ranks(channels: Iterable[Channel]) -> dict[str, int]:
    """The rank of every channel that is a source, by its name."""
    return {each.name: settings.rank for each in channels if (settings := stock_settings(each)).source}


def in_order(channels: Iterable[Channel]) -> list[Channel]:
    """The channels as they are to be synced: sources by their rank, then those that only receive."""

    def place(channel: Channel) -> tuple[bool, int, str]:
        settings = stock_settings(channel)
        return not settings.source, settings.rank, channel.name

    return sorted(channels, key=place)
