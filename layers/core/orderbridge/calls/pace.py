"""Spaces calls to one account out in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

CALLS_PER_SECOND = Decimal(5)
"""How often a sync asks an account whose channel names no `rate_limit`."""

SHARE_OF_RATE = Decimal("0.1")
"""Each sync's part of a channel's `rate_limit`; there are two, and the rest belongs to the orders (`turns`)."""


class Pace:
    """Lets calls begin at most `per_second` times a second; None: whenever they like. For one thread."""

    def __init__(
        self,
        per_second: Decimal | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds_between = float(1 / per_second) if per_second is not None else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = float("-inf")

    def wait(self) -> None:
        """Return when the next call may begin."""
        now = self._clock()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(self._next, now) + self._seconds_between


def pace_beside_orders(
    rate_limit: Decimal | None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Pace:
    """How fast a sync may ask a channel with this `rate_limit`."""
    return Pace(CALLS_PER_SECOND if rate_limit is None else rate_limit * SHARE_OF_RATE, clock, sleep)
