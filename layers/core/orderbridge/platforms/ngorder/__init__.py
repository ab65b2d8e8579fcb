"""Ngorder: a channel's settings and credentials, and the mapping values it takes (docs/interfaces.md#settings).

Ngorder takes no prices: it sells at those of its own catalogue, by the customer's category.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from orderbridge.channels.channel import CommonSettings
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.values import (
    Amount,
    Document,
    PlatformId,
    PlatformText,
    SecretHeaderText,
    reads,
)

ProductStatus = Literal["S", "R", "PO"]
"""Own stock, from another supplier, or preorder; it must equal the product's own type (traps D9)."""


class Expedition(Document):
    """How the goods go. The default is pick-up at the shop, for 0 rupiah; `id` is a rate id (traps D7)."""

    id: PlatformId = 98
    rate: PlatformId = 0
    name: PlatformText = "Ambil di Toko"


class Settings(CommonSettings):
    """A Ngorder channel: one shop. `base_url` is without ``/api/open``."""

    supplier_id: PlatformId | None = None
    warehouse_id: PlatformId | None = None
    """0 is the main warehouse, Gudang Utama."""
    expedition: Expedition = Expedition()
    bank_id: PlatformId | None = None
    order_source_id: PlatformId | None = None
    customer_category: Annotated[str, Field(min_length=1, max_length=50)] = "N"
    create_customers: bool = False
    """Whether a customer with an `address` mapping, whom a look-up does not find, is created there."""


class Credentials(Document):
    """The account's key, renewed every year (traps D55)."""

    api_key: SecretHeaderText


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


class Product(Document):
    """A product variant there (never the product), and the product_status it is sold under."""

    variation_id: PlatformId
    product_status: Annotated[ProductStatus, BeforeValidator(_upper)]


class Customer(Document):
    """A customer there, who is both sender and receiver."""

    customer_id: PlatformId


class Site(Document):
    """Where a site's goods come from. Without a warehouse_id the order names none."""

    supplier_id: PlatformId | None = None
    warehouse_id: PlatformId | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.supplier_id is None and self.warehouse_id is None:
            raise ValueError("needs supplier_id, warehouse_id or both")
        return self


class Cost(Document):
    """What one piece of a product of type R costs, in rupiah."""

    cost: Amount


class Address(Document):
    """What is needed to create a customer there, where a look-up finds none."""

    name: PlatformText
    phone: Annotated[str, Field(pattern=r"^\+?\d{8,15}$")]
    district_id: PlatformId
    address: PlatformText
    postal_code: PlatformText | None = None
    email: PlatformText | None = None


def warehouse_of(site: Site | None, settings: Settings) -> int | None:
    """The warehouse that an order for a site names: the site's own, else the channel's; None where it names none.

    The channel's does not go with a supplier that the site names: it may be another supplier's.
    """
    return settings.warehouse_id if site is None else site.warehouse_id


DEFINITION = PlatformDefinition(
    name="ngorder",
    title="Ngorder",
    settings=Settings,
    credentials=Credentials,
    values={
        "product": reads(Product, plain="variation_id"),
        "customer": reads(Customer, plain="customer_id"),
        "site": reads(Site, plain="supplier_id"),
        "cost": reads(Cost, plain="cost"),
        "address": reads(Address),
    },
    adapter="orderbridge.platforms.ngorder.adapter:NgorderAdapter",
    warehouse_of=warehouse_of,
)
