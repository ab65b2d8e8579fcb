"""Customers and products at SalesMania by our own codes: ext_cust_no, ext_product_code and sku (facts 2).

Prices are not taken from there: what a partner pays is the channel's business, not the catalogue's.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from orderbridge.calls.asking import read_as
from orderbridge.calls.endpoints import Request
from orderbridge.calls.numbers import id_or_none
from orderbridge.calls.paging import Page, Row, all_rows
from orderbridge.channels.lookups import FoundMappings
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.site_keys import place_of
from orderbridge.platforms.salesmania import DEFINITION
from orderbridge.platforms.salesmania.client import SalesmaniaClient, list_page
from orderbridge.platforms.salesmania.endpoints import Customer, GetCustomers, GetProducts, Product
from orderbridge.platforms.sources import Findings, given, the_one

PAGE_SIZE = 100


def find_mappings(
    client: SalesmaniaClient,
    wanted: Collection[MappingKey],
    known: Mappings,  # noqa: ARG001 - what is known says nothing more about the rest
) -> FoundMappings:
    """What SalesMania tells of these keys; each list is read once, and only where something of it is wanted."""
    findings = Findings(DEFINITION, client.settings, wanted)

    @cache
    def customers() -> list[Customer]:
        return [read_as(Customer, row) for row in every_row(client, GetCustomers())]

    @cache
    def products() -> list[Product]:
        return [read_as(Product, row) for row in every_row(client, GetProducts())]

    findings.look(findings.wanted("customer"), lambda need: _customer(customers(), need))
    findings.look(findings.wanted("product"), lambda need: _product(products(), need.key))
    return findings.found()


def _customer(customers: list[Customer], need: MappingKey) -> Any:
    """The customer of this code; nothing there is one site's, so a customer known by its sites alone is not found."""
    place = place_of(need)
    if place.site is not None:
        return None
    found = the_one((row for row in customers if row.ext_cust_no == place.customer), "customers")
    return None if found is None else {"customer_id": found.id}


def _product(products: list[Product], code: str) -> Any:
    found = the_one((row for row in products if code in (row.ext_product_code, row.sku)), "products")
    if found is None:
        return None
    pieces = [unit.name for unit in found.product_units or [] if unit.ratio == 1 and unit.name]
    return dict(given(product_id=found.id, unit=pieces[0] if len(pieces) == 1 else None))


def every_row(client: SalesmaniaClient, request: Request[Any]) -> list[Row]:
    """A list to its end; raises `ListFailed`."""

    def page(number: int, size: int) -> Page:
        return list_page(client, request, number, size)

    return list(all_rows(page, lambda row: id_or_none(row.get("id")), PAGE_SIZE))
