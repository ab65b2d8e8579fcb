"""Everything that one tick of the sweeper looks after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass


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
