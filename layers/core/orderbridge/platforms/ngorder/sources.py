"""Variants at Ngorder by SKU, and customers by phone number; customers that are not there can be created.

A SKU is searched for by its text, which matches parts of others, so what comes back is compared (traps D6). A name
never identifies a customer (traps D44); the phone number comes from the channel's `address` mapping, and for a customer
at one of its sites the street does too.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from orderbridge.channels.lookups import FoundMappings
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.site_keys import AmbiguousKey, place_of
from orderbridge.platforms.ngorder import DEFINITION, Address
from orderbridge.platforms.ngorder.client import NgorderClient
from orderbridge.platforms.ngorder.endpoints import CreateCustomer, Customer, GetCustomers, Product, SearchProducts
from orderbridge.platforms.ngorder.replies import phone_digits
from orderbridge.platforms.sources import Ambiguous, Findings, the_one
from orderbridge.platforms.values import InvalidValue

PER_PAGE = 100
LONGEST_KEYWORD = 50


def find_mappings(client: NgorderClient, wanted: Collection[MappingKey], known: Mappings) -> FoundMappings:
    """What Ngorder tells of these keys; `known` are the channel's own mappings, of which `address` is used."""
    findings = Findings(DEFINITION, client.settings, wanted)
    findings.look(findings.wanted("product"), lambda need: _variation(client, need.key))
    findings.look(findings.wanted("customer"), lambda need: _customer(client, *_address(client, need, known)))
    return findings.found()


def _variation(client: NgorderClient, code: str) -> Any:
    products: list[Product] = list(client.every(SearchProducts(keyword=code), "id", PER_PAGE))
    hits = [
        (product, variation)
        for product in products
        for variation in product.variations or []
        if variation.sku == code and variation.id is not None
    ]
    found = the_one(hits, "variants")
    if found is None:
        return None
    product, variation = found
    same_id = [other for row in products for other in row.variations or [] if other.id == variation.id]
    if len(same_id) > 1:  # traps D4
        raise Ambiguous("its variation_id belongs to another SKU as well")
    return {"variation_id": variation.id, "product_status": product.product_type}


def _address(client: NgorderClient, need: MappingKey, known: Mappings) -> tuple[Address | None, bool]:
    """By what a customer is found or created, and whether it is one site's."""
    try:
        is_of_site = place_of(need).site is not None
        value = known.get(MappingKey("address", need.key))
        return None if value is None else DEFINITION.read_mapping("address", value, client.settings), is_of_site
    except (AmbiguousKey, InvalidValue):
        return None, False


def _customer(client: NgorderClient, address: Address | None, is_of_site: bool) -> Any:
    if address is None:
        return None
    found = _known_customer(client, address, is_of_site=is_of_site)
    if found is None and client.settings.create_customers:
        client.ask(
            CreateCustomer(
                name=address.name,
                phone=address.phone,
                district_id=address.district_id,
                address=address.address,
                postal_code=address.postal_code,
                email=address.email,
                category=client.settings.customer_category,
                is_active="Y",
            )
        )
        # Two workers may have created one each: then there are two, and a person decides.
        found = _known_customer(client, address, is_of_site=is_of_site)
    return None if found is None else {"customer_id": found.id}


def _known_customer(client: NgorderClient, address: Address, *, is_of_site: bool) -> Customer | None:
    digits = phone_digits(address.phone)
    # The search compares texts, and numbers are written with 0 and with 62 (traps D43): what they share is searched.
    request = GetCustomers(
        category=client.settings.customer_category, keyword=digits.removeprefix("62")[:LONGEST_KEYWORD], type="PHONE"
    )
    customers: list[Customer] = list(client.every(request, "id", PER_PAGE))
    found = [row for row in customers if row.phone and phone_digits(row.phone) == digits]
    if is_of_site:
        # The branches of one company often have one number, and the goods must not go to another branch.
        found = [row for row in found if _begins_with(row.address or "", address.address)]
    return the_one(found, "customers")


def _begins_with(shown: str, street: str) -> bool:
    """Whether an address that Ngorder shows, with its district behind it, is at this street."""
    shown, street = (" ".join(text.casefold().split()) for text in (shown, street))
    return shown.startswith(street) and not shown[len(street) :].strip()[:1].isalnum()
