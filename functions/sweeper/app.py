"""A schedule: whatever was left behind is found by its due time and carried on."""

from collections.abc import Mapping
from typing import Any

from orderbridge.runtime.background import invocation
from orderbridge.runtime.log import log
from orderbridge.runtime.wiring_forwarding import sweep, sweep_untold, wake_channels
from orderbridge.runtime.wiring_webhooks import sweep_deliveries
from orderbridge.usecases.sweeps import SweepAll

run_sweep = SweepAll((wake_channels(), sweep(), sweep_untold(), sweep_deliveries()))


def handler(_event: Mapping[str, Any], context: Any) -> None:
    """Sweep once; what the schedule says does not matter."""
    with invocation("sweeper", context):
        found = run_sweep()
        if found:
            log("swept", found=dict(found))
