"""Time and chance: one virtual clock, and workers that take their steps one at a time in an order that a seed draws.

A worker is a thread that runs only while it holds the turn. It gives the turn away at every step (a call to AWS, to a
platform, to a receiver), so that every interleaving of steps can come, and the same seed brings the same one again.
At a step it may also end, as a process that is killed does.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

STEP = timedelta(milliseconds=2)
"""How long a step takes."""


class Died(BaseException):
    """The process ended here; nobody catches it, as nobody catches a SIGKILL."""


def closed_lock() -> threading.Lock:
    """A lock that is taken already: whoever waits for it is let go by somebody else."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False, slots=True)
class Worker:
    """One worker: what it does, and how that ended. `skew` is how far its own clock is off."""

    name: str
    act: Callable[[], Any]
    on_end: Callable[[Worker], None]
    ends_at: datetime | None = None
    skew: timedelta = timedelta()
    wakes_at: datetime | None = None
    is_killed: bool = False
    result: Any = None
    failure: BaseException | None = None
    turn: threading.Lock = field(default_factory=closed_lock)


def _require_life(worker: Worker) -> None:
    if worker.is_killed:
        raise Died


class _Thread:
    """A thread that runs one worker after the other."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._work = closed_lock()
        self.worker: Worker | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def begin(self, worker: Worker) -> None:
        self.worker = worker
        self._work.release()

    def _run(self) -> None:
        while True:
            self._work.acquire()
            worker = self.worker
            if worker is None:
                return
            worker.turn.acquire()
            try:
                _require_life(worker)
                worker.result = worker.act()
            except BaseException as failure:  # noqa: BLE001 - how it ended is for whoever started it
                worker.failure = failure
            self._machine.ended(worker, self)


class Machine:
    """The clock and the workers of one run."""

    def __init__(self, now: datetime, seed: int) -> None:
        self.now = self._began = now
        self.draw = random.Random(seed)
        self.struck: Counter[str] = Counter()
        """How often each kind of harm was done."""
        self.steps = 0
        self.before_step: Callable[[str, Worker], None] = lambda _name, _worker: None
        """Asked at every step of a worker; may raise `Died`."""
        self._workers: list[Worker] = []
        self._current: Worker | None = None
        self._back = closed_lock()
        self._ended: list[Worker] = []
        self._threads: list[_Thread] = []

    # --- time ---------------------------------------------------------------------------------------------------------

    def clock(self) -> datetime:
        """The time as whoever asks has it: a worker's own clock may be off."""
        return self.now if self._current is None else self.now + self._current.skew

    def true_clock(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        """The time for those who count in seconds."""
        return self.now.timestamp()

    @property
    def ran_for(self) -> float:
        """How many seconds have passed."""
        return (self.now - self._began).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Let others go on until so many seconds have passed."""
        worker = self._current
        if worker is None:
            self.now += timedelta(seconds=seconds)
            return
        wakes_at = self.now + timedelta(seconds=seconds)
        # Whoever sleeps longer than its function may run is ended in its sleep.
        worker.wakes_at = wakes_at if worker.ends_at is None else min(wakes_at, worker.ends_at + STEP)
        self._give_turn_away(worker)

    # --- workers ------------------------------------------------------------------------------------------------------

    def start(
        self,
        name: str,
        act: Callable[[], Any],
        on_end: Callable[[Worker], None] = lambda _worker: None,
        *,
        seconds: float | None = None,
        skew: timedelta = timedelta(),
    ) -> Worker:
        """A worker that will take its steps; `on_end` is told of its end, and after `seconds` it is killed."""
        ends_at = None if seconds is None else self.now + timedelta(seconds=seconds)
        worker = Worker(name, act, on_end, ends_at, skew)
        self._workers.append(worker)
        thread = self._threads.pop() if self._threads else _Thread(self)
        thread.begin(worker)
        return worker

    @property
    def current(self) -> Worker | None:
        return self._current

    @property
    def workers(self) -> list[Worker]:
        return self._workers

    @property
    def next_wake(self) -> datetime | None:
        """When the next sleeper wakes, where all sleep; None where somebody could go on now, or nobody is there."""
        if not self._workers or any(self._is_ready(worker) for worker in self._workers):
            return None
        return min(worker.wakes_at for worker in self._workers if worker.wakes_at is not None)

    def run_one(self) -> bool:
        """Let a worker go on until one has ended or all sleep; False where nobody can."""
        worker = self._drawn()
        if worker is None:
            return False
        self._current = worker
        worker.turn.release()
        self._back.acquire()
        while self._ended:
            each = self._ended.pop()
            each.on_end(each)
        return True

    def step(self, name: str) -> None:
        """A step of the present worker, of this name: it may end here, and others may go on before it does."""
        worker = self._current
        if worker is None:
            return
        self.now += STEP
        self.steps += 1
        self._require_life(worker)
        self.before_step(name, worker)
        if len(self._workers) > 1:
            self._give_turn_away(worker)

    def kill(self, worker: Worker) -> None:
        """End a worker at its next step."""
        worker.is_killed, worker.wakes_at = True, None

    def ended(self, worker: Worker, thread: _Thread) -> None:
        """Called by a thread whose worker has ended."""
        self._workers.remove(worker)
        self._threads.append(thread)
        self._ended.append(worker)
        self._current = None
        self._back.release()

    def close(self) -> None:
        """End all threads; workers that are left are killed."""
        while self._workers:
            for worker in self._workers:
                self.kill(worker)
            self.run_one()
        for thread in self._threads:
            thread.worker = None
            thread._work.release()  # noqa: SLF001 - its own

    def _is_ready(self, worker: Worker) -> bool:
        return worker.wakes_at is None or worker.wakes_at <= self.now

    def _drawn(self) -> Worker | None:
        ready = [worker for worker in self._workers if self._is_ready(worker)]
        return self.draw.choice(ready) if ready else None

    def _give_turn_away(self, worker: Worker) -> None:
        chosen = self._drawn()
        if chosen is not worker:
            self._current = chosen
            (self._back if chosen is None else chosen.turn).release()
            worker.turn.acquire()
        worker.wakes_at = None
        self._require_life(worker)

    def _require_life(self, worker: Worker) -> None:
        if worker.ends_at is not None and self.now > worker.ends_at:
            worker.is_killed = True
        _require_life(worker)
