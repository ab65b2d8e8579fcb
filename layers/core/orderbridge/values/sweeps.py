"""How the sweeper sweeps: item by item, each for itself, and everything that one tick looks after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from orderbridge.values.conflicts import LostRace
from orderbridge.values.times import Clock

CLAIM_SECONDS = 120
"""So long what a sweep has claimed is left to whoever it was handed to."""

AT_ONCE = 8
"""How many items the sweeper carries on at once: each is a handful of short calls that mostly wait."""

LIMIT = 20_000
"""More than one sweep has time for."""

Item = TypeVar("Item")


class SweepIncomplete(Exception):
    """Some items could not be carried on; they stay due and are found again."""


def sweep_each(
    items: Iterable[Item], carry_on: Callable[[Item], str], clock: Clock, seconds: float, at_once: int = 1
) -> Counter[str]:
    """How many items were found, by what became of them: the words of `carry_on`, and lost_race.

    `at_once` are carried on at the same time. After so many seconds no further item is begun; what there is no time for
    is found by the next sweep. One item that cannot be carried on holds up no other; `SweepIncomplete` is raised after
    the last.
    """
    share = _Share(iter(items), carry_on, clock, ends=clock() + timedelta(seconds=seconds))
    if at_once == 1:
        share.work()
    else:
        # Whoever sends and publishes imports this module too, at a cold start.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(at_once) as threads:
            for worker in [threads.submit(share.work) for _ in range(at_once)]:
                worker.result()
    if share.failures:
        count = len(share.failures)
        raise SweepIncomplete(f"{count} items; {dict(share.found)} carried on") from share.failures[0]
    return share.found


class _Share(Generic[Item]):
    """One row of items that several workers take from."""

    def __init__(self, items: Iterator[Item], carry_on: Callable[[Item], str], clock: Clock, ends: datetime) -> None:
        self.found: Counter[str] = Counter()
        self.failures: list[Exception] = []
        self._items = items
        self._carry_on = carry_on
        self._clock = clock
        self._ends = ends
        self._lock = Lock()

    def work(self) -> None:
        """Carry on one item after the other until there is none left, or no time."""
        while self._clock() < self._ends:
            with self._lock:
                item = next(self._items, _NONE_LEFT)
            if isinstance(item, _NoneLeft):
                return
            outcome = self._outcome(item)
            with self._lock:
                if isinstance(outcome, str):
                    self.found[outcome] += 1
                else:
                    self.failures.append(outcome)

    def _outcome(self, item: Item) -> str | Exception:
        try:
            return self._carry_on(item)
        except LostRace:
            return "lost_race"
        except Exception as failure:  # noqa: BLE001 - raised together after the last item
            return failure


class _NoneLeft:
    """What is behind the last item."""


_NONE_LEFT = _NoneLeft()


@dataclass(frozen=True, slots=True)
class SweepAll:
    """One sweep after the other; one that fails holds up no other, and its failure is raised after the last."""

    sweeps: Sequence[Callable[[], Counter[str]]]

    def __call__(self) -> Counter[str]:
        """How many items were found, by what became of them."""
        found: Counter[str] = Counter()
        failures: list[Exception] = []
        for sweep in self.sweeps:
            try:
                found += sweep()
            except Exception as failure:  # noqa: BLE001 - raised after the last sweep
                failures.append(failure)
        if failures:
            raise failures[0]
        return found
