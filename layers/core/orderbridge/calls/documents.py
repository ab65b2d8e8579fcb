"""JSON as platforms get it and give it: compact and exact going out, read without floats and within bounds coming in.

Every document has one spelling, so that a request that is sent again is the same bytes (invariant 3). What comes
in may be anything: the bounds below keep every reader of a document linear in its size, and the same on every Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Any

MAX_DEPTH = 64
"""How deep arrays and objects may lie in each other; the platforms' own go to 7."""

MAX_DIGITS = 40
"""The digits of a number written out without an exponent, before its point and behind it: more than anything has."""

_BEYOND = 10**MAX_DIGITS
_NUMBER = re.compile(
    rf"[+-]?(?:[0-9]{{1,{MAX_DIGITS}}}(?:\.[0-9]{{0,{MAX_DIGITS}}})?|\.[0-9]{{1,{MAX_DIGITS}}})(?:[eE][+-]?[0-9]{{1,3}})?"
)
# A string that does not end goes to the end of the text, so nothing is looked at twice.
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_SURROGATES = re.compile("[\ud800-\udfff]")


class NotJson(Exception):
    """The bytes are not one JSON document, or it lies deeper than `MAX_DEPTH`."""


@dataclass(frozen=True, slots=True)
class UnreadableNumber:
    """A number in JSON beyond `MAX_DIGITS`, which no reader takes for a number, a text or an id.

    It stands for the value alone, so that one odd number does not make the list around it unreadable.
    """

    beginning: str

    def __str__(self) -> str:
        return f"{self.beginning}…"


def exact_number(value: int | Decimal | str) -> Decimal:
    """The number itself, or that of a text in ASCII digits, with or without an exponent.

    Raises ValueError for another text, and for a number beyond `MAX_DIGITS`. Whatever passes is cheap to use: as an
    int, in plain digits, in every comparison.
    """
    if isinstance(value, int):
        if abs(value) >= _BEYOND:
            raise ValueError("no number within bounds")
        return Decimal(value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("no number within bounds")
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -MAX_DIGITS or number.adjusted() >= MAX_DIGITS:
        raise ValueError("no number within bounds")
    return number


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
    """The document in `body`, numbers with a fraction or an exponent as Decimal; raises `NotJson`.

    A number beyond bounds is an `UnreadableNumber`; half of a surrogate pair, which is no text that can be stored, is
    U+FFFD.
    """
    try:
        text = body.decode("utf-8-sig")
        if _is_too_deep(text):
            raise NotJson(f"JSON that is nested more than {MAX_DEPTH} levels deep")
        document = json.loads(text, parse_int=_whole, parse_float=_fraction, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # The reason would quote the body, which may hold anything.
        raise NotJson(f"{len(body)} bytes that are not JSON") from None
    return _with_whole_characters(document) if "\\ud" in text or "\\uD" in text else document


def _is_too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    brackets = _BRACKETS.findall(_STRING.sub("", text))
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > MAX_DEPTH


def _whole(text: str) -> int | UnreadableNumber:
    return int(text) if len(text) <= MAX_DIGITS else UnreadableNumber(text[:MAX_DIGITS])


def _fraction(text: str) -> Decimal | UnreadableNumber:
    try:
        return exact_number(text)
    except ValueError:
        return UnreadableNumber(text[:MAX_DIGITS])


def _with_whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_SURROGATES.sub("\ufffd", key): _with_whole_characters(item) for key, item in value.items()}
    return [_with_whole_characters(item) for item in value] if isinstance(value, list) else value


def _refuse(name: str) -> Any:
    raise ValueError(name)
