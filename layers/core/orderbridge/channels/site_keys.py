"""Keys of mappings that may be one site's: ``CUSTOMER@SITE`` beside ``CUSTOMER`` (docs/interfaces.md#settings).

A literal ``@`` in a code is written ``@@``. Three of them in a row would be a code's own and the one between the codes,
in either order, so no such key is taken.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderbridge.channels.mapping import MappingKey, MappingKind

if TYPE_CHECKING:
    from orderbridge.orders.order import SalesOrder

PER_SITE: tuple[MappingKind, ...] = ("customer", "address")
_MARKS = re.compile("(@+)")


class AmbiguousKey(ValueError):
    """A key that names no customer, no site, or may be read in two ways; the message says which."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose a mapping is: a customer's, everywhere or at one site. The codes are as partners write them."""

    customer: str
    site: str | None = None


def place_of(need: MappingKey) -> Place:
    """What a key of one of the kinds `PER_SITE` names; raises `AmbiguousKey`."""
    codes = [""]
    for number, part in enumerate(_MARKS.split(need.key)):
        if number % 2 == 0 or len(part) % 2 == 0:
            codes[-1] += part.replace("@@", "@")
        elif len(part) > 1:
            raise AmbiguousKey(f"{part} may be read in two ways (a literal @ is written @@)")
        else:
            codes.append("")
    if len(codes) > 2:
        raise AmbiguousKey("the key names more than one site (a literal @ is written @@)")
    codes = [MappingKey.of(need.kind, code).key for code in codes]
    if not all(codes):
        raise AmbiguousKey("the key must be CUSTOMER or CUSTOMER@SITE (a literal @ is written @@)")
    return Place(*codes)


def read_key(kind: MappingKind, text: str) -> MappingKey:
    """A key as somebody wrote it; raises `AmbiguousKey`."""
    need = MappingKey.of(kind, text)
    if kind not in PER_SITE or not need.key:
        return need
    place = place_of(need)
    return customer_key(kind, place.customer) if place.site is None else _at(kind, place.customer, place.site)


def customer_key(kind: MappingKind, customer: str) -> MappingKey:
    """The key of a customer's own row, which counts at every site that has none."""
    return MappingKey.of(kind, _written(kind, customer))


def site_key(kind: MappingKind, customer: str, site: str) -> MappingKey | None:
    """The key of a customer's row for one site; None where nobody can write it."""
    need = _at(kind, customer, site)
    try:
        place_of(need)
    except AmbiguousKey:
        return None
    return need


def any_site(kind: MappingKind, customer: str) -> MappingKey:
    """What stands for a customer's having a row for some site; no row has this key (`ports.MappingStore`)."""
    return MappingKey.of(kind, _written(kind, customer) + "@")


def is_any_site(need: MappingKey) -> bool:
    """Whether a key is one of `any_site`."""
    marks = len(need.key) - len(need.key.rstrip("@"))
    return need.kind in PER_SITE and marks % 2 == 1


def is_of_some_site(marker: MappingKey, key: str) -> bool:
    """Whether a row's key is of a site of the customer for whom the marker (`any_site`) is."""
    return key.startswith(marker.key) and not key.startswith(marker.key + "@")


def customer_keys(kinds: Iterable[MappingKind], content: SalesOrder) -> set[MappingKey]:
    """Every key by which the customer of an order may be known at its site."""
    customer, site = content.customer_code, content.site_code
    keys = {key for kind in kinds for key in (customer_key(kind, customer), any_site(kind, customer))}
    return keys | {key for kind in kinds if (key := site_key(kind, customer, site)) is not None}


def helped(imported: Collection[MappingKey]) -> frozenset[MappingKey]:
    """The keys whose lack may be over once these were imported; ask with `helps`.

    A customer's rows stand for each other: the address by which it is created, its own row in the place of a site's.
    """
    keys = set(imported)
    for need in imported:
        if need.kind in PER_SITE:
            place = place_of(need)
            for kind in PER_SITE:
                keys.add(customer_key(kind, place.customer))
                of_site = any_site(kind, place.customer) if place.site is None else None
                keys.add(of_site or _at(kind, place.customer, place.site or ""))
    return frozenset(keys)


def helps(keys: frozenset[MappingKey], need: MappingKey) -> bool:
    """Whether a forward that lacks `need` is to be looked at again, by what `helped` returned."""
    if need in keys:
        return True
    customer, mark, _ = need.key.rpartition("@")
    return bool(mark) and need.kind in PER_SITE and MappingKey(need.kind, customer + mark) in keys


def _at(kind: MappingKind, customer: str, site: str) -> MappingKey:
    return MappingKey.of(kind, f"{_written(kind, customer)}@{_written(kind, site)}")


def _written(kind: MappingKind, code: str) -> str:
    return MappingKey.of(kind, code).key.replace("@", "@@")
