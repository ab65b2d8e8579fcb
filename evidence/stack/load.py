"""Eight clients on a healthy stack: orders per second, how long an accept takes, the backlog, and memory."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from evidence.stack.clients import Accepted, post_for, posting
from evidence.stack.local_up import LocalUp, partner_of_all_platforms, sandboxes
from evidence.stack.verdict import found_on, violations
from orderbridge_cli.local.machine.processes import wait_until
from tests.e2e.actors import HTTP, Platforms
from tests.patience import PATIENCE_S

CLIENTS = 8
WARMING = 40
SAMPLE_S = 1.0
LOOK_S = 0.5
Say = Callable[[str], None]


def run(seconds: float, say: Say) -> dict[str, Any]:
    """The figures of one run, and under "violations" what did not hold.

    Args:
        seconds: For so long the clients post.
        say: Hears what is done now.
    """
    folder = tempfile.TemporaryDirectory(prefix="evidence-")
    with folder, sandboxes() as platforms, LocalUp(Path(folder.name)) as up:
        say("starting the local stack")
        up.start()
        return _load(up, platforms, seconds, say)


def _load(up: LocalUp, platforms: Platforms, seconds: float, say: Say) -> dict[str, Any]:
    partner = partner_of_all_platforms(up, platforms, {})
    accepted = Accepted()
    say("warming up")
    with posting(partner, range(WARMING), CLIENTS, accepted):
        pass  # the functions' first processes start
    warm = len(accepted.codes)
    accepted.milliseconds.clear()
    with _peak_memory(up) as peak:
        say(f"{CLIENTS} clients post for {seconds:.0f} s")
        took = post_for(partner, seconds, CLIENTS, accepted)
        say("waiting until the backlog is drained")
        began = time.monotonic()
        drained = wait_until(lambda: _all_held(platforms, len(accepted.codes)), PATIENCE_S, LOOK_S)
        drained_s = time.monotonic() - began
        # The platforms hold them; that the forwards are SENT is written a moment later.
        if drained:
            wait_until(lambda: _all_sent(up, len(accepted.codes) * len(platforms.urls)), PATIENCE_S, LOOK_S)
    partner.http.close()
    found = found_on(up, platforms)
    unsent = [each for each in found.forwards if each["state"] != "SENT"]
    cuts = statistics.quantiles(accepted.milliseconds, n=100) if len(accepted.milliseconds) > 1 else [0.0] * 99
    return {
        "clients": CLIENTS,
        "seconds": round(took, 1),
        "accepted": len(accepted.codes),
        "stored": len(found.stored),
        "states": found.states(),
        "orders_per_second": round((len(accepted.codes) - warm) / took, 1),
        "accept_p50_ms": round(cuts[49]),
        "accept_p99_ms": round(cuts[98]),
        "backlog_drained_s": round(drained_s, 1),
        "memory_gib": round(max(peak) / 2**30, 2),
        "violations": [
            *([] if drained else [f"the backlog was not drained within {PATIENCE_S:.0f} s"]),
            *accepted.refused,
            *violations(accepted.codes, found),
            *(f"{each['code']} is {each['state']} at {each['channel']}, on a healthy stack" for each in unsent),
            *([f"{accepted.repeats} posts had to be repeated on a healthy stack"] if accepted.repeats else []),
        ],
    }


def _all_held(platforms: Platforms, orders: int) -> bool:
    return all(
        HTTP.get(f"{url}/_sandbox/orders", params={"summary": "1"}).json()["count"] >= orders
        for url in platforms.urls.values()
    )


def _all_sent(up: LocalUp, forwards: int) -> bool:
    return len(up.operator.run("forwards", "list", "--state", "SENT", "--limit", str(forwards))) >= forwards


@contextmanager
def _peak_memory(up: LocalUp) -> Iterator[list[int]]:
    """What all processes of the stack took together, each second of the block."""
    samples = [up.memory_bytes()]
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_S):
            with suppress(OSError, ValueError):  # a process that ends meanwhile
                samples.append(up.memory_bytes())

    thread = threading.Thread(target=sample, name="memory", daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()
