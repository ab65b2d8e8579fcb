"""A worker's part of a channel's `rate_limit` for orders: the limit by the workers, without a shared counter.

An order's turn is one visit to the platform: the create call, a look, a cancel, a search for mappings. The pages within
a look are not counted; looks are rare, and far apart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from decimal import Decimal

SHARE_OF_RATE = Decimal("0.8")
"""What the syncs leave (`pace`)."""

LONGEST_WAIT_SECONDS = 5.0
"""For a turn further ahead an order is put back: a worker that sleeps is one that no other channel has."""


class Turns:
    """When each channel may be called next; at most `workers` call at the same time. Safe between threads."""

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

    def take(self, channel: str, rate_limit: Decimal | None) -> float:
        """0 once it is this worker's turn at the channel; or in how many seconds it is, where that is too far ahead.

        A turn too far ahead is not taken. Without a `rate_limit` it is always this worker's turn.
        """
        if rate_limit is None:
            return 0.0
        between = float(self._workers / (rate_limit * SHARE_OF_RATE))
        with self._lock:
            now = self._clock()
            turn = max(self._next.get(channel, now), now)
            if turn - now > LONGEST_WAIT_SECONDS:
                return turn - now
            self._next[channel] = turn + between
        if turn > now:
            self._sleep(turn - now)
        return 0.0
