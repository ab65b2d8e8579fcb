"""A worker's part of a channel's `rate_limit` for orders: the limit by the workers, without a shared counter."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from decimal import Decimal

SHARE_OF_RATE = Decimal("0.8")
"""What the syncs leave (`pace`)."""

LONGEST_WAIT_SECONDS = 15.0
"""A slower account answers 429 at times, which is handled; a worker that sleeps longer would run into its timeout."""


class Turns:
    """When the next order may go to each channel; at most `workers` send at the same time. Safe between threads."""

    def __init__(
        self,
        workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._workers = workers
        self._clock = clock
        self._sleep = sleep
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, channel: str, rate_limit: Decimal | None) -> None:
        """Return when this worker may send its next order to the channel; at once where it has no `rate_limit`."""
        if rate_limit is None:
            return
        between = float(self._workers / (rate_limit * SHARE_OF_RATE))
        with self._lock:
            now = self._clock()
            turn = min(max(self._next.get(channel, now), now), now + LONGEST_WAIT_SECONDS)
            self._next[channel] = turn + between
        if turn > now:
            self._sleep(turn - now)
