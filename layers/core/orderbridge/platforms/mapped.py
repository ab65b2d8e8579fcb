"""The mappings of one order at one channel, read through the platform's models, with a list of what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orderbridge.domain.mapping import MappingKey, MappingKind, Mappings, MissingMappings
from orderbridge.domain.orders import Order
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.values import InvalidValue


class MappedOrder:
    """Looks up mapping values for one order and remembers every one that is missing, so that all are told at once.

    A stored value that the platform's model does not accept (a row written for another revision, say) counts as
    missing: the order waits for a better one.
    """

    def __init__(self, definition: PlatformDefinition[Any, Any], settings: Any, mappings: Mappings) -> None:
        self._definition = definition
        self._settings = settings
        self._mappings = mappings
        self._missing: set[MappingKey] = set()
        self._reasons: dict[MappingKey, str] = {}

    def find(self, kind: MappingKind, key: str) -> Any:
        """The value, or None where there is none or an unusable one."""
        needed = MappingKey.of(kind, key)
        if needed not in self._mappings:
            return None
        try:
            return self._definition.read_mapping(kind, self._mappings[needed], self._settings)
        except InvalidValue as invalid:
            self.miss(kind, key, f"cannot be used: {invalid}")
            return None

    def need(self, kind: MappingKind, key: str) -> Any:
        """The value; where there is none it is noted as missing."""
        value = self.find(kind, key)
        if value is None:
            self.miss(kind, key)
        return value

    def miss(self, kind: MappingKind, key: str, reason: str | None = None) -> None:
        """Note something as missing; `reason` says why what is mapped is of no use."""
        needed = MappingKey.of(kind, key)
        self._missing.add(needed)
        if reason is not None:
            self._reasons[needed] = reason

    def raise_if_missing(self) -> None:
        """Raises `MissingMappings` with everything noted so far."""
        if self._missing:
            raise MissingMappings(self._missing, self._reasons)


def keys_of(
    order: Order, per_product: Iterable[MappingKind], others: Iterable[tuple[MappingKind, str]]
) -> set[MappingKey]:
    """The keys of an order: `per_product` kinds for each of its products, and the others as given."""
    codes = {line.product_code for line in order.content.products}
    keys = {MappingKey.of(kind, code) for kind in per_product for code in codes}
    return keys | {MappingKey.of(kind, key) for kind, key in others}
