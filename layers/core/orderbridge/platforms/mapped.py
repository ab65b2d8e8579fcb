"""The mappings of one order at one channel, read through the platform's models, with a list of what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orderbridge.channels.mapping import MappingKey, MappingKind, Mappings, MissingMappings
from orderbridge.channels.site_keys import PER_SITE, any_site, customer_key, site_key
from orderbridge.orders.order import Order, SalesOrder
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.values import InvalidValue


class MappedOrder:
    """Looks up mapping values for one order and remembers every one that is missing, so that all are reported at once.

    A stored value that the platform's model does not accept (a row written for another revision, say) counts as
    missing: the order waits for a better one.
    """

    def __init__(
        self, definition: PlatformDefinition[Any, Any], settings: Any, mappings: Mappings, content: SalesOrder
    ) -> None:
        self._definition = definition
        self._settings = settings
        self._mappings = mappings
        self._customer, self._site = content.customer_code, content.site_code
        self._missing: set[MappingKey] = set()
        self._reasons: dict[MappingKey, str] = {}

    def find(self, kind: MappingKind, key: str) -> Any:
        """The value, or None where there is none or an unusable one."""
        return self._value(MappingKey.of(kind, key))

    def need(self, kind: MappingKind, key: str) -> Any:
        """The value; where there is none it is noted as missing."""
        value = self.find(kind, key)
        if value is None:
            self.miss(kind, key)
        return value

    def miss(self, kind: MappingKind, key: str, reason: str | None = None) -> None:
        """Note something as missing; `reason` says why what is mapped is of no use."""
        self._miss(MappingKey.of(kind, key), reason)

    # --- the customer, who may be another one at each site ------------------------------------------------------------

    def of_site(self, kind: MappingKind) -> Any:
        """The customer's value for this order's site; None where there is none or an unusable one."""
        key = site_key(kind, self._customer, self._site)
        return None if key is None else self._value(key)

    def of_customer(self, kind: MappingKind) -> Any:
        """The customer's own value, for every site that has none; None where there is none or an unusable one."""
        return self._value(customer_key(kind, self._customer))

    def need_customer(self) -> Any:
        """The customer at this order's site, or else its own; where there is none it is noted as missing."""
        at_site = self.of_site("customer")
        value = self.of_customer("customer") if at_site is None else at_site
        if value is None:
            self.miss_customer()
        return value

    def miss_customer(self, kind: MappingKind = "customer", reason: str | None = None) -> None:
        """Note a row of the customer as missing: the site's, if the customer is known by its sites alone."""
        self.miss_row(kind, reason, of_site=self.is_known_by_sites_alone)

    def miss_row(self, kind: MappingKind, reason: str | None = None, *, of_site: bool) -> None:
        """Note the customer's row for this order's site as missing, or its own."""
        of_this_site = site_key(kind, self._customer, self._site) if of_site else None
        self._miss(customer_key(kind, self._customer) if of_this_site is None else of_this_site, reason)

    @property
    def is_known_by_sites_alone(self) -> bool:
        """Whether the customer has rows for some sites, and none of its own: what is right there is wrong elsewhere."""
        if any(customer_key(kind, self._customer) in self._mappings for kind in PER_SITE):
            return False
        return any(
            key in self._mappings
            for kind in PER_SITE
            for key in (any_site(kind, self._customer), site_key(kind, self._customer, self._site))
        )

    # ------------------------------------------------------------------------------------------------------------------

    def _value(self, needed: MappingKey) -> Any:
        if needed not in self._mappings:
            return None
        try:
            return self._definition.read_mapping(needed.kind, self._mappings[needed], self._settings)
        except InvalidValue as invalid:
            self._miss(needed, f"cannot be used: {invalid}")
            return None

    def _miss(self, needed: MappingKey, reason: str | None) -> None:
        self._missing.add(needed)
        if reason is not None:
            self._reasons[needed] = reason

    def raise_if_missing(self) -> None:
        """Raises `MissingMappings` with everything noted so far."""
        if self._missing:
            raise MissingMappings(self._missing, self._reasons)


def keys_of(
    order: Order, per_product: Iterable[MappingKind], others: Iterable[tuple[MappingKind, str]] = ()
) -> set[MappingKey]:
    """The keys of an order: `per_product` kinds for each of its products, and the others as given."""
    codes = {line.product_code for line in order.content.products}
    keys = {MappingKey.of(kind, code) for kind in per_product for code in codes}
    return keys | {MappingKey.of(kind, key) for kind, key in others}
