"""How much of the proof is run: every row with so many orders, by so many seeds, shared out over the processors."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from evidence.proof import Proved, prove
from evidence.rows import ROWS, row_named


@dataclass(frozen=True)
class Profile:
    """Orders for each row and seed, and the seeds: the same ones run the same again."""

    name: str
    orders: int
    seeds: tuple[int, ...]


FULL = Profile("full", orders=32, seeds=(1, 2, 3, 4, 5))
SHORT = Profile("short", orders=8, seeds=(1,))
"""A minute in CI."""

Task = tuple[str, int, int]


def prove_task(task: Task) -> Proved:
    """As `prove`, by the row's name, for a process of its own."""
    name, orders, seed = task
    return prove(row_named(name), orders, seed)


def run(profile: Profile) -> Iterator[Proved]:
    """Every row by every seed, as each is done; the long ones are begun first."""
    tasks = [(row.name, profile.orders, seed) for seed in profile.seeds for row in ROWS]
    yield from in_processes(tasks)


def in_processes(tasks: Sequence[Task]) -> Iterator[Proved]:
    # One more than there are processors: each waits now and then for its sandboxes to start and to end.
    with ProcessPoolExecutor((os.cpu_count() or 1) + 1, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(prove_task, tasks)
