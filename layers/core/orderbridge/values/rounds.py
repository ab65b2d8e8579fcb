"""Several channels in one invocation, each with its part of the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

SecondsLeft = Callable[[], float]


def in_turn(items: Sequence[T], seconds_left: SecondsLeft, work: Callable[[T, SecondsLeft], R]) -> list[R]:
    """What `work` made of each item; each gets an equal part of the time that is left.

    One that fails holds up no other; the first failure is raised after the last item.
    """
    results: list[R] = []
    failures: list[Exception] = []
    for number, item in enumerate(items):
        end = seconds_left() * (1 - 1 / (len(items) - number))
        try:
            results.append(work(item, _until(end, seconds_left)))
        except Exception as failure:  # noqa: BLE001 - raised after the last item
            failures.append(failure)
    if failures:
        raise failures[0]
    return results


def _until(end: float, seconds_left: SecondsLeft) -> SecondsLeft:
    return lambda: seconds_left() - end
