"""SalesMania's demo account: one database, and a team for the one sales person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from orderbridge_sandboxes.goods import SALES_NAME, Customer, MappingRow, Product

DATABASE_ID: Final = 2981
TEAM_ID: Final = 24728
PRODUCT: Final = 500_000
CUSTOMER: Final = 70_000

CREDENTIALS: Final = {"username": "sandbox-user", "password": "sandbox-password-not-a-secret"}
SETTINGS: Final[dict[str, Any]] = {"database_id": DATABASE_ID, "stock": {"source": False, "rank": 3, "push": True}}


def mappings(products: Sequence[Product], customers: Sequence[Customer]) -> list[MappingRow]:
    """The mapping rows for these goods and customers."""
    return [
        *(("product", product.code, _product(product)) for product in products),
        *(("customer", customer.code, CUSTOMER + customer.number) for customer in customers),
        ("sales", SALES_NAME, TEAM_ID),
    ]


def _product(product: Product) -> dict[str, Any]:
    return {"product_id": PRODUCT + product.number, "unit": "PCS", "price": product.price}
