"""Values as DynamoDB writes them, ``{"S": "text"}``, and back.

boto3 has the same in `boto3.dynamodb.types`, behind an import of all of boto3 that a cold start would pay for.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Attribute = dict[str, Any]
"""One attribute value in DynamoDB's own JSON."""


def to_attribute(value: Any) -> Attribute:
    """The attribute of a str, int, finite Decimal, bool, bytes, None, list, tuple or dict of such.

    Raises TypeError for anything else; for float above all, which cannot hold what DynamoDB's numbers can.
    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case Decimal() if value.is_finite():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case list() | tuple():
            return {"L": [to_attribute(each) for each in value]}
        case Mapping():
            return {"M": {name: to_attribute(each) for name, each in value.items()}}
    raise TypeError(f"{type(value).__name__} has no place in an item")


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """The value of an attribute; numbers are Decimal."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "B" | "BOOL":
            return value
        case "N":
            return Decimal(value)
        case "L":
            return [from_attribute(each) for each in value]
        case "M":
            return {name: from_attribute(each) for name, each in value.items()}
        case "NULL":
            return None
    raise TypeError(f"an attribute of kind {kind} has no place in an item")
