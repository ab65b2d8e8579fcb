"""Bad weather at the platforms: everything that may become of a call that creates an order."""

from __future__ import annotations

from typing import Any

from orderbridge.platforms.names import platform_names
from tests.conformance.facts import facts_of
from tests.e2e.actors import Platforms


def bad_weather(orders: int) -> list[dict[str, Any]]:
    """The faults of one platform for a run of so many orders, each without an end of its own but the first."""
    return [
        # The first half: processed, and no answer, each time.
        {"kind": "commit_then_close", "count": orders // 2},
        # Then everything that may become of a call, and a few that are answered.
        {"kind": "commit_then_close", "probability": 0.3},
        {"kind": "commit_then_status", "status": 500, "probability": 0.2},
        {"kind": "commit_then_status", "status": 502, "probability": 0.1},
        {"kind": "garbage", "probability": 0.2},
        {"kind": "truncate", "probability": 0.2},
        {"kind": "close_before", "probability": 0.2},
        {"kind": "status", "status": 500, "probability": 0.2},
        # Late as well, so that a worker is often killed between the platform's writing and its answer.
        {"kind": "delay", "seconds": 0.4, "when": "after", "probability": 0.6},
        {"kind": "delay", "seconds": 0.4, "when": "before", "probability": 0.2},
    ]


def strike_all(platforms: Platforms, orders: int, seed: int) -> None:
    """Bad weather at every platform until `Platforms.heal`; of another seed, another weather."""
    for platform in platform_names():
        create = facts_of(platform).create
        for number, fault in enumerate(bad_weather(orders)):
            platforms.strike(
                platform, method=create.method, path=create.path, seed=seed * 100 + number, **{"count": None, **fault}
            )
