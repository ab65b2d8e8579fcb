"""``make evidence``: the proof under faults. Exit 1 where an order was lost or doubled, or anything else did not hold.

``python -m evidence`` runs the full profile, ``--short`` the one of CI, ``--row NAME --seed N --orders N`` one row.
``--write`` puts what the full profile has shown into docs/evidence.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence

from evidence.profiles import FULL, SHORT, in_processes, run
from evidence.proof import Proved
from evidence.report import PROJECT, README, page_part, quoted, totals, when, words, write_part

LEAST_FORWARDS = 60_000
FUZZ_SECONDS = 30


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m evidence", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the short profile")
    parser.add_argument("--row", help="this row alone")
    parser.add_argument("--seed", type=int, default=1, help="of that row")
    parser.add_argument("--orders", type=int, help="of that row, in place of the profile's")
    parser.add_argument("--write", action="store_true", help="put the full profile into docs/evidence.md")
    options = parser.parse_args(arguments)
    profile = SHORT if options.short else FULL
    began = time.monotonic()
    proved: list[Proved] = []
    if options.row:
        tasks = in_processes([(options.row, options.orders or profile.orders, options.seed)])
    else:
        tasks = run(profile)
    for each in tasks:
        proved.append(each)
        print("\n".join(words(each)), flush=True)
    seconds, sums = time.monotonic() - began, totals(proved)
    print(f"\n{', '.join(f'{count:,} {name}' for name, count in sums.items())}; {seconds:.0f} s".replace("_", " "))
    holds = all(each.holds for each in proved)
    if options.write and not (options.short or options.row):
        if holds and sums["forwards"] >= LEAST_FORWARDS:
            # Made before anything is written, so that both name the commit as it is.
            rows, fuzz = page_part(profile, proved, seconds), fuzz_part()
            write_part("rows", rows)
            write_part("fuzz", fuzz)
            write_part("evidence", quoted(proved), README)
        else:
            print("docs/evidence.md is left as it is: not everything held, or too few forwards.", file=sys.stderr)
            return 1
    return 0 if holds else 1


def fuzz_part() -> str:
    """What `make fuzz` has read, for a short time."""
    environment = {**os.environ, "FUZZ_SECONDS": str(FUZZ_SECONDS), "FUZZ_SEED": "1"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fuzz"], env=environment, cwd=PROJECT, capture_output=True, text=True, check=True
    )
    counts = [line for line in ran.stdout.splitlines() if line.startswith(("replies", "inputs", "failures"))]
    return "\n".join([f"{when()}, {FUZZ_SECONDS} s of `make fuzz`:", "", *(f"- {line}" for line in counts)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
