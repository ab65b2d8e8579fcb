"""One row of the proof: its orders through the whole system, and what was wrong afterwards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

from evidence.afterwards import go_through
from evidence.invariants import DOUBLED, INVARIANTS, LOST
from evidence.invariants.found import Found, longest_delay
from evidence.system.world import World
from evidence.weather import Row
from orderbridge.forwarding.forward.states import ForwardState
from tests.conformance.facts import labels

TOLD = 5
"""How many wrong things of one invariant are written out."""


@dataclass(frozen=True)
class Proved:
    """What became of one row. `wrong` has, by invariant, how many broke it, and the first of them in words."""

    row: str
    seed: int
    orders: int
    requests: int
    forwards: int
    lost: int
    doubled: int
    in_doubt: int
    states: Mapping[str, int]
    struck: Mapping[str, int]
    longest_delay: timedelta
    calls: int
    seconds: float
    wrong: Mapping[str, tuple[int, Sequence[str]]] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return not self.wrong


def prove(row: Row, orders: int, seed: int) -> Proved:
    """Place so many orders in this weather, let everything come to its end, and look at what there is."""
    began = time.monotonic()
    with ExitStack() as stack:
        count = max(round(orders * row.weight), 3)
        world = World(row, labels(), seed, stack, rows_per_page=(count + 1) // 2)
        world.run(count)
        done = go_through(world)
        found = Found(world, done)
        broken = {invariant: list(invariant(found)) for invariant in INVARIANTS}
        if row.may_double:
            broken[DOUBLED] = []
        forwards = list(found.all_forwards())
        states = Counter(forward.state.value for forward in forwards)
        doubled = sum(len(held) - 1 for by_code in found.held.values() for held in by_code.values())
        return Proved(
            row=row.name,
            seed=seed,
            orders=len(found.orders),
            requests=world.partner.requests,
            forwards=len(forwards),
            lost=sum(len(broken[invariant]) for invariant in LOST),
            doubled=doubled,
            in_doubt=states[ForwardState.IN_DOUBT.value],
            states=states,
            struck=dict(world.machine.struck),
            longest_delay=longest_delay(world),
            calls=world.calls.made,
            seconds=time.monotonic() - began,
            wrong={each.__name__: (len(wrong), wrong[:TOLD]) for each, wrong in broken.items() if wrong},
        )
