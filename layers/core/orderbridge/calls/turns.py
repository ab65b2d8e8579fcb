"""When an order may go to a channel: at its `rate_limit`, and slower where its calls hold workers for long.

An order's turn is one visit to the platform: the create call, a look, a cancel, a search for mappings. The pages within
a look are not counted; looks are rare, and far apart. All workers take their turns from one book, so that however many
there are, together they keep to the limit. Whose channel needs no turns never opens it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from orderbridge.channels.channel import Channel

SHARE_OF_RATE = Decimal("0.8")
"""What the syncs leave (`pace`)."""

SLOW_PART = 4
"""One in so many of a platform's workers, and one at least, a channel may hold whose calls take long."""

LONGEST_WAIT_SECONDS = 5.0
"""For a turn further ahead an order is put back: a worker that sleeps is one that no other channel has."""


class TurnBook(Protocol):
    """The next free turn of each channel, in seconds since 1970."""

    def next_turn(self, channel: Channel, now: float, between: float, latest: float) -> float:
        """Take the channel's next turn and say when it is; one after `latest` is not taken.

        It is now, or so many seconds after the last one that was taken.
        """
        ...


@dataclass(slots=True)
class OwnTurnBook:
    """A book of this process alone. Safe between threads."""

    _last: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_turn(self, channel: Channel, now: float, between: float, latest: float) -> float:
        with self._lock:
            turn = max(self._last.get(channel.name, now - between) + between, now)
            if turn <= latest:
                self._last[channel.name] = turn
            return turn


class Turns:
    """When each channel may be called next; `workers` is how many call a platform at the same time."""

    def __init__(
        self,
        book: TurnBook | None = None,
        workers: int = 1,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._book = book or OwnTurnBook()
        self._workers = workers
        self._clock = clock
        self._sleep = sleep

    def take(self, channel: Channel, rate_limit: Decimal | None, timeout_s: Decimal) -> float:
        """0 once it is this worker's turn at the channel; or in how many seconds it is, where that is too far ahead.

        A turn too far ahead is not taken. It is always this worker's turn where the channel has no `rate_limit` and
        its calls, which may take `timeout_s` each, do not take long.
        """
        now = self._clock()
        paces = [] if rate_limit is None else [rate_limit * SHARE_OF_RATE]
        if channel.is_slow_at(now):
            paces.append(max(self._workers // SLOW_PART, 1) / timeout_s)
        if not paces:
            return 0.0
        turn = self._book.next_turn(channel, now, float(1 / min(paces)), now + LONGEST_WAIT_SECONDS)
        if turn > now + LONGEST_WAIT_SECONDS:
            return turn - now
        if turn > now:
            self._sleep(turn - now)
        return 0.0
