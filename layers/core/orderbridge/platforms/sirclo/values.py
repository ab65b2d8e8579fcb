"""The types in SIRCLO's answers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from orderbridge.platforms.numbers import Id, Number, Text, Whole

__all__ = ["Flag", "Id", "Money", "Pieces", "Text", "Whole"]


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("no flag")


Pieces = Whole
"""A stock level; null, "" and "N/A" are unreadable, never 0 (traps C10)."""
Money = Number
Flag = Annotated[bool, BeforeValidator(_flag)]
