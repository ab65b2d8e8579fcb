"""What the steps of one run share: the channel, the lease on it, the time that is left, and the report."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

from orderbridge.domain.channels import Channel
from orderbridge.domain.events import Event
from orderbridge.domain.stock_runs import RunReport, StockRun
from orderbridge.domain.times import Clock, to_iso
from orderbridge.ports_stock import StockAccess, StockLevels, StockRuns

T = TypeVar("T")


class OutOfTime(Exception):
    """The invocation's time is over; another one goes on where this one stopped."""


@dataclass(slots=True)
class RunSession:
    """One run of one channel, for as long as this invocation works on it."""

    channel: Channel
    channels: Sequence[Channel]
    """All channels: the sources among them say what is right."""
    access: StockAccess
    levels: StockLevels
    runs: StockRuns
    publish: Callable[[Sequence[Event]], None]
    clock: Clock
    seconds_left: Callable[[], float]
    run: StockRun
    report: RunReport = field(default_factory=RunReport)

    @property
    def name(self) -> str:
        return self.channel.name

    def now(self) -> str:
        return to_iso(self.clock())

    def save(self, **changes: Any) -> None:
        """Store the run with these changes; raises `LeaseLost`."""
        self.run = self.runs.save(replace(self.run, **changes))

    def go_on(self) -> None:
        """Before each further step: raises `OutOfTime`, or `LeaseLost` where the lease could not be prolonged."""
        if self.seconds_left() <= 0:
            raise OutOfTime
        self.keep_lease()

    def keep_lease(self) -> None:
        """Prolong the lease where little of it is left; raises `LeaseLost`."""
        renewed = self.run.renewed(self.clock())
        if renewed is not self.run:
            self.run = self.runs.save(renewed)


def side_by_side(*streams: Iterable[tuple[str, T]]) -> Iterator[tuple[str, list[T | None]]]:
    """Streams of (key, value), each in the order of its keys, as one: every key once, with each stream's value or None.

    Holds one item of each stream at a time.
    """
    tagged = (_tagged(stream, place) for place, stream in enumerate(streams))
    for key, found in groupby(heapq.merge(*tagged, key=itemgetter(0)), key=itemgetter(0)):
        values: list[T | None] = [None] * len(streams)
        for _, place, value in found:
            values[place] = value
        yield key, values


def _tagged(stream: Iterable[tuple[str, T]], place: int) -> Iterator[tuple[str, int, T]]:
    return ((key, place, value) for key, value in stream)
