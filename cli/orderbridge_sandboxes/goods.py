"""The goods and customers that all sandboxes know, PROD-001.. and CUST-001.., each under ids of its own.

The ids of different kinds lie in different ranges, so that a product's id where a variant's belongs is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

MappingRow = tuple[str, str, Any]
"""(kind, key, value) as `orderbridge mappings import` takes it; a value is a plain id or a JSON object."""

PRODUCTS: Final = 10
CUSTOMERS: Final = 3
SALES_NAME: Final = "John Doe"
SITES: Final = ("SITE-001", "SITE-002")

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
