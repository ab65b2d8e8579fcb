"""A round of statuses or stock may end at any of its steps: the next one has it all, and tells it."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from evidence.afterwards import BETWEEN_ROUNDS, Afterwards, at, move_on, rounds
from evidence.invariants import INVARIANTS
from evidence.invariants.found import Found
from evidence.processes.machine import Died, Worker
from evidence.system.world import World
from evidence.weather import Row
from tests.conformance.facts import LEVELS, labels

ORDERS = 4
LEAST_STEPS = 40
"""Of the longest round: it reads, writes and calls for each order, or each product."""


@pytest.mark.parametrize("function", ["status_sync", "stock_sync"])
def test_a_round_may_be_killed_at_every_one_of_its_steps(function: str) -> None:
    with ExitStack() as stack:
        world = World(Row("rounds killed at every step"), labels(), 1, stack, rows_per_page=ORDERS // 2)
        world.run(ORDERS)
        done = Afterwards()
        for label in world.facts:
            move_on(world, label, done)
        step, killed = 0, True
        while killed:
            step += 1
            waybill = change(world, step, done)
            killed = is_killed(world, function, step)
            for each, reports in (("status_sync", done.reports), ("stock_sync", done.stock_reports)):
                world.machine.now += BETWEEN_ROUNDS
                reports += rounds(world, each, at_once=1)
            world.go_on_until(world.is_settled)

            found = Found(world, done)
            wrong = {invariant.__name__: list(invariant(found)) for invariant in INVARIANTS}
            assert not any(wrong.values()), (step, {name: words for name, words in wrong.items() if words})
            assert {forward.awb_number for label in world.facts for forward in at(world, label)} <= {None, waybill}
        assert step > LEAST_STEPS


def change(world: World, number: int, done: Afterwards) -> str:
    """Other levels of everything, and another waybill of what is shipped, which is the answer."""
    waybill = f"JP{number:09}"
    for label, order in done.waybills:
        world.sandboxes[label].set_status(int(order), world.facts[label].shipped, awb_number=waybill)
    for sandbox in world.sandboxes.values():
        for product, level in LEVELS.items():
            sandbox.set_stock(product, level + number)
    return waybill


def is_killed(world: World, function: str, step: int) -> bool:
    """Run the function's rounds, each killed at this step of its own; whether any had so many."""
    steps: dict[Worker, int] = {}
    killed = False

    def kill(_name: str, worker: Worker) -> None:
        nonlocal killed
        if worker.name != function:
            return
        steps[worker] = steps.get(worker, 0) + 1
        if steps[worker] == step:
            killed = True
            raise Died

    before, world.machine.before_step = world.machine.before_step, kill
    rounds(world, function, at_once=1)
    world.machine.before_step = before
    return killed
