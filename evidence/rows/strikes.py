"""What several rows have: faults of platforms, and seconds."""

from __future__ import annotations

from typing import Any

from evidence.weather import Strike
from orderbridge_sandboxes.faults import FaultKind

MINUTE, HOUR = 60.0, 3600.0
ONCE = Strike("commit_then_close", most_per_order=1)
OFTEN = Strike("commit_then_close", share=0.5, most_per_order=1)


def answered(status: int, *, processed: bool, share: float = 1.0, most: float | None = 1.0, **details: Any) -> Strike:
    """A status in place of the true answer."""
    kind: FaultKind = "commit_then_status" if processed else "status"
    return Strike(kind, share=share, most_per_order=most, details={"status": status, **details})
