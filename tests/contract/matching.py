"""EventBridge patterns, as far as the template uses them (AWS documentation, "Amazon EventBridge event patterns")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class UnknownOperator(Exception):
    """The template uses an operator that is not read here; it must be taught before a test may pass."""


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether every field of the pattern is in the event and holds one of the values the pattern lists."""
    for name, wanted in pattern.items():
        if name not in event:
            return False
        if isinstance(wanted, Mapping):
            if not isinstance(event[name], Mapping) or not matches(wanted, event[name]):
                return False
        elif not any(_is_met(condition, event[name]) for condition in wanted):
            return False
    return True


def _is_met(condition: Any, value: Any) -> bool:
    if isinstance(value, list):
        return any(_is_met(condition, element) for element in value)
    if not isinstance(condition, Mapping):
        return bool(condition == value)
    if set(condition) == {"prefix"}:
        return isinstance(value, str) and value.startswith(condition["prefix"])
    raise UnknownOperator(condition)
