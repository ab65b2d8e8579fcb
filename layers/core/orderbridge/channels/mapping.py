"""Mappings: what a partner's codes mean at one channel, and what is missing when they do not mean anything yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, get_args

from orderbridge.values.text import caseless, compared

MappingKind = Literal["route", "product", "customer", "site", "sales", "price", "unit", "cost", "address"]
KINDS: tuple[MappingKind, ...] = get_args(MappingKind)

MAX_KEY_BYTES = 1000
"""The longest key; a sort key has 1,024 bytes, and a route's carries a prefix."""

JSON_BEGINS = ("{", "[", '"')
"""How a value begins that is JSON; any other is a plain id."""


@dataclass(frozen=True, slots=True, order=True)
class MappingKey:
    """One thing that can be mapped: its kind, and the partner's code for it, normalised by `of` to what is compared."""

    kind: MappingKind
    key: str
    as_written: str = field(default="", compare=False, repr=False)
    """What people are shown, where that is not the key itself."""

    @classmethod
    def of(cls, kind: MappingKind, key: str) -> MappingKey:
        """The key as codes are compared (`code_text`), whatever is in it; names of sales people ignore case."""
        text = compared(key)
        return cls(kind, caseless(text), text) if kind == "sales" else cls(kind, text)

    @property
    def shown(self) -> str:
        """The code as somebody wrote it."""
        return self.as_written or self.key


Mappings = Mapping[MappingKey, Any]
"""The values known for a channel, as `parse_value` reads them."""


def parse_value(text: str) -> Any:
    """A mapping's value: the JSON object, list or text that it begins as, else the very text.

    An id that stands alone is never taken for a number: ``007``, ``1E5`` and ``NaN`` are ids somewhere, and a platform
    whose ids or prices are numbers reads the digits itself. Numbers inside JSON are int or Decimal. Raises ValueError
    for a text that begins as JSON does and is none.
    """
    if not text.startswith(JSON_BEGINS):
        return text
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


class MissingMappings(Exception):
    """An order cannot be expressed at a channel; `keys` is everything that is missing, in a stable order.

    `reason` says why, in words, for those that are mapped and of no use all the same; None where none is.
    """

    def __init__(self, keys: Iterable[MappingKey], reasons: Mapping[MappingKey, str] | None = None) -> None:
        self.keys = tuple(sorted(set(keys), key=lambda need: (KINDS.index(need.kind), need.key)))
        why = {key: reasons[key] for key in self.keys if key in reasons} if reasons else {}
        self.reason = "; ".join(f"{need.kind}:{need.shown} {words}" for need, words in why.items()) or None
        super().__init__(", ".join(f"{need.kind}:{need.shown}" for need in self.keys))


def json_text(document: Any) -> str:
    """A document as JSON: whole numbers as such, and a fraction as its exact text, which every model reads back."""
    return json.dumps(document, default=_number)


def _number(number: Decimal) -> int | str:
    if number == int(number):
        return int(number)
    # A text with three places behind its dot is refused as ambiguous; a fourth says that it is a fraction.
    return f"{number:f}" + ("0" if number.as_tuple().exponent == -3 else "")


def mapping_text(value: Any) -> str:
    """The text of a value that a platform reported, which `parse_value` reads back to it."""
    if isinstance(value, str) and not value.startswith(JSON_BEGINS) and value == value.strip() != "":
        return value
    return json_text(value)


def value_of(text: str) -> Any:
    """A mapping's value; a text that is not the JSON it begins as is returned as it is, for the platform to refuse."""
    try:
        return parse_value(text)
    except ValueError:
        return text
