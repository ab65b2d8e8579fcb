"""The short profile of `make evidence`: every row with a few orders, and every invariant after it."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from evidence.afterwards import go_through
from evidence.invariants import INVARIANTS
from evidence.invariants.found import Found
from evidence.profiles import FULL, SHORT
from evidence.proof import prove
from evidence.rows import ROWS, row_named
from evidence.system.world import World
from evidence.weather import Row, Strike
from tests.conformance.facts import labels


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_nothing_is_lost_or_doubled_and_every_invariant_holds(row: Row) -> None:
    proved = prove(row, SHORT.orders, SHORT.seeds[0])

    assert proved.wrong == {}
    assert proved.lost == 0
    assert proved.doubled == 0 or row.may_double


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_the_full_profile_has_60_000_forwards_and_more() -> None:
    forwards = sum(max(round(FULL.orders * row.weight), 3) for row in ROWS) * len(FULL.seeds) * len(labels())
    # A burst has ten times the orders that came before it, and orders that are taken back at once have no forward.
    assert forwards > 60_000


def test_a_fault_that_never_strikes_fails_its_row() -> None:
    row = Row("of a path that nobody calls", (Strike("status", details={"path": "/nowhere"}),))
    assert "everything_that_the_row_names_struck" in prove(row, 4, 1).wrong


def test_the_same_seed_brings_the_same_run_again() -> None:
    runs = []
    for _ in range(2):
        with ExitStack() as stack:
            world = World(row_named("everything killed at any step"), labels(), 5, stack)
            world.run(6)
            states = sorted((each.code, each.channel.name, each.state, each.attempts) for each in world.forwards())
            runs.append((world.machine.steps, world.machine.now, dict(world.machine.struck), states))
    assert runs[0] == runs[1]


def test_another_seed_brings_another_run() -> None:
    row = row_named("everything killed at any step")
    assert prove(row, 6, 1).struck != prove(row, 6, 2).struck


@pytest.mark.parametrize(
    "harm", ["an order is taken away", "a forward is taken away", "a platform gets an order twice"]
)
def test_harm_that_is_done_behind_its_back_is_seen(harm: str) -> None:
    with ExitStack() as stack:
        world = World(Row("nothing"), labels(), 1, stack)
        world.run(4)
        done = go_through(world)
        match harm:
            case "an order is taken away":
                pk = next(iter(world.aws.table.items("ORDER#")))["PK"]["S"]
                world.aws.table.write((pk, "ORDER"), None)
            case "a forward is taken away":
                pk = next(iter(world.aws.table.items("FORWARD#ngorder#")))["PK"]["S"]
                world.aws.table.write((pk, "FORWARD"), None)
            case "a platform gets an order twice":
                platform = world.sandboxes["ngorder"].platform
                held = next(iter(platform.held.values()))
                platform.held[held.id + 1000] = held
        found = Found(world, done)
        assert [invariant.__name__ for invariant in INVARIANTS if list(invariant(found))]
