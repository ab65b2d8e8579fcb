"""The moments between two calls of ports, where things go wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Died(BaseException):
    """The process ended here; nobody catches it, as nobody catches a SIGKILL."""


class PortFailed(Exception):
    """The other side did not answer."""


class Clock:
    """A clock that does not move until it is moved."""

    def __init__(self, now: datetime = datetime(2025, 1, 1, 3, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Steps:
    """Counts the steps of ports (each call has two: before and after its effect) and acts at the one that is set."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._left: int | None = None
        self._act: Callable[[], None] = lambda: None

    def at(self, step: int, act: Callable[[], None]) -> None:
        """Call `act` at the `step`-th step from now, once."""
        self._left, self._act = step, act

    @property
    def is_done(self) -> bool:
        """Whether what was to happen at a step has happened."""
        return self._left is None

    def clear(self) -> None:
        self._left = None

    def pass_by(self, name: str) -> None:
        self.taken.append(name)
        if self._left is None:
            return
        if self._left == 0:
            self._left = None
            self._act()
            return
        self._left -= 1


def die() -> None:
    raise Died


def fail() -> None:
    raise PortFailed
