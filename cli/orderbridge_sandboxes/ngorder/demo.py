"""Ngorder's demo account: a shop with two warehouses, and two suppliers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from orderbridge_sandboxes.goods import SITES, Customer, MappingRow, Product

SUPPLIER_ID: Final = 17118
SECOND_SUPPLIER_ID: Final = 17119
MAIN_WAREHOUSE_ID: Final = 0
SECOND_WAREHOUSE_ID: Final = 26
VARIATION: Final = 9_000_000
PRODUCT: Final = 3_000_000
CUSTOMER: Final = 6_000_000
PICKUP_AT_SHOP: Final = 98
BANK_ID: Final = 847
ORDER_SOURCE_ID: Final = 12

CREDENTIALS: Final = {"api_key": "sandbox-key-not-a-secret"}
SETTINGS: Final[dict[str, Any]] = {
    "supplier_id": SUPPLIER_ID,
    "warehouse_id": MAIN_WAREHOUSE_ID,
    "expedition": {"id": PICKUP_AT_SHOP, "rate": 0, "name": "Ambil di Toko"},
    "bank_id": BANK_ID,
    "order_source_id": ORDER_SOURCE_ID,
    "customer_category": "N",
    "stock": {"source": True, "rank": 1, "push": False},
}


def mappings(products: Sequence[Product], customers: Sequence[Customer]) -> list[MappingRow]:
    """The mapping rows for these goods and customers."""
    return [
        *(("product", product.code, _product(product)) for product in products),
        *(("customer", customer.code, CUSTOMER + customer.number) for customer in customers),
        ("site", SITES[0], {"supplier_id": SUPPLIER_ID, "warehouse_id": MAIN_WAREHOUSE_ID}),
        ("site", SITES[1], {"supplier_id": SECOND_SUPPLIER_ID, "warehouse_id": SECOND_WAREHOUSE_ID}),
    ]


def _product(product: Product) -> dict[str, Any]:
    return {"variation_id": VARIATION + product.number, "product_status": "S"}
