"""A schedule: whatever was left behind is found by its due time and carried on."""

from collections.abc import Mapping
from typing import Any

from orderbridge.entrypoints.invocation import invocation
from orderbridge.entrypoints.log import log
from orderbridge.values.sweeps import SweepAll
from orderbridge.wiring.sweeping import release_recovered, sweep, sweep_deliveries

run_sweep = SweepAll((release_recovered(), sweep(), sweep_deliveries()))


def handler(_event: Mapping[str, Any], context: Any) -> None:
    """Sweep once; what the schedule says does not matter."""
    with invocation("sweeper", context):
        found = run_sweep()
        if found:
            log("swept", found=dict(found))
