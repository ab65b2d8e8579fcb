"""Mappings: what a partner's codes mean at one channel, and what is missing when they do not mean anything yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

MappingKind = Literal["route", "product", "customer", "site", "sales", "price", "unit", "cost", "address"]
KINDS: tuple[MappingKind, ...] = get_args(MappingKind)


@dataclass(frozen=True, slots=True, order=True)
class MappingKey:
    """One thing that can be mapped: its kind, and the partner's code for it (normalised by `of`)."""

    kind: MappingKind
    key: str

    @classmethod
    def of(cls, kind: MappingKind, key: str) -> MappingKey:
        """The key with outer space removed and inner space collapsed; names of sales people ignore case."""
        text = " ".join(key.split())
        return cls(kind, text.casefold() if kind == "sales" else text)


Mappings = Mapping[MappingKey, Any]
"""The values known for a channel, as parsed JSON; numbers with a fraction are Decimal."""


class MissingMappings(Exception):
    """An order cannot be expressed at a channel; `keys` is everything that is missing, in a stable order."""

    def __init__(self, keys: Iterable[MappingKey]) -> None:
        self.keys = tuple(sorted(set(keys), key=lambda need: (KINDS.index(need.kind), need.key)))
        super().__init__(", ".join(f"{need.kind}:{need.key}" for need in self.keys))
