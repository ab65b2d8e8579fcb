"""Order codes without a bottleneck: one number at a time at rest, blocks of numbers under load (invariant 5)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from orderbridge.orders.codes import order_code

if TYPE_CHECKING:
    from orderbridge.orders.ports import CodeCounter


MAX_BLOCK = 512
BUSY_SECONDS = 1.0


@dataclass(slots=True)
class CodeAllocator:
    """Hands out the codes of a business day from blocks reserved at the counter.

    The block doubles when the last one was used up within a second and falls back to one after a quiet second, so that
    an order at rest gets the next number and a busy environment rarely asks. Numbers that were taken and not used are
    given back and go out first. A number that goes to no order is a gap: what is left of a block when the day ends, and
    what may be on an order or not. Gaps are allowed, and `note_gap` gets how many there are more. What was left
    when an environment ended nobody notes: the day's counter, less the day's orders, has them all.
    """

    counter: CodeCounter
    max_block: int = MAX_BLOCK
    note_gap: Callable[[int], object] = lambda count: None  # noqa: ARG005
    _day: date | None = None
    _free: deque[int] = field(default_factory=deque)
    _block: int = 1
    _reserved_at: datetime | None = None

    def take(self, day: date, now: datetime) -> str:
        """A code of `day` that nobody else has."""
        if day != self._day:
            if self._free:
                self.note_gap(len(self._free))
            self._day, self._block, self._reserved_at = day, 1, None
            self._free.clear()
        if not self._free:
            self._reserve(day, now)
        return order_code(day, self._free.popleft())

    def give_back(self, code: str) -> None:
        """Return a code that certainly is on no order."""
        _, day, number = code.split("-")
        if self._day is not None and day == f"{self._day:%Y%m%d}":
            self._free.appendleft(int(number))
        else:
            self.note_gap(1)

    def abandon(self, code: str) -> None:  # noqa: ARG002 - its number is simply not used again
        """Let go of a code of which nobody knows whether it is on an order; it is used for no other."""
        self.note_gap(1)

    def _reserve(self, day: date, now: datetime) -> None:
        if self._reserved_at is not None:
            busy = (now - self._reserved_at).total_seconds() <= BUSY_SECONDS * max(1, self._block // 32)
            self._block = min(self._block * 2, self.max_block) if busy else 1
        last = self.counter.reserve(day, self._block)
        self._free.extend(range(last - self._block + 1, last + 1))
        self._reserved_at = now
