"""DynamoDB's attribute values: how numbers are kept, and how values compare, sort, begin, and how large they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow, Underflow
from typing import Any

Attribute = Mapping[str, Any]

_NUMBERS = Context(
    prec=38, Emax=125, Emin=-130, traps=[Clamped, Inexact, InvalidOperation, Overflow, Underflow], capitals=1, clamp=0
)
_KEPT_AS_IT_IS = re.compile(r"0|-?[1-9][0-9]{0,36}")
_ORDERED = ("S", "N", "B")


class UnknownExpression(Exception):
    """An expression, a value, or a part of one, that is not simulated."""


class Invalid(Exception):
    """What DynamoDB refuses as a `ValidationException` once it has read the item."""


def number(text: str) -> Decimal:
    """A number as DynamoDB reads it: 38 digits, from 1E-130 to 9.99E+125; raises `Invalid`."""
    try:
        found = _NUMBERS.create_decimal(text)
    except (ArithmeticError, ValueError):
        found = Decimal("NaN")
    if not found.is_finite() or (found and found.adjusted() < _NUMBERS.Emin):
        raise Invalid(f"{text} is no number, or has more than 38 digits")
    return found


def added(left: Decimal, right: Decimal) -> Decimal:
    try:
        return _NUMBERS.add(left, right)
    except ArithmeticError:
        raise Invalid(f"{left} + {right} has more than 38 digits") from None


def written(value: Decimal) -> str:
    """A number as DynamoDB gives it back: without leading and trailing zeros and without an exponent."""
    return format(value.normalize(_NUMBERS), "f") if value else "0"


def normal(attribute: Attribute) -> dict[str, Any]:
    """A value as it is kept: a copy, with every number in the one way in which it is given back."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return {"N": value if _KEPT_AS_IT_IS.fullmatch(value) else written(number(value))}
        case "M":
            return {"M": {name: normal(each) for name, each in value.items()}}
        case "L":
            return {"L": [normal(each) for each in value]}
        case "S" | "B" | "BOOL" | "NULL":
            return {kind: value}
    raise UnknownExpression(f"a value of the kind {kind}")


def bytes_of(attribute: Attribute) -> int:
    """About how many bytes of an item a value takes."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "B":
            return len(value)
        case "N":
            return len(value) // 2 + 2
        case "M":
            return 3 + sum(len(name.encode()) + bytes_of(each) + 1 for name, each in value.items())
        case "L":
            return 3 + sum(bytes_of(each) + 1 for each in value)
    return 1


_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "<>": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}
SIGNS = tuple(_SIGNS)


def compares(sign: str, left: Attribute | None, right: Attribute | None) -> bool:
    """What is missing compares with nothing, but differs from everything; only values of one kind have an order."""
    if left is None or right is None:
        return sign == "<>" and (left is None) != (right is None)
    ((left_kind, left_value),), ((right_kind, right_value),) = left.items(), right.items()
    if left_kind != right_kind:
        return sign == "<>"
    if sign not in ("=", "<>") and left_kind not in _ORDERED:
        return False
    return _SIGNS[sign](sortable(left_kind, left_value), sortable(right_kind, right_value))


def sortable(kind: str, value: Any) -> Any:
    """A value as DynamoDB sorts it: texts by their UTF-8 bytes."""
    match kind:
        case "N":
            return number(value)
        case "S":
            return value.encode()
        case "M" | "L":
            return normal({kind: value})
        case _:
            return value


def begins(whole: Attribute | None, beginning: Attribute | None) -> bool:
    """Whether a text begins with another; what is missing, or no text, does not."""
    if whole is None or beginning is None or "S" not in whole:
        return False
    return bool(whole["S"].startswith(beginning["S"]))


def size(attribute: Attribute | None) -> Attribute | None:
    """How many elements, members, bytes or characters; None for what has no size."""
    if attribute is None:
        return None
    ((kind, value),) = attribute.items()
    return {"N": str(len(value))} if kind in ("S", "B", "L", "M") else None
