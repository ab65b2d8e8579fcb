"""`make evidence-stack`: orders among kills and restarts, then a load run; exits 1 where something does not hold."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from evidence.report import when, write_part
from evidence.stack import kills, load
from evidence.stack.local_up import NoStack
from tests.e2e.workers import CAN_BE_FOUND

CHANNEL = "{platform}: held, and forwards by state"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs both, prints the figures, and names what does not hold."""
    parser = argparse.ArgumentParser(prog="python -m evidence.stack", description=__doc__)
    parser.add_argument("--orders", type=int, default=500, help="each goes to all platforms (default: %(default)s)")
    # Two cores accept far quicker than they forward; after 30 s the backlog took longer than a test's patience.
    parser.add_argument("--seconds", type=float, default=10, help="of the load run (default: %(default)s; 0: none)")
    parser.add_argument("--seed", type=int, default=1, help="of the faults and of who is killed (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/evidence.md")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    options = parser.parse_args(arguments)
    if not CAN_BE_FOUND:
        parser.error("the workers of functions are found in /proc, which this machine has not")

    began = time.monotonic()

    def say(words: str) -> None:
        sys.stderr.write(f"{time.monotonic() - began:6.1f} s  {words}\n")

    try:
        document: dict[str, Any] = {"seed": options.seed, "kills": kills.run(options.orders, options.seed, say)}
        if options.seconds:
            document["load"] = load.run(options.seconds, say)
    except NoStack as problem:
        say(f"does not hold: {problem}")
        return 1
    broken = [words for part in ("kills", "load") for words in document.get(part, {}).get("violations", ())]
    if options.json:
        print(json.dumps(document, indent=2))
    else:
        Console().print(_table(document))
    for words in broken:
        say(f"does not hold: {words}")
    if options.write and not broken:
        write_part("stack", page_part(document))
    return 1 if broken else 0


def _table(document: dict[str, Any]) -> Table:
    table = Table("figure", "measured")
    for figure in figures(document):
        table.add_row(*figure)
    return table


def page_part(document: dict[str, Any]) -> str:
    """The figures as a part of docs/evidence.md."""
    rows = "\n".join(f"| {name} | {measured} |" for name, measured in figures(document))
    return f"{when()}, seed {document['seed']}.\n\n| figure | measured |\n|---|---|\n{rows}"


def figures(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each figure's name and what was measured."""
    killed = document["kills"]
    yield "orders: posted, accepted, stored", f"{killed['orders']}, {killed['accepted']}, {killed['stored']}"
    for platform, states in killed["states"].items():
        by_state = ", ".join(f"{count} {state}" for state, count in states.items())
        yield CHANNEL.format(platform=platform), f"{killed['held'][platform]}: {by_state}"
    yield "workers killed", str(sum(killed["killed_workers"].values()))
    for end in killed["ends_of_local_up"]:
        again = f", serving again after {end['start_s']} s" if "start_s" in end else ""
        yield f"{end['what']} after {end['accepted']} orders", f"ended in {end['stop_s']:.1f} s{again}"
    yield "posts repeated by the clients", str(killed["repeated_posts"])
    yield "the whole run", f"{killed['seconds']} s"
    if load_run := document.get("load"):
        yield f"{load_run['clients']} clients: orders a second", f"{load_run['orders_per_second']}"
        yield "accept p50, p99", f"{load_run['accept_p50_ms']} ms, {load_run['accept_p99_ms']} ms"
        yield f"backlog of {load_run['accepted']} orders drained in", f"{load_run['backlog_drained_s']} s"
        yield "memory of all processes, at most", f"{load_run['memory_gib']} GiB"
    yield "does not hold", str(sum(len(part.get("violations", ())) for part in (killed, load_run or {})))


if __name__ == "__main__":
    sys.exit(main())
