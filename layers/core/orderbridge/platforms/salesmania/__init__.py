"""SalesMania: a channel's settings and credentials, and the mapping values it takes (docs/interfaces.md#settings)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from orderbridge.channels.channel import CommonSettings
from orderbridge.platforms.definition import PlatformDefinition
from orderbridge.platforms.values import (
    AnyPrice,
    Document,
    PlatformId,
    PlatformText,
    Price,
    Ratio,
    SecretText,
    reads,
)


def _path(value: str) -> str:
    if not value.startswith("/") or value.startswith("//"):
        raise ValueError("must be a path such as /extapi/v1.0/token")
    return value


Path = Annotated[str, Field(max_length=200, pattern=r"^[!-~]+$"), AfterValidator(_path)]


class Paths(Document):
    """Where things are. Only `team_token`, `orders` and their version are in the document; the rest is inferred."""

    token: Path = "/extapi/v1.0/token"  # noqa: S105 - a path
    databases: Path = "/extapi/v1.0/databases"
    team_token: Path = "/extapi/v1.0/team_token"  # noqa: S105 - a path
    orders: Path = "/extapi/v1.0/orders"
    customers: Path = "/extapi/v1.0/customers"
    products: Path = "/extapi/v1.0/products"
    teams: Path = "/extapi/v1.0/teams"
    visits: Path = "/extapi/v1.1/visits"

    def by_name(self) -> dict[str, str]:
        """Each path by its name, as endpoints refer to it."""
        return {name: str(path) for name, path in self}


class Settings(CommonSettings):
    """A SalesMania channel: one database of one account."""

    database_id: PlatformId
    default_team_id: PlatformId | None = None
    """The team of orders whose sales_name has no mapping; without it such an order is NEEDS_MAPPING."""
    paths: Paths = Paths()


class Credentials(Document):
    """The account that logs in with HTTP Basic."""

    username: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^:]+$")]
    password: SecretText


class Product(Document):
    """A product there, the unit it is ordered in, how many pieces that unit holds, and the price of one such unit."""

    product_id: PlatformId
    unit: PlatformText | None = None
    ratio: Ratio = 1
    divisible: bool = False
    price: AnyPrice | None = None


class Unit(Document):
    """The unit a product is ordered in, instead of the product mapping's: its name and how many pieces it holds.

    An order counts pieces. An order of 13 in boxes of 12 waits for a mapping unless the unit is `divisible`.
    """

    unit: PlatformText
    ratio: Ratio = 1
    divisible: bool = False

    def quantity_of(self, pieces: int) -> Decimal | None:
        """`pieces` in this unit, exactly and to six places at most; None where that is not possible."""
        millionths, rest = divmod(pieces * 10**6, self.ratio)
        if rest or (millionths % 10**6 and not self.divisible):
            return None
        return Decimal(millionths).scaleb(-6)


class Customer(Document):
    """A customer there."""

    customer_id: PlatformId


class SalesPerson(Document):
    """The team there that a sales person belongs to."""

    team_id: PlatformId


DEFINITION = PlatformDefinition(
    name="salesmania",
    title="SalesMania",
    settings=Settings,
    credentials=Credentials,
    values={
        "product": reads(Product, plain="product_id"),
        "customer": reads(Customer, plain="customer_id"),
        "sales": reads(SalesPerson, plain="team_id"),
        "unit": reads(Unit, plain="unit"),
        "price": reads(Price, plain="price"),
    },
    adapter="orderbridge.platforms.salesmania.adapter:SalesmaniaAdapter",
    cannot_look="SalesMania has no call that lists or searches orders",  # traps B18
    # Update order takes a status text only (traps B19).
    cannot_cancel="SalesMania has no call that cancels an order; it is cancelled by hand in its own application",
)
