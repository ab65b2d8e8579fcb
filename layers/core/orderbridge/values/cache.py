"""What was read lately, so that it need not be read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from orderbridge.values.times import Clock

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class Cache(Generic[K, V]):
    """Values by key, each good for less than `seconds` after it was read; of more than `size` the one put first goes.

    With 0 seconds nothing is remembered. None is no value: it stands for what is not there, and is never remembered.
    """

    seconds: float
    clock: Clock
    size: int = 1000
    _read: dict[K, tuple[float, V]] = field(default_factory=dict, init=False)

    def get(self, key: K) -> V | None:
        """The value, or None where there is none or it is too old."""
        read_at, value = self._read.get(key, (float("-inf"), None))
        return value if self._now() - read_at < self.seconds else None

    def put(self, key: K, value: V) -> None:
        """Remember what was read just now."""
        self._put(key, value, self._now())

    def through(self, key: K, read: Callable[[], V]) -> V:
        """The value, which is read where none is remembered; its age counts from before it was read."""
        remembered = self.get(key)
        if remembered is not None:
            return remembered
        now = self._now()
        value = read()
        self._put(key, value, now)
        return value

    def _put(self, key: K, value: V, read_at: float) -> None:
        self._read.pop(key, None)
        if value is None:
            return
        if len(self._read) >= self.size:
            self._read.pop(next(iter(self._read)))
        self._read[key] = (read_at, value)

    def _now(self) -> float:
        return self.clock().timestamp()
