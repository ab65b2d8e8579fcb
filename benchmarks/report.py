"""Figures, printed one by one as they become known.

A benchmark is a module with ``figures()``, which yields ``(name, value)`` or ``(name, value, goal)``. A value may be a
function that measures it: where that one fails, the figures behind it are measured all the same.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

Figure = tuple[str, Any] | tuple[str, Any, str]

SECONDS_PER_FIGURE = 150.0
LONGEST_REASON = 300


def print_figures(figures: Callable[[], Generator[Figure]], name: str, seconds: float = SECONDS_PER_FIGURE) -> bool:
    """Whether all went well; what fails, or takes longer than so many seconds, is a row with the reason.

    `name` is that of the benchmark, for what fails outside of any one figure.
    """
    went_well = True
    try:
        # Closed whatever happens: what a benchmark has started would keep this process alive.
        with closing(figures()) as rows:
            while True:
                with at_most(seconds):
                    figure = next(rows, None)
                if figure is None:
                    return went_well
                went_well &= _print_figure(figure, seconds)
    except Exception as failure:  # noqa: BLE001 - whatever it is, it is a row
        _print_row(name, "failed", reason(failure))
        return False


def _print_figure(figure: Figure, seconds: float) -> bool:
    name, value, *goal = figure
    try:
        with at_most(seconds):
            measured = value() if callable(value) else value
    except Exception as failure:  # noqa: BLE001 - whatever it is, it is a row
        _print_row(name, "failed", reason(failure))
        return False
    _print_row(name, measured, *goal)
    return True


def _print_row(name: str, value: Any, beside: str = "") -> None:
    print(f"{name:<66} {value!s:>12}  {beside}".rstrip(), flush=True)


def reason(failure: Exception) -> str:
    """What went wrong, on one line; of a command what it said last."""
    said = failure.stderr if isinstance(failure, subprocess.CalledProcessError) and failure.stderr else str(failure)
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"{type(failure).__name__}: {' '.join(text.split())[-LONGEST_REASON:]}"


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises `TimeoutError` in what takes longer; for the main thread alone, since it is a signal that interrupts."""

    def interrupt(*_: object) -> None:
        raise TimeoutError(f"not measured within {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
