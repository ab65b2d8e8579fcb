"""SIRCLO: a channel's settings and credentials, and the mapping values it takes (docs/interfaces.md#settings).

Two revisions are spoken: ``2019-07``, and ``2021-02``, the later public one (facts 3).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from orderbridge.channels.channel import CommonSettings
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.values import (
    AnyPrice,
    Document,
    HeaderText,
    InvalidValue,
    PlatformId,
    PlatformText,
    Price,
    SecretHeaderText,
    SecretText,
    read_value,
    reads,
)

Revision = Literal["2019-07", "2021-02"]


class Settings(CommonSettings):
    """A SIRCLO channel."""

    revision: Revision = "2019-07"
    stock_path: Annotated[str, Field(max_length=200, pattern=r"^/[!-~]+$")] = "/v1/partner/product/stock"
    """Where Get Stocks is. The document of 2019-07 prints the address of an older Get Order there (traps C9)."""
    payment_method: PlatformText = "Bank Transfer"
    unknown_customers: Literal["send", "wait"] = "send"
    """Whether an order of a customer without any row goes out under its customer_code, which 2019-07 allows."""

    @model_validator(mode="after")
    def _receives_only_where_it_can(self) -> Self:
        if self.stock.push and self.revision == "2019-07":
            raise ValueError("stock.push: revision 2019-07 has no call that sets stock (2021-02 has)")
        return self


class Credentials(Document):
    """The partner's secret, which signs; and a key with its secret, which 2019-07 wants for updates and stock."""

    partner_id: HeaderText
    partner_secret: SecretText
    api_key: SecretHeaderText
    api_secret: SecretHeaderText


class Product(Document):
    """A product there. 2019-07 wants its `id` on every line; a name that is absent is the SKU."""

    sku: PlatformText
    id: PlatformId | None = None
    name: PlatformText | None = None
    price: AnyPrice | None = None


class Delivery(Document):
    """Whom and where to deliver to. The street address is always the order's own."""

    delivery_name: PlatformText | None = None
    delivery_email: PlatformText | None = None
    delivery_mobile: PlatformText | None = None
    delivery_region: PlatformText | None = None
    delivery_city: PlatformText | None = None
    delivery_suburb: PlatformText | None = None
    delivery_country: PlatformText | None = None
    delivery_post_code: PlatformText | None = None
    delivery_method: PlatformText | None = None


def _product(value: Any, settings: Settings) -> Product:
    product = read_value(Product, value, plain="sku")
    if settings.revision == "2019-07" and product.id is None:
        raise InvalidValue("id: is required by revision 2019-07 (the product's id in Get Stocks)")
    return product


DEFINITION = PlatformDefinition(
    name="sirclo",
    title="SIRCLO",
    settings=Settings,
    credentials=Credentials,
    values={
        "product": _product,
        "customer": reads(Delivery, plain="delivery_name"),
        "address": reads(Delivery, plain="delivery_name"),
        "price": reads(Price, plain="price"),
    },
    adapter="orderbridge.platforms.sirclo.adapter:SircloAdapter",
)
