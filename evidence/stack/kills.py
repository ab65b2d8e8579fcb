"""Orders in bad weather while workers, and `local up` itself, are killed and restarted."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evidence.stack.clients import Accepted, posting
from evidence.stack.local_up import LocalUp, partner_of_all_platforms, sandboxes
from evidence.stack.verdict import at_rest, forwards_of, found_on, violations
from orderbridge_cli.local.machine.processes import wait_until
from tests.e2e.actors import Partner, Platforms
from tests.e2e.weather import strike_all
from tests.e2e.workers import OF_WHOM, Killer
from tests.patience import PATIENCE_S

CLIENTS = 4
SETTINGS = {"settle_s": 1, "timeout_s": 15, "probe_s": 3}
LOOK_S = 3.0
Say = Callable[[str], None]


def run(orders: int, seed: int, say: Say, *, clean_restarts: int = 2, kill_pause_s: float = 1.0) -> dict[str, Any]:
    """The figures of one run, and under "violations" what did not hold.

    Args:
        orders: Each goes to all platforms.
        seed: Of the faults and of who is killed.
        say: Hears what is done now.
        clean_restarts: How often `local up` is stopped and started again, besides the one kill -9.
        kill_pause_s: Between two kills of a worker, on average.
    """
    folder = tempfile.TemporaryDirectory(prefix="evidence-")
    with folder, sandboxes() as platforms, LocalUp(Path(folder.name)) as up:
        say("starting the local stack")
        up.start()
        return _Run(up, platforms, orders, seed, say).run(clean_restarts, kill_pause_s)


class _Run:
    def __init__(self, up: LocalUp, platforms: Platforms, orders: int, seed: int, say: Say) -> None:
        self._up = up
        self._platforms = platforms
        self._orders = orders
        self._seed = seed
        self._say = say
        self._accepted = Accepted()
        self._restarts: list[dict[str, Any]] = []

    def run(self, clean_restarts: int, kill_pause_s: float) -> dict[str, Any]:
        began = time.monotonic()
        partner = partner_of_all_platforms(self._up, self._platforms, SETTINGS)
        strike_all(self._platforms, self._orders, self._seed)
        least = max(3, self._orders // 10)
        with Killer(self._up.folder, self._seed, shares=OF_WHOM, most=sys.maxsize, pause_s=kill_pause_s) as killer:
            self._post_and_interrupt(partner, clean_restarts)
            self._say(f"all {self._orders} orders are answered; the killing goes on")
            wait_until(lambda: killer.kills.total() >= least, PATIENCE_S)
        partner.http.close()
        self._say("waiting until nothing more happens to any forward")
        wait_until(self._at_rest, 2 * PATIENCE_S, LOOK_S)
        found = found_on(self._up, self._platforms)
        self._say("stopping")
        stop_s = round(self._up.stop(), 1)
        self._restarts.append({"what": "stop", "stop_s": stop_s, "accepted": len(self._accepted.codes)})
        return {
            "orders": self._orders,
            "accepted": len(self._accepted.codes),
            "stored": len(found.stored),
            "states": found.states(),
            "held": {platform: sum(held.values()) for platform, held in found.held.items()},
            "repeated_posts": self._accepted.repeats,
            "killed_workers": dict(sorted(killer.kills.items())),
            "ends_of_local_up": self._restarts,
            "seconds": round(time.monotonic() - began, 1),
            "violations": [*self._accepted.refused, *violations(self._accepted.codes, found)],
        }

    def _post_and_interrupt(self, partner: Partner, clean_restarts: int) -> None:
        """The orders in as many batches; in the middle of each one end of `local up`, kill -9 in the middle of all."""
        ends: list[signal.Signals] = [(signal.SIGTERM, signal.SIGINT)[number % 2] for number in range(clean_restarts)]
        ends.insert((clean_restarts + 1) // 2, signal.SIGKILL)
        for batch, end in enumerate(ends):
            numbers = range(self._orders)[batch :: len(ends)]
            half = len(self._accepted.codes) + len(numbers) // 2
            with posting(partner, numbers, CLIENTS, self._accepted):
                self._wait_for_accepted(half)
                self._restart(end)

    def _wait_for_accepted(self, orders: int) -> None:
        wait_until(lambda: len(self._accepted.codes) >= orders, PATIENCE_S)

    def _restart(self, end: signal.Signals) -> None:
        accepted = len(self._accepted.codes)
        self._say(f"{end.name} to local up after {accepted} accepted orders, and a new start")
        began = time.monotonic()
        if end is signal.SIGKILL:
            self._up.kill()
        else:
            self._up.stop(end)
        stop_s = round(time.monotonic() - began, 1)
        start_s = round(self._up.start(), 1)
        self._restarts.append({"what": end.name, "accepted": accepted, "stop_s": stop_s, "start_s": start_s})

    def _at_rest(self) -> bool:
        forwards = forwards_of(self._up, self._platforms.urls)
        return at_rest(forwards, self._accepted.codes.values(), self._platforms.urls)
