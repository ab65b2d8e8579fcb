"""The processes that the local stack runs functions in, and somebody who kills them at random moments."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

PROC = Path("/proc")
CAN_BE_FOUND = (PROC / "self" / "environ").exists()
OF_WHOM = {"-forward-": 14, "order-intake": 3, "event-publisher": 2, "sweeper": 1}
"""How often which functions are struck where all of an order's way is."""
STARTED_SECONDS = 1.0
"""After this a worker has started, and is at work or waits for it."""


def function_workers(stack_folder: Path, name: str = "") -> Iterator[tuple[int, str]]:
    """Process id and function of each worker of the stack in this folder whose function's name holds `name`."""
    for folder in PROC.glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue  # ended meanwhile, or somebody else's
        function = environment.partition("AWS_LAMBDA_FUNCTION_NAME=")[2].partition("\0")[0]
        if str(stack_folder) in environment and function and name in function:
            yield int(folder.name), function


def age_seconds(pid: int) -> float:
    """For how long a process has been running; 0 where it has ended."""
    try:
        started = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return 0.0
    up = float((PROC / "uptime").read_text().split()[0])
    return up - int(started) / os.sysconf("SC_CLK_TCK")


def kill(pid: int) -> bool:
    """kill -9; whether there was something to kill."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class Killer:
    """Kills a worker drawn at random, again and again, until the end of the `with` block or `most` kills.

    `shares` says how often which functions are struck, by a part of their names. `kills` counts them by function; each
    waits for 0 to 2 times `pause_s`. Who has only begun to start is spared: its killing would be no more than a pause.
    """

    def __init__(self, stack_folder: Path, seed: int, *, shares: Mapping[str, int], most: int, pause_s: float) -> None:
        self.kills: Counter[str] = Counter()
        self._folder = stack_folder
        self._draw = random.Random(seed)
        self._shares = shares
        self._most = most
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="killer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join()

    def wait(self) -> None:
        """Return when all kills are done."""
        self._thread.join()

    def _work(self) -> None:
        while self.kills.total() < self._most and not self._stopping.wait(self._draw.uniform(0, 2 * self._pause_s)):
            (name,) = self._draw.choices(list(self._shares), list(self._shares.values()))
            workers = sorted(
                each for each in function_workers(self._folder, name) if age_seconds(each[0]) > STARTED_SECONDS
            )
            if workers:
                pid, function = self._draw.choice(workers)
                self.kills[function] += kill(pid)
