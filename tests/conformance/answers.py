"""What records say of answers with: the objects in a document, and what may be an id."""

from __future__ import annotations

from typing import Any


def objects_in(document: Any) -> list[dict[str, Any]]:
    """Every object in a document, itself included."""
    if isinstance(document, dict):
        return [document, *(found for value in document.values() for found in objects_in(value))]
    return [found for value in document for found in objects_in(value)] if isinstance(document, list) else []


def is_id(value: Any) -> bool:
    """Whether a value is an id that an order may have."""
    if isinstance(value, str):
        return value.strip().isdecimal() and int(value) > 0
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
