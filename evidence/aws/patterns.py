"""EventBridge's patterns, as far as the template uses them: lists of values and ``prefix``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event has everything that the pattern asks for; of a list one element is enough."""
    for name, wanted in pattern.items():
        found = event.get(name)
        if isinstance(wanted, Mapping):
            if not isinstance(found, Mapping) or not matches(wanted, found):
                return False
        elif name not in event or not any(_matches_one(each, value) for each in wanted for value in _values(found)):
            return False
    return True


def _values(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _matches_one(wanted: Any, found: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return type(wanted) is type(found) and bool(wanted == found)
    if set(wanted) != {"prefix"}:
        raise AssertionError(f"{wanted} is not simulated")
    return isinstance(found, str) and found.startswith(wanted["prefix"])
