"""Bring what the platforms say about orders back to the orders.

A round goes through a channel's open forwards from the oldest order to the newest, in stretches of some days, and reads
the platform's lists of those days page by page. Once a day it takes those in that were completed lately: goods come
back, and an order may be cancelled after its end. Every row is true by itself, so it is taken in at once; a page that
is not read changes nothing, and that an order is on no list says nothing about it (traps D34). A row that cannot be
read is reported and left out; so is what fails in several runs in a row.

A round may take several runs: each stops in time, or where the platform does not answer as it should, and the next one
goes on at that page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from heapq import merge
from itertools import islice

from orderbridge.channels.channel import CREDENTIALS_REFUSED, RETURN_WINDOW_DAYS, Channel
from orderbridge.channels.ports import ChannelDirectory
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.forwarding.ports import OrderStore
from orderbridge.status.changes import StatusNews, StatusReading, take_in
from orderbridge.status.ports import (
    OpenForward,
    OpenForwards,
    StatusAccess,
    StatusPage,
    StatusPlatform,
    StatusQuery,
    StatusReadFailed,
    StatusRuns,
)
from orderbridge.status.runs import TRIES_PER_PAGE, StatusCursor, StatusReport, StatusRun
from orderbridge.status.seen import SeenReadings
from orderbridge.values.conflicts import TRIES, LostRace
from orderbridge.values.ids import ForwardKey
from orderbridge.values.leases import LeaseLost
from orderbridge.values.list_counts import ListCounts
from orderbridge.values.times import Clock, to_iso

FORWARDS_AT_ONCE = 20_000
"""How many open forwards are held in memory, some 15 MB (`python -m benchmarks.statuses`)."""

DAYS_ASKED_ABOUT = 120
"""After so long without an end an order's platform is not asked any more; its last status stays."""

MAX_ROWS_OF_A_LIST = 500_000
MOST_BLANK_PAGES = 10
"""A platform of whose list more pages than this in a row cannot be read says nothing about its orders."""


class OutOfTime(Exception):
    """The invocation's time is over; another one goes on where this one stopped."""


@dataclass(frozen=True, slots=True)
class SyncStatuses:
    """One run for one channel: as much of a round as there is time for."""

    open_forwards: OpenForwards
    orders: OrderStore
    channels: ChannelDirectory
    runs: StatusRuns
    clock: Clock
    new_run_id: Callable[[], str]
    seen: SeenReadings = field(default_factory=SeenReadings)
    forwards_at_once: int = FORWARDS_AT_ONCE

    def __call__(
        self,
        channel: Channel,
        platform: StatusPlatform,
        seconds_left: Callable[[], float],
        *,
        with_completed: bool = False,
    ) -> StatusReport:
        """What this run did; `with_completed` asks about completed orders now, and not when their day comes.

        Raises only where the store does not answer; what the platform does is in the report.
        """
        report = StatusReport(channel.name)
        run = self._begun(channel, report, with_completed=with_completed)
        if run is None:
            return report
        session = _Session(self, channel, platform, run, run.cursor or StatusCursor(), report, seconds_left)
        try:
            self.runs.save(self._worked(session))
        except LeaseLost:
            report.skipped = "another run took over"
        return report

    def _worked(self, session: _Session) -> StatusRun:
        """Do what there is time for; the run as it is to be put down. Raises `LeaseLost`."""
        report = session.report
        try:
            with session.platform.open(session.channel) as access:
                session.go_through(access)
        except OutOfTime:
            return session.run.stopped(session.cursor, None, None, self.clock())
        except StatusReadFailed as failed:
            report.ok = False
            report.note(failed.reason)
            self._pause_if_refused(session.channel, failed)
            return session.run.stopped(session.cursor, failed.reason, failed.retry_after, self.clock())
        except LeaseLost:
            raise
        except Exception as failure:
            # Ours, or a defect: the caller hears of it, and the channel is free for the next run.
            with suppress(Exception):
                reason = f"the run broke off: {type(failure).__name__}"
                self.runs.save(session.run.stopped(session.cursor, reason, None, self.clock()))
            raise
        report.finished = True
        return session.run.finished(self.clock())

    def _begun(self, channel: Channel, report: StatusReport, *, with_completed: bool) -> StatusRun | None:
        run, now = self.runs.read(channel.name), self.clock()
        report.skipped = "the channel is paused" if channel.state == "paused" else run.blocked(now)
        if report.skipped is not None:
            return None
        try:
            return self.runs.save(run.begun(self.new_run_id(), now, with_completed=with_completed))
        except LeaseLost:
            report.skipped = "another run is at work"
            return None

    def _pause_if_refused(self, channel: Channel, failed: StatusReadFailed) -> None:
        if not failed.credentials:
            return
        reason = f"{CREDENTIALS_REFUSED}: {failed.reason}"
        self.channels.pause(channel, reason, to_iso(self.clock()))


@dataclass(slots=True)
class _Session:
    """One run, for as long as it lasts."""

    sync: SyncStatuses
    channel: Channel
    platform: StatusPlatform
    run: StatusRun
    cursor: StatusCursor
    report: StatusReport
    seconds_left: Callable[[], float]
    _page_before: frozenset[str] = field(default_factory=frozenset)
    _blank_pages: int = 0
    _counts: ListCounts = field(default_factory=ListCounts)

    def go_through(self, access: StatusAccess) -> None:
        """Stretch by stretch to the newest order; `cursor` says at any time what is done."""
        while True:
            if self.seconds_left() <= 0:
                raise OutOfTime
            stretch = self._stretch()
            if stretch:
                self._read_lists(access, stretch)
            elif self.cursor.stretch_end is None:
                return
            self.cursor = self.cursor.next_stretch()

    def _stretch(self) -> Sequence[OpenForward]:
        """The open forwards that are looked at now: those of the cursor's stretch, or of the next one."""
        both = merge(self._open(), self._completed(), key=lambda forward: forward.since)
        found = list(islice(both, self.sync.forwards_at_once))
        if self.cursor.stretch_end is not None:
            return [forward for forward in found if forward.since <= self.cursor.stretch_end]
        if not found:
            return found
        last_day = found[0].day + timedelta(days=self.platform.days_at_once - 1)
        stretch = [forward for forward in found if forward.day <= last_day]
        self.cursor = replace(
            self.cursor, stretch_end=stretch[-1].since, lists=tuple(self.platform.lists), position=0, failures=0
        )
        return stretch

    def _open(self) -> Iterable[OpenForward]:
        return self.sync.open_forwards.open_forwards(
            self.channel, self._behind(DAYS_ASKED_ABOUT), self.sync.forwards_at_once
        )

    def _completed(self) -> Iterable[OpenForward]:
        days = int(self.channel.settings.get("return_window_days", RETURN_WINDOW_DAYS))
        if not self.cursor.with_completed or not days:
            return ()
        behind = self._behind(DAYS_ASKED_ABOUT + days)
        since = to_iso(self.sync.clock() - timedelta(days=days))
        return self.sync.open_forwards.completed_forwards(self.channel, behind, self.sync.forwards_at_once, since)

    def _behind(self, days: int) -> str:
        """From where on forwards are asked about: from where the round is, and no order older than so many days."""
        return max(self.cursor.passed, (self.sync.clock() - timedelta(days=days)).date().isoformat())

    def _read_lists(self, access: StatusAccess, stretch: Sequence[OpenForward]) -> None:
        keys = {forward.external_id: forward.key for forward in stretch}
        query = StatusQuery(stretch[0].day, stretch[-1].day, tuple(keys))
        while self.cursor.lists:
            self._keep()
            page = self._page(access, query)
            if page is None:
                continue
            self.report.pages += 1
            self.report.leave_out(self._place(), page.unread)
            self._take(page.readings, keys)
            if page.instead:
                lists = (*page.instead, *self.cursor.lists[1:])
                self.cursor = replace(self.cursor, lists=lists, position=0, failures=0)
            else:
                self.cursor = self.cursor.moved_to(self._end(page)) if page.has_more else self.cursor.next_list()

    def _place(self) -> str:
        return f"{self.cursor.lists[0]}, from row {self.cursor.position + 1}"

    def _end(self, page: StatusPage) -> int:
        return self.cursor.position + 1 if page.next_position is None else page.next_position

    def _keep(self) -> None:
        """Before each page: stop in time, and now and then prolong the lease and put down how far we are."""
        if self.seconds_left() <= 0:
            raise OutOfTime
        lease = self.run.lease.renewed(self.sync.clock())
        if lease is not self.run.lease:
            self.run = self.sync.runs.save(replace(self.run, lease=lease, cursor=self.cursor))

    def _page(self, access: StatusAccess, query: StatusQuery) -> StatusPage | None:
        """The page at the cursor; None where it is left out, since it failed in several runs: it, or all behind it."""
        try:
            page = self._read(access, query)
            self._require_new(page)
        except StatusReadFailed as failed:
            self.report.failed_pages += 1
            self.cursor = replace(self.cursor, failures=self.cursor.failures + 1)
            if failed.credentials or self.cursor.failures < TRIES_PER_PAGE:
                raise
            rest = "the rest of this list is left out" if failed.next_position is None else "it is left out"
            self.report.note(f"{self._place()}: {failed.reason}; {rest} this time")
            if failed.next_position is None:
                self.cursor = self.cursor.next_list()
            else:
                self.cursor = self.cursor.moved_to(failed.next_position)
            return None
        return page

    def _read(self, access: StatusAccess, query: StatusQuery) -> StatusPage:
        try:
            return access.page(query, self.cursor.lists[0], self.cursor.position)
        except StatusReadFailed:
            raise
        except Exception as failure:
            # A defect of ours that an answer brought to light; its message may quote the answer.
            raise StatusReadFailed(f"the page could not be read: {type(failure).__name__}") from failure

    def _require_new(self, page: StatusPage) -> None:
        """Raises `StatusReadFailed` where the list cannot be as the platform says; pages are compared within a run."""
        position, ids = self.cursor.position, frozenset(reading.external_id for reading in page.readings)
        if not position:
            self._page_before, self._blank_pages, self._counts = frozenset(), 0, ListCounts()
        if page.has_more and position >= MAX_ROWS_OF_A_LIST:
            raise StatusReadFailed(f"the list does not end within {MAX_ROWS_OF_A_LIST} rows")
        self._blank_pages = self._blank_pages + 1 if page.unread and not ids else 0
        if self._blank_pages > MOST_BLANK_PAGES:
            raise StatusReadFailed(f"{self._blank_pages} pages in a row cannot be read: {page.unread[0]}")
        self._counts.note(page.total, len(ids & self._page_before))
        if ids and ids <= self._page_before and self._counts.is_repeating:
            raise StatusReadFailed("a page repeats the page before")
        rows = len(page.readings) + len(page.unread)
        total = self._counts.least if page.total is None else page.total
        if not page.has_more and total is not None and position + rows < total:
            raise StatusReadFailed(f"the list ended after {position + rows} of {total} rows")
        self._page_before = ids

    def _take(self, readings: Sequence[StatusReading], keys: Mapping[str, ForwardKey]) -> None:
        """Take in what a page says of our orders; only those of which it says something else than before are read."""
        matched = [reading for reading in readings if reading.external_id in keys]
        self.report.rows += len(readings)
        self.report.matched += len(matched)
        seen, place = self.sync.seen, (self.channel.name, self.cursor.lists[0])
        new = [reading for reading in matched if not seen.has(*place, reading)]
        found = self.sync.open_forwards.read([keys[reading.external_id] for reading in new]) if new else ()
        forwards = {forward.forward_key: forward for forward in found}
        for reading in new:
            key = keys[reading.external_id]
            if key in forwards:
                forwards[key] = self._taken_in(forwards[key], reading)

    def _taken_in(self, forward: Forward, reading: StatusReading) -> Forward:
        """The forward after the reading. Somebody else may write it meanwhile: then it is read again."""
        for _ in range(TRIES):
            try:
                news = take_in(forward, reading, self.platform.table, self.sync.clock())
            except Exception as failure:  # noqa: BLE001 - one odd row is one order's trouble
                self.report.leave_out(self._place(), [f"order {forward.external_id}: {type(failure).__name__}"])
                return forward
            try:
                if news is not None:
                    forward = self._saved(news)
            except LostRace:
                record = self.sync.orders.read_forward(forward.forward_key)
                if record is None:
                    return forward
                forward = record.forward
                continue
            if forward.state is ForwardState.SENT:
                self.sync.seen.note(self.channel.name, self.cursor.lists[0], reading)
            return forward
        return forward

    def _saved(self, news: StatusNews) -> Forward:
        saved = self.sync.orders.save(news.transition)
        self.report.changed += 1
        if news.after_completion is not None:
            self.report.note(f"order {saved.code} was COMPLETED, and is {news.after_completion}")
        for words in news.unknown:
            self.report.note_unknown(words)
        return saved
