"""The types in Ngorder's answers: each reads every form in which its documents show a value (`replies`)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from orderbridge.platforms.ngorder import replies


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise replies.Unreadable("no text")


Whole = Annotated[int, BeforeValidator(replies.whole)]
Quantity = Annotated[Decimal, BeforeValidator(replies.quantity)]
Money = Annotated[Decimal, BeforeValidator(replies.money)]
Moment = Annotated[datetime, BeforeValidator(replies.moment)]
Flag = Annotated[bool, BeforeValidator(replies.truth)]
Text = Annotated[str, BeforeValidator(_text)]
Day = Annotated[date, PlainSerializer(date.isoformat, return_type=str)]
"""A day in a request: `yyyy-mm-dd`."""
