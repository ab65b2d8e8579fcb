"""Schedules: whatever was left behind is found by its due time and carried on, each schedule a part of it."""

from collections.abc import Mapping
from typing import Any

from orderbridge.entrypoints.invocation import invocations
from orderbridge.entrypoints.log import log
from orderbridge.values.sweeps import WHOLE, Part, SweepAll
from orderbridge.wiring.sweeping import release_recovered, sweep, sweep_deliveries

invocation = invocations("sweeper")
run_sweep = SweepAll((release_recovered(), sweep(), sweep_deliveries()))


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Sweep once the part that the schedule names, ``{"part": 0, "of": 8}``; everything, where it names none."""
    with invocation(context):
        found = run_sweep(Part(event["part"], event["of"]) if "part" in event else WHOLE)
        if found:
            log("swept", found=dict(found))
