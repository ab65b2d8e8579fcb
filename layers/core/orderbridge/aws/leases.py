"""A lease within the item of what it is held on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orderbridge.values.leases import Lease


def lease_values(lease: Lease) -> dict[str, str | None]:
    return {"holder": lease.holder, "lease_until": lease.until}


def read_lease(values: Mapping[str, Any]) -> Lease:
    """The lease in the plain values of an item."""
    return Lease(values.get("holder"), values.get("lease_until"))
