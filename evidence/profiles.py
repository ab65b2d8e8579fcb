"""How much of the proof is run: every row with so many orders, by so many seeds, shared out over the processors."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized

from evidence.proof import Proved, prove
from evidence.rows import ROWS, row_named


@dataclass(frozen=True)
class Profile:
    """Orders for each row and seed, and the seeds: the same ones run the same again."""

    name: str
    orders: int
    seeds: tuple[int, ...]


FULL = Profile("full", orders=39, seeds=(1, 2, 3, 4))
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
    with processes() as pool:
        yield from pool.map(prove_task, tasks)


def processes() -> ProcessPoolExecutor:
    """A process for each processor."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(os.cpu_count() or 1, context, stay_on_one_processor, (context.Value("i", 0),))


def stay_on_one_processor(begun: Synchronized[int]) -> None:
    """Keep a process where it is: its threads run one at a time, and going from one processor to another costs them."""
    if hasattr(os, "sched_setaffinity"):
        with begun.get_lock():
            number, begun.value = begun.value, begun.value + 1
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[number % len(allowed)]})
