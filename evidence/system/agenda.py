"""What is to happen when: once, or again and again."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

from evidence.processes.machine import Machine


class Agenda:
    """What somebody will begin at a time of the machine's clock."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._entries: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._routines: set[int] = set()
        """The numbers of what comes again and again."""

    def later(self, seconds: float, act: Callable[[], None]) -> int:
        """Have something happen in so many seconds; its number."""
        number = next(self._numbers)
        heapq.heappush(self._entries, (self._machine.now + timedelta(seconds=seconds), number, act))
        return number

    def every(self, seconds: float, first: float, act: Callable[[], None]) -> None:
        """Have something happen in `first` seconds, and then every so many."""

        def again() -> None:
            act()
            self._routines.add(self.later(seconds, again))

        self._routines.add(self.later(first, again))

    def begin_due(self) -> None:
        """Have everything happen whose time has come."""
        while self._entries and self._entries[0][0] <= self._machine.now:
            heapq.heappop(self._entries)[2]()

    @property
    def next_at(self) -> datetime | None:
        return self._entries[0][0] if self._entries else None

    @property
    def is_routine(self) -> bool:
        """Whether nothing is on it but what comes again and again."""
        return all(number in self._routines for _, number, _ in self._entries)
