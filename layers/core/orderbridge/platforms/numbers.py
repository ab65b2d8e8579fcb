"""Numbers as answers write them: ``20``, ``"20"`` and ``" 20 "`` are 20, and nothing else is taken for a number."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

_DIGITS = re.compile(r"\s*-?\d+(\.\d+)?\s*", re.ASCII)


def number_in(value: Any) -> Decimal:
    """The number; raises ValueError for null, "", "N/A", true and every other thing, none of which is 0."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return Decimal(value.strip())
    raise ValueError("no number")


def whole_in(value: Any) -> int:
    """The whole number; raises ValueError for anything else."""
    number = number_in(value)
    if number != number.to_integral_value():
        raise ValueError("no whole number")
    return int(number)


def positive_id(value: Any) -> int | None:
    """The id of something that is there: a whole number above 0, or its digits; None for anything else."""
    try:
        number = whole_in(value)
    except ValueError:
        return None
    return number if 0 < number < 2**63 else None


def text_in(value: Any) -> str:
    """The text; raises ValueError for anything else."""
    if isinstance(value, str):
        return value
    raise ValueError("no text")


Number = Annotated[Decimal, BeforeValidator(number_in)]
Whole = Annotated[int, BeforeValidator(whole_in)]
Text = Annotated[str, BeforeValidator(text_in)]
