"""The files in STATE/logs: engine.log, one for each sandbox, and one for each function (`order-intake.log`)."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

LIMIT_BYTES = 32 * 1024 * 1024


class LogLimit:
    """Keeps every log file below a limit: a full one moves to `NAME.log.1` and begins again.

    Its writers hold it open for appending, so it is copied and emptied in place.
    """

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES, every_s: float = 5.0) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="log-limit", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(self._every_s):
            self.apply()

    def apply(self) -> None:
        """Moves away what is full now."""
        for log in self._folder.glob("*.log"):
            if log.stat().st_size > self._limit_bytes:
                shutil.copyfile(log, log.with_name(f"{log.name}.1"))
                with log.open("r+b") as file:
                    file.truncate(0)
