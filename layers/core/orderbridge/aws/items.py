"""Items as DynamoDB writes them, ``{"name": {"S": "text"}}``, and the plain values they stand for. Pure.

boto3 has the same in `boto3.dynamodb.types`, behind an import of all of boto3 that a cold start would pay for.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orderbridge.values.ids import ChannelRef

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


Item = dict[str, Any]
"""An item in DynamoDB's own JSON: ``{"name": {"S": "value"}}``."""


def item_bytes(item: Item) -> int:
    """The size of an item as DynamoDB counts it: its names and values in UTF-8, numbers by their digits.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _attribute_bytes(attribute) for name, attribute in item.items())


def _attribute_bytes(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(str(value).encode())
        case "N":
            digits = str(value).lstrip("-").replace(".", "").strip("0")
            return (len(digits) + 1) // 2 + 1 + str(value).startswith("-")
        case "B":
            return len(bytes(value))
        case "L":
            return 3 + sum(1 + _attribute_bytes(each) for each in value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _attribute_bytes(each) for name, each in value.items())
    return 1


DUE_SHARDS = 16


def to_item(values: Mapping[str, Any]) -> Item:
    """An item of plain values; None is left out, so that sparse indexes stay sparse."""
    return {name: to_attribute(value) for name, value in values.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values of an item; numbers are Decimal."""
    return {name: from_attribute(value) for name, value in item.items()}


def from_stream(image: Mapping[str, Any]) -> Item:
    """An item out of a stream record, where binary values come as Base64 text."""
    return {
        name: {"B": base64.b64decode(value["B"])} if isinstance(value.get("B"), str) else value
        for name, value in image.items()
    }


def keys(pk: str, sk: str) -> Item:
    return {"PK": {"S": pk}, "SK": {"S": sk}}


def due_shard(pk: str) -> str:
    """The shard of the due index an order and its forwards are in."""
    return f"{zlib.crc32(pk.encode()) % DUE_SHARDS:02d}"


def channel_refs(listed: list[dict[str, str]]) -> tuple[ChannelRef, ...]:
    """The channels in a list that an item has of them."""
    return tuple(ChannelRef(entry["name"], entry["platform"]) for entry in listed)
