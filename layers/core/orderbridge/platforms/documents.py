"""JSON as platforms get it and give it: compact and exact going out, read without floats coming in.

Every document has one spelling, so that a request that is sent again is the same bytes (DESIGN invariant 3).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


class NotJson(Exception):
    """The bytes are not one JSON document."""


def compact_json(document: Any) -> bytes:
    """`document` as UTF-8 JSON without spaces, keys in their own order, Decimal digit for digit.

    Takes dict, list, tuple, str, int, bool, None and finite Decimal; raises TypeError for float, which cannot hold
    money, and for anything else.
    """
    return "".join(_pieces(document)).encode()


def decimal_text(number: Decimal) -> str:
    """`number` in plain digits, without an exponent and without zeros at the end of a fraction."""
    if not number.is_finite():
        raise TypeError(f"{number} is not a JSON number")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _pieces(value: Any) -> list[str]:
    if value is None or isinstance(value, bool | int | str):
        return [json.dumps(value, ensure_ascii=False)]
    if isinstance(value, Decimal):
        return [decimal_text(value)]
    if isinstance(value, Mapping):
        members = [
            json.dumps(str(key), ensure_ascii=False) + ":" + "".join(_pieces(item)) for key, item in value.items()
        ]
        return ["{", ",".join(members), "}"]
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return ["[", ",".join("".join(_pieces(item)) for item in value), "]"]
    raise TypeError(f"{type(value).__name__} has no place in a request")


def read_json(body: bytes) -> Any:
    """The document in `body`, numbers with a fraction as Decimal; raises `NotJson`."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # The reason would quote the body, which may hold anything.
        raise NotJson(f"{len(body)} bytes that are not JSON") from None


def _refuse(name: str) -> Any:
    raise ValueError(name)
