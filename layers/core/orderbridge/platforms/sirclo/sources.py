"""Products at SIRCLO by SKU, from its stock list; it keeps no customers."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from orderbridge.channels.lookups import FoundMappings
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.platforms.sirclo import DEFINITION
from orderbridge.platforms.sirclo.client import SircloClient
from orderbridge.platforms.sirclo.endpoints import Stock
from orderbridge.platforms.sirclo.stock import StockList
from orderbridge.platforms.sources import Findings, given, the_one


def find_mappings(client: SircloClient, wanted: Collection[MappingKey], known: Mappings) -> FoundMappings:  # noqa: ARG001
    """What SIRCLO tells of these keys; the list is read once, and only where a product is wanted."""
    findings = Findings(DEFINITION, client.settings, wanted)

    @cache
    def levels() -> list[Stock]:
        return StockList(client).levels()

    findings.look(findings.wanted("product"), lambda need: _product(levels(), need.key))
    return findings.found()


def _product(levels: list[Stock], code: str) -> Any:
    found = the_one((row for row in levels if row.sku == code), "products")
    return None if found is None else dict(given(sku=found.sku, id=found.id, name=found.name))
