"""How the sweeper sweeps: item by item, each for itself, and everything that one tick looks after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from orderbridge.domain.times import Clock
from orderbridge.ports import LostRace

CLAIM_SECONDS = 120
"""So long what a sweep has claimed is left to whoever it was handed to."""

Item = TypeVar("Item")


class SweepIncomplete(Exception):
    """Some items could not be carried on; they stay due and are found again."""


def sweep_each(items: Iterable[Item], carry_on: Callable[[Item], str], clock: Clock, seconds: float) -> Counter[str]:
    """How many items were found, by what became of them: the words of `carry_on`, and lost_race.

    After so many seconds no further item is begun; what there is no time for is found by the next sweep. One item that
    cannot be carried on holds up no other; `SweepIncomplete` is raised after the last.
    """
    found: Counter[str] = Counter()
    failures: list[Exception] = []
    started = clock()
    for item in items:
        if (clock() - started).total_seconds() >= seconds:
            break
        try:
            found[carry_on(item)] += 1
        except LostRace:
            found["lost_race"] += 1
        except Exception as failure:  # noqa: BLE001 - raised together after the last item
            failures.append(failure)
    if failures:
        raise SweepIncomplete(f"{len(failures)} items; {dict(found)} carried on") from failures[0]
    return found


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
