"""The types in Ngorder's answers: each reads every form in which its documents show a value (`replies`)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

from orderbridge.platforms.ngorder import replies


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise replies.Unreadable("no text")


Whole = Annotated[int, BeforeValidator(replies.whole)]
Text = Annotated[str, BeforeValidator(_text)]
