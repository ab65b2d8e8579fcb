"""The accounts and catalogues that the sandboxes begin with, and the rows that map a partner's codes to them.

All three platforms know the same goods and customers, PROD-001.. and CUST-001.., each under its own ids. The ids of
different kinds lie in different ranges, so that a product's id where a variant's belongs is refused.

`DEMO_CREDENTIALS[platform]` and `DEMO_SETTINGS[platform]` have the shapes of `orderbridge channels add`;
`DEMO_MAPPINGS[platform]` are the rows of `orderbridge mappings import`: (kind, key, value), where value is a plain id
or a JSON object.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any, Final

MappingRow = tuple[str, str, Any]

PRODUCTS: Final = 10
CUSTOMERS: Final = 3
SALES_NAME: Final = "John Doe"
SITES: Final = ("SITE-001", "SITE-002")

# SalesMania
DATABASE_ID: Final = 2981
TEAM_ID: Final = 24728
SALESMANIA_PRODUCT: Final = 500_000
SALESMANIA_CUSTOMER: Final = 70_000

# SIRCLO
SIRCLO_PRODUCT: Final = 200_000

# Ngorder
SUPPLIER_ID: Final = 17118
SECOND_SUPPLIER_ID: Final = 17119
MAIN_WAREHOUSE_ID: Final = 0
SECOND_WAREHOUSE_ID: Final = 26
NGORDER_VARIATION: Final = 9_000_000
NGORDER_PRODUCT: Final = 3_000_000
NGORDER_CUSTOMER: Final = 6_000_000
PICKUP_AT_SHOP: Final = 98
BANK_ID: Final = 847
ORDER_SOURCE_ID: Final = 12

_NAMES = (
    "Kaos Polos Hitam", "Kaos Polos Putih", "Kemeja Batik", "Sepatu Kanvas", "Tas Ransel",
    "Topi Rimba", "Celana Kargo", "Jaket Hujan", "Sandal Gunung", "Botol Minum",
)  # fmt: skip


@dataclass(frozen=True)
class Product:
    """A product of the sandboxes; `number` n is PROD-00n. Price in rupiah a piece."""

    number: int

    @property
    def code(self) -> str:
        """Our product code, and every platform's SKU."""
        return f"PROD-{self.number:03d}"

    @property
    def name(self) -> str:
        """What it is called."""
        return _NAMES[self.number - 1] if self.number <= len(_NAMES) else f"Barang {self.number}"

    @property
    def price(self) -> int:
        """Rupiah a piece."""
        return 15_000 + (self.number % 50) * 2_500

    @property
    def level(self) -> int:
        """The stock to begin with."""
        return 100 + self.number % 7 * 10


@dataclass(frozen=True)
class Customer:
    """A customer of the sandboxes; `number` n is CUST-00n."""

    number: int

    @property
    def code(self) -> str:
        """Our customer code."""
        return f"CUST-{self.number:03d}"

    @property
    def name(self) -> str:
        """What the customer is called."""
        return "Artia" if self.number == 1 else f"Toko Contoh {self.number}"

    @property
    def phone(self) -> str:
        """A number in the documents' own manner."""
        return f"0812{self.number:07d}"


DEMO_CREDENTIALS: Final[dict[str, dict[str, str]]] = {
    "salesmania": {"username": "sandbox-user", "password": "sandbox-password-not-a-secret"},
    "sirclo": {
        "partner_id": "SANDBOX1",
        "partner_secret": "sandbox-partner-secret-not-a-secret",
        "api_key": "sandbox-api-key",
        "api_secret": "sandbox-api-secret-not-a-secret",
    },
    "ngorder": {"api_key": "sandbox-key-not-a-secret"},
}

DEMO_SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "salesmania": {"database_id": DATABASE_ID, "stock": {"source": False, "rank": 3, "push": True}},
    "sirclo": {
        "revision": "2019-07",
        "stock_path": "/v1/partner/product/stock",
        "stock": {"source": True, "rank": 2, "push": False},
    },
    "ngorder": {
        "supplier_id": SUPPLIER_ID,
        "warehouse_id": MAIN_WAREHOUSE_ID,
        "expedition": {"id": PICKUP_AT_SHOP, "rate": 0, "name": "Ambil di Toko"},
        "bank_id": BANK_ID,
        "order_source_id": ORDER_SOURCE_ID,
        "customer_category": "N",
        "stock": {"source": True, "rank": 1, "push": False},
    },
}


def demo_settings(platform: str, base_url: str) -> dict[str, Any]:
    """The settings of a demo channel on the sandbox at `base_url`."""
    return {"base_url": base_url, **DEMO_SETTINGS[platform]}


def demo_mappings(platform: str, products: int = PRODUCTS, customers: int = CUSTOMERS) -> list[MappingRow]:
    """The mapping rows for a catalogue of that size."""
    goods = [Product(number) for number in range(1, products + 1)]
    people = [Customer(number) for number in range(1, customers + 1)]
    match platform:
        case "salesmania":
            return [
                *(("product", product.code, _salesmania_product(product)) for product in goods),
                *(("customer", customer.code, SALESMANIA_CUSTOMER + customer.number) for customer in people),
                ("sales", SALES_NAME, TEAM_ID),
            ]
        case "sirclo":
            return [
                *(("product", product.code, _sirclo_product(product)) for product in goods),
                *(("customer", customer.code, _delivery(customer)) for customer in people),
            ]
        case "ngorder":
            return [
                *(("product", product.code, _ngorder_product(product)) for product in goods),
                *(("customer", customer.code, NGORDER_CUSTOMER + customer.number) for customer in people),
                ("site", SITES[0], {"supplier_id": SUPPLIER_ID, "warehouse_id": MAIN_WAREHOUSE_ID}),
                ("site", SITES[1], {"supplier_id": SECOND_SUPPLIER_ID, "warehouse_id": SECOND_WAREHOUSE_ID}),
            ]
        case _:
            raise ValueError(f"there is no platform {platform}")


def _salesmania_product(product: Product) -> dict[str, Any]:
    return {"product_id": SALESMANIA_PRODUCT + product.number, "unit": "PCS", "price": product.price}


def _sirclo_product(product: Product) -> dict[str, Any]:
    number = SIRCLO_PRODUCT + product.number
    return {"sku": product.code, "id": number, "name": product.name, "price": product.price}


def _ngorder_product(product: Product) -> dict[str, Any]:
    return {"variation_id": NGORDER_VARIATION + product.number, "product_status": "S"}


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


DEMO_MAPPINGS: Final[dict[str, list[MappingRow]]] = {platform: demo_mappings(platform) for platform in DEMO_SETTINGS}


def mappings_csv(rows: list[MappingRow]) -> str:
    """The rows as the CSV file that `orderbridge mappings import` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("kind", "key", "value"))
    for kind, key, value in rows:
        writer.writerow((kind, key, json.dumps(value) if isinstance(value, dict | list) else value))
    return out.getvalue()
