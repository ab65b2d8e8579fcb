"""The types in SIRCLO's answers."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator


def _number(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise ValueError("no number")
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", value, re.ASCII):
        return Decimal(value.strip())
    raise ValueError("no number")


def _whole(value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise ValueError("no whole number")
    return int(number)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("no text")


def _id(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value:
        return value
    raise ValueError("no id")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("no flag")


Whole = Annotated[int, BeforeValidator(_whole)]
Pieces = Whole
"""A stock level: ``20``, ``"20"`` and ``" 20 "`` are 20; null, "" and "N/A" are unreadable (TRAPS C10)."""
Money = Annotated[Decimal, BeforeValidator(_number)]
Text = Annotated[str, BeforeValidator(_text)]
Id = Annotated[str, BeforeValidator(_id)]
Flag = Annotated[bool, BeforeValidator(_flag)]
