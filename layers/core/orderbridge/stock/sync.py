"""One run of the stock sync: a channel's levels read to the end, taken over, brought to those of record.

A run reads the platform's whole list, then writes what changed, then pushes. It ends for now when the invocation's time
is over, and the next invocation goes on. It may die anywhere: what it has written is right, its lease ends by itself,
and the next run does the rest. Of two runs at once on a channel one yields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from orderbridge.channels.channel import Channel
from orderbridge.stock.applying import ApplyReadings
from orderbridge.stock.lists import Snapshot, StockReadFailed
from orderbridge.stock.ports import StockAccess, StockLevels, StockPlatforms, StockRuns
from orderbridge.stock.pushing import PushesRefused, Reconcile
from orderbridge.stock.runs import SOLD_REMEMBERED, Progress, RunReport, StockRun, source_ranks
from orderbridge.stock.session import GuardedAccess, OutOfTime, RunSession
from orderbridge.values.events import Event
from orderbridge.values.leases import FREE, LeaseLost
from orderbridge.values.text import bounded
from orderbridge.values.times import Clock

PAGES_PER_PRODUCT_READ_FIRST = 10
"""Products that have just been sold are read one by one first where that adds at most this share to a run's calls."""

RunState = Literal["done", "aborted", "continues", "busy"]


@dataclass(frozen=True, slots=True)
class RunResult:
    """What became of a run. `continues`: its time was over; `busy`: another run is at work on the channel."""

    channel: str
    state: RunState
    report: RunReport

    @property
    def ok(self) -> bool:
        return self.state != "aborted"


@dataclass(frozen=True, slots=True)
class SyncStock:
    """Runs, or goes on with, the sync of one channel."""

    levels: StockLevels
    runs: StockRuns
    platforms: StockPlatforms
    publish: Callable[[Sequence[Event]], None]
    clock: Clock
    new_run_id: Callable[[], str]

    def __call__(
        self, channel: Channel, channels: Sequence[Channel], seconds_left: Callable[[], float], *, restart: bool = False
    ) -> RunResult:
        """One step of the channel's run, as far as the time allows.

        `channels` are all there are; the sources among them say what is right. `restart` forgets an unfinished run's
        progress. Raises for what the next run can cure: the table or the bus did not answer.
        """
        if channel.state == "paused":
            return _aborted(channel, f"the channel is paused: {channel.paused_reason or 'no reason was given'}")
        report = RunReport()
        run = self._claim(channel.name, report, restart=restart)
        if run is None:
            return RunResult(channel.name, "busy", RunReport())
        try:
            with self.platforms.open(channel, self.levels.sites(channel)) as access:
                session = self._session(channel, channels, GuardedAccess(access), run, report, seconds_left)
                return _Steps(session).run_to_end()
        except StockReadFailed as failed:
            # Raised by opening alone; what a step meets is handled there.
            with suppress(LeaseLost):
                self.runs.save(replace(run, lease=FREE, progress=None, failure=bounded(str(failed))))
            return _aborted(channel, str(failed))
        except LeaseLost:
            return RunResult(channel.name, "busy", RunReport())
        except Exception as failure:
            # A step that failed has given the channel back already; opening it has not.
            with suppress(Exception):
                self.runs.save(replace(run, lease=FREE, failure=_broken_off(failure)))
            raise

    def _claim(self, name: str, report: RunReport, *, restart: bool) -> StockRun | None:
        now = self.clock()
        kept = self.runs.read([name]).get(name, StockRun(name))
        if kept.lease.is_held(now):
            return None
        claimed = kept.claimed(self.new_run_id(), now)
        if kept.progress is not None and claimed.progress is None:
            report.note(name, f"the run of {kept.progress.began_at} did not come to its end, and is begun anew")
        try:
            return self.runs.save(replace(claimed, progress=None) if restart else claimed)
        except LeaseLost:
            return None

    def _session(
        self,
        channel: Channel,
        channels: Sequence[Channel],
        access: StockAccess,
        run: StockRun,
        report: RunReport,
        seconds_left: Callable[[], float],
    ) -> RunSession:
        return RunSession(
            channel=channel,
            channels=channels,
            access=access,
            levels=self.levels,
            runs=self.runs,
            publish=self.publish,
            clock=self.clock,
            seconds_left=seconds_left,
            run=run,
            report=report,
        )


@dataclass(slots=True)
class _Steps:
    session: RunSession
    snapshot: Snapshot | None = None
    has_read: bool = False
    """Whether the run's list is read and taken over, so that only pushing is left."""

    def run_to_end(self) -> RunResult:
        """All steps that are left; raises `LeaseLost`, and whatever table and bus raise, once the channel is free."""
        try:
            return self._run()
        except LeaseLost:
            raise
        except Exception as failure:
            with suppress(Exception):
                reason = _broken_off(failure)
                self._end("aborted", reason, failure=self.session.run.failure if self.has_read else reason)
            raise

    def _run(self) -> RunResult:
        session, progress = self.session, self.session.run.progress
        if progress is not None:
            session.report = RunReport.from_document(progress.report)
            self.has_read = progress.phase == "pushing"
        try:
            if not self.has_read:
                self._read_and_apply(progress)
            Reconcile(session).everything()
        except OutOfTime:
            return self._continue_later()
        except StockReadFailed as failed:
            return self._end("aborted", str(failed), failure=bounded(str(failed)))
        except PushesRefused as refused:
            return self._end("aborted", f"pushing stopped: {refused}", failure=self.session.run.failure)
        return self._end("done", None, failure=None)

    def _end(self, state: RunState, problem: str | None, *, failure: str | None) -> RunResult:
        session = self.session
        if problem is not None:
            session.report.note(session.name, problem)
        session.save(lease=FREE, progress=None, failure=failure)
        return RunResult(session.name, state, session.report)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read_and_apply(self, progress: Progress | None) -> None:
        session = self.session
        self._read_sold_first(is_long=progress is not None)
        self.snapshot = snapshot = self._snapshot(progress)
        while not snapshot.is_complete:
            session.go_on()
            snapshot.add(session.access.page(snapshot.position))
        applying = ApplyReadings(session)
        asked_to = applying.confirm(snapshot)
        sold = applying.apply(snapshot)
        session.save(
            read_at=snapshot.began_at,
            failure=None,
            pages=snapshot.pages,
            sold=sold,
            asked_to=asked_to,
            progress=self._progress("pushing", snapshot.began_at),
        )
        self.snapshot, self.has_read = None, True

    def _snapshot(self, progress: Progress | None) -> Snapshot:
        session = self.session
        if progress is not None and progress.snapshot_id is not None:
            kept = session.runs.kept_snapshot(session.name, progress.snapshot_id, progress.parts)
            if kept is not None:
                return kept
        return Snapshot(session.now())

    def _read_sold_first(self, *, is_long: bool) -> None:
        """Refresh what has just been sold, here or at a source, before a list that takes long to read."""
        session = self.session
        sold = list(dict.fromkeys(self._sold()))[:SOLD_REMEMBERED]
        costs_little = len(sold) * PAGES_PER_PRODUCT_READ_FIRST <= session.run.pages
        if sold and session.access.reads_single_products and (is_long or costs_little):
            ApplyReadings(session).refresh(sold)
            Reconcile(session).only(sold)

    def _sold(self) -> Iterator[str]:
        runs = self.session.runs.read(source_ranks(self.session.channels).keys() - {self.session.name})
        yield from self.session.run.sold
        for name in sorted(runs):
            yield from runs[name].sold

    # --- stopping -----------------------------------------------------------------------------------------------------

    def _continue_later(self) -> RunResult:
        session, snapshot = self.session, self.snapshot
        progress = session.run.progress
        if snapshot is not None:
            parts = session.runs.keep_snapshot(session.name, session.run.lease.holder or "", snapshot)
            progress = self._progress("reading", snapshot.began_at, session.run.lease.holder, parts)
        elif progress is not None:
            progress = replace(progress, report=session.report.document(), put_down_at=session.now())
        session.save(lease=FREE, progress=progress)
        return RunResult(session.name, "continues", session.report)

    def _progress(
        self, phase: Literal["reading", "pushing"], began_at: str, snapshot_id: str | None = None, parts: int = 0
    ) -> Progress:
        return Progress(phase, began_at, self.session.report.document(), snapshot_id, parts, self.session.now())


def _broken_off(failure: Exception) -> str:
    return f"the run broke off: {type(failure).__name__}"


def _aborted(channel: Channel, reason: str) -> RunResult:
    report = RunReport()
    report.note(channel.name, reason)
    return RunResult(channel.name, "aborted", report)
