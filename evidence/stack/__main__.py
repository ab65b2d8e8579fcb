"""`make evidence-stack`: orders among kills and restarts, then a load run; exits 1 where something does not hold."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

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
    return 1 if broken else 0


def _table(document: dict[str, Any]) -> Table:
    killed = document["kills"]
    table = Table("figure", "measured")
    table.add_row("orders: posted, accepted, stored", f"{killed['orders']}, {killed['accepted']}, {killed['stored']}")
    for platform, states in killed["states"].items():
        by_state = ", ".join(f"{count} {state}" for state, count in states.items())
        table.add_row(CHANNEL.format(platform=platform), f"{killed['held'][platform]}: {by_state}")
    table.add_row("workers killed", str(sum(killed["killed_workers"].values())))
    for end in killed["ends_of_local_up"]:
        again = f", serving again after {end['start_s']} s" if "start_s" in end else ""
        table.add_row(f"{end['what']} after {end['accepted']} orders", f"ended in {end['stop_s']:.1f} s{again}")
    table.add_row("posts repeated by the clients", str(killed["repeated_posts"]))
    table.add_row("the whole run", f"{killed['seconds']} s")
    if load_run := document.get("load"):
        table.add_row(f"{load_run['clients']} clients: orders a second", f"{load_run['orders_per_second']}")
        table.add_row("accept p50, p99", f"{load_run['accept_p50_ms']} ms, {load_run['accept_p99_ms']} ms")
        table.add_row(f"backlog of {load_run['accepted']} orders drained in", f"{load_run['backlog_drained_s']} s")
        table.add_row("memory of all processes, at most", f"{load_run['memory_gib']} GiB")
    table.add_row("does not hold", str(sum(len(part.get("violations", ())) for part in (killed, load_run or {}))))
    return table


if __name__ == "__main__":
    sys.exit(main())
