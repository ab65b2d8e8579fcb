"""Numbers and ids as answers write them: ``20``, ``"20"`` and ``" 20 "`` are 20, and nothing else is taken for one."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

from orderbridge.calls.documents import MAX_DIGITS, exact_number

MAX_ID_LENGTH = 100
"""The longest id that is kept, in characters."""

_DIGITS = re.compile(rf"-?[0-9]{{1,{MAX_DIGITS}}}(?:\.[0-9]{{1,{MAX_DIGITS}}})?")


def number_in(value: Any) -> Decimal:
    """The number; raises ValueError for null, "", "N/A", true and every other thing, none of which is 0."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return exact_number(value)
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
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


def id_in(value: Any) -> str:
    """The id of something at a platform: a whole number from 0 in its digits, or a short printable text.

    Raises ValueError for anything else: an id is stored, shown and sent back, so it is never cut or mended.
    """
    if not isinstance(value, str):
        number = whole_in(value)
        if number < 0:
            raise ValueError("no id")
        return str(number)
    text = value.strip()
    if not 0 < len(text) <= MAX_ID_LENGTH or not text.isprintable():
        raise ValueError("no id")
    return text


def id_or_none(value: Any) -> str | None:
    """As `id_in`; None for anything that is no id."""
    try:
        return id_in(value)
    except ValueError:
        return None


Number = Annotated[Decimal, BeforeValidator(number_in)]
Whole = Annotated[int, BeforeValidator(whole_in)]
Text = Annotated[str, BeforeValidator(text_in)]
Id = Annotated[str, BeforeValidator(id_in)]
