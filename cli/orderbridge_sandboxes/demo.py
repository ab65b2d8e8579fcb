"""Each sandbox's demo account: credentials, settings, and the rows that map a partner's codes to its catalogue.

They are `CREDENTIALS`, `SETTINGS` and `mappings` in the module ``demo`` of the sandbox's package, in the shapes of
`orderbridge channels add` and `orderbridge mappings import`.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
from typing import Any, Final

from orderbridge_sandboxes.goods import CUSTOMERS, PRODUCTS, Customer, MappingRow, Product
from orderbridge_sandboxes.names import sandbox_names

_ACCOUNTS: Final = {name: importlib.import_module(f"orderbridge_sandboxes.{name}.demo") for name in sandbox_names()}

DEMO_CREDENTIALS: Final[dict[str, dict[str, str]]] = {name: each.CREDENTIALS for name, each in _ACCOUNTS.items()}
DEMO_SETTINGS: Final[dict[str, dict[str, Any]]] = {name: each.SETTINGS for name, each in _ACCOUNTS.items()}


def demo_settings(platform: str, base_url: str) -> dict[str, Any]:
    """The settings of a demo channel on the sandbox at `base_url`."""
    return {"base_url": base_url, **DEMO_SETTINGS[platform]}


def demo_mappings(platform: str, products: int = PRODUCTS, customers: int = CUSTOMERS) -> list[MappingRow]:
    """The mapping rows for a catalogue of that size."""
    goods = [Product(number) for number in range(1, products + 1)]
    people = [Customer(number) for number in range(1, customers + 1)]
    rows: list[MappingRow] = _ACCOUNTS[platform].mappings(goods, people)
    return rows


DEMO_MAPPINGS: Final[dict[str, list[MappingRow]]] = {platform: demo_mappings(platform) for platform in DEMO_SETTINGS}


def mappings_csv(rows: list[MappingRow]) -> str:
    """The rows as the CSV file that `orderbridge mappings import` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("kind", "key", "value"))
    for kind, key, value in rows:
        writer.writerow((kind, key, json.dumps(value) if isinstance(value, dict | list) else value))
    return out.getvalue()
