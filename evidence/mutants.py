"""``make evidence-mutants``: the proof tests itself. Safeguards are taken away, one at a time, and a row has to see it.

A safeguard is a place in the source and what is put there instead; the function is compiled anew with it, in this
process alone. A place that is not found fails, so that the list follows the code. What no row sees has a second guard,
which is named; a safeguard that has neither fails the run.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import FunctionType
from typing import Any

from evidence.invariants import OF_THE_ROW
from evidence.profiles import processes
from evidence.proof import Proved, prove
from evidence.report import when, write_part
from evidence.rows import ROWS, row_named
from evidence.safeguards import SAFEGUARDS
from evidence.safeguards.safeguard import Safeguard

ORDERS = 12
SEEDS = (1, 2)


class NotThere(Exception):
    """The place of a safeguard is not in the source any more."""


def function_at(place: str) -> FunctionType:
    """The function at ``package.module:Class.name``."""
    module, _, path = place.partition(":")
    found: Any = import_module(f"orderbridge.{module}")
    for name in path.split("."):
        found = inspect.getattr_static(found, name)
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, staticmethod | classmethod):
        found = found.__func__
    if not isinstance(found, FunctionType):
        raise NotThere(f"{place} is no function")
    return found


def source_without(safeguard: Safeguard, function: FunctionType) -> str:
    """The function's source without the safeguard; raises `NotThere`."""
    source = textwrap.dedent(inspect.getsource(function))
    for before, after in safeguard.edits:
        if source.count(before) != 1:
            raise NotThere(f"{safeguard.name}: {before!r} is {source.count(before)} times in {safeguard.place}")
        source = source.replace(before, after)
    lines = source.splitlines()
    while not lines[0].startswith("def "):
        del lines[0]  # decorators have had their turn
    return "\n".join(lines)


@contextmanager
def without(safeguard: Safeguard) -> Iterator[None]:
    """In this block the safeguard is gone, for whoever calls the function."""
    function = function_at(safeguard.place)
    made: dict[str, Any] = {}
    code = f"from __future__ import annotations\n{source_without(safeguard, function)}"
    exec(compile(code, f"<{safeguard.name}>", "exec"), dict(function.__globals__), made)
    kept = function.__code__
    function.__code__ = made[function.__name__].__code__
    try:
        yield
    finally:
        function.__code__ = kept


@dataclass(frozen=True)
class Seen:
    """What became of a safeguard's absence: the row that was run, and by which invariants it was seen."""

    name: str
    row: str
    invariants: tuple[str, ...]
    first: str
    guard: str

    @property
    def is_fine(self) -> bool:
        return bool(self.invariants) or bool(self.guard)


def see(name: str, row: str | None = None, orders: int = ORDERS, seeds: Sequence[int] = SEEDS) -> Seen:
    """Run the safeguard's row, or another one, without it."""
    safeguard = next(each for each in SAFEGUARDS if each.name == name)
    shown = row or safeguard.row
    for seed in seeds:
        with without(safeguard):
            proved = _proved(shown, orders, seed)
        if isinstance(proved, str):
            return Seen(name, shown, ("the run itself",), proved, safeguard.guard)
        wrong = {invariant: found for invariant, found in proved.wrong.items() if invariant not in OF_THE_ROW}
        if wrong:
            first = next(iter(wrong.values()))[1][0]
            return Seen(name, shown, tuple(wrong), first, safeguard.guard)
    return Seen(name, shown, (), "", safeguard.guard)


def _proved(row: str, orders: int, seed: int) -> Proved | str:
    try:
        return prove(row_named(row), orders, seed)
    except Exception as failure:  # noqa: BLE001 - what is broken may break the run as well
        return f"{type(failure).__name__}: {failure}"


def hunt(name: str) -> Seen:
    """The first row of all that sees a safeguard's absence."""
    seen = see(name)
    for row in ROWS:
        if seen.invariants:
            break
        seen = see(name, row.name, seeds=SEEDS[:1])
    return seen


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 where a safeguard's absence is neither seen nor guarded otherwise."""
    parser = argparse.ArgumentParser(prog="python -m evidence.mutants", description=__doc__)
    parser.add_argument("--only", help="safeguards whose name holds this")
    parser.add_argument("--hunt", action="store_true", help="where the named row sees nothing, try all others")
    parser.add_argument("--write", action="store_true", help="put the table into docs/evidence.md")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    names = [each.name for each in SAFEGUARDS if (options.only or "") in each.name]
    results: list[Seen] = []
    with processes() as pool:
        for seen in pool.map(hunt if options.hunt else see, names):
            results.append(seen)
            how = (
                ", ".join(each.replace("_", " ") for each in seen.invariants) or f"not seen; {seen.guard or 'NO GUARD'}"
            )
            print(f"{seen.name}\n    {seen.row}: {how}\n    {seen.first[:200]}", flush=True)
    count = sum(bool(each.invariants) for each in results)
    print(f"\n{len(results)} safeguards, {count} seen by the proof; {time.monotonic() - began:.0f} s")
    is_fine = all(each.is_fine for each in results)
    if options.write and not options.only and is_fine:
        write_part("mutants", table(results))
    return 0 if is_fine else 1


def table(results: Sequence[Seen]) -> str:
    seen = [each for each in results if each.invariants]
    lines = [
        f"{when()}: of {len(results)} safeguards {len(seen)} were seen to be missing.",
        "",
        "| without | row | what did not hold |",
        "|---|---|---|",
        *(f"| {each.name} | {each.row} | {', '.join(each.invariants).replace('_', ' ')} |" for each in seen),
    ]
    rest = [each for each in results if not each.invariants]
    if rest:
        lines += ["", "Not seen, because something else guards too:", "", "| without | second guard |", "|---|---|"]
        lines += [f"| {each.name} | {each.guard} |" for each in rest]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
