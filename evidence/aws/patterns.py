"""EventBridge's patterns, as far as the template uses them: lists of values and ``prefix``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event has everything that the pattern asks for."""
    for name, wanted in pattern.items():
        found = event.get(name)
        if isinstance(wanted, Mapping):
            if not isinstance(found, Mapping) or not matches(wanted, found):
                return False
        elif not any(_matches_one(each, found) for each in wanted):
            return False
    return True


def _matches_one(wanted: Any, found: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(wanted == found)
    if set(wanted) != {"prefix"}:
        raise AssertionError(f"{wanted} is not simulated")
    return isinstance(found, str) and found.startswith(wanted["prefix"])
