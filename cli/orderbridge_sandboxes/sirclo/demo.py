"""SIRCLO's demo account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from orderbridge_sandboxes.goods import Customer, MappingRow, Product

PRODUCT: Final = 200_000

CREDENTIALS: Final = {
    "partner_id": "SANDBOX1",
    "partner_secret": "sandbox-partner-secret-not-a-secret",
    "api_key": "sandbox-api-key",
    "api_secret": "sandbox-api-secret-not-a-secret",
}
SETTINGS: Final[dict[str, Any]] = {
    "revision": "2019-07",
    "stock_path": "/v1/partner/product/stock",
    "stock": {"source": True, "rank": 2, "push": False},
}


def mappings(products: Sequence[Product], customers: Sequence[Customer]) -> list[MappingRow]:
    """The mapping rows for these goods and customers."""
    return [
        *(("product", product.code, _product(product)) for product in products),
        *(("customer", customer.code, _delivery(customer)) for customer in customers),
    ]


def _product(product: Product) -> dict[str, Any]:
    number = PRODUCT + product.number
    return {"sku": product.code, "id": number, "name": product.name, "price": product.price}


def _delivery(customer: Customer) -> dict[str, Any]:
    return {
        "delivery_name": customer.name,
        "delivery_email": f"{customer.code.lower()}@example.com",
        "delivery_region": "DKI Jakarta",
        "delivery_city": "Jakarta Barat",
        "delivery_suburb": "Cengkareng",
        "delivery_country": "Indonesia",
        "delivery_post_code": "11720",
        "delivery_method": "JNE REG",
        "delivery_mobile": customer.phone,
    }
