"""A customer's mappings per site in the table, and the call that only an unknown customer costs."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.site_keys import PER_SITE, any_site, customer_key, customer_keys, read_key
from orderbridge.channels.table import TableMappings
from orderbridge.values.ids import ChannelRef
from tests.fakes import samples
from tests.integration.deployed import Deployed

SHOP = ChannelRef("shop", "sirclo")

CONTENT = samples.order().content.model_copy(update={"customer_code": "C", "site_code": "S"})
WANTED = customer_keys(PER_SITE, CONTENT)
MARKER = any_site("address", "C")


@pytest.fixture
def mappings(dynamodb: Any, deployed: Deployed) -> TableMappings:
    return TableMappings(dynamodb, deployed.table)


def keep(mappings: TableMappings, *keys: MappingKey | None) -> None:
    mappings.keep_found(SHOP, {key: "here" for key in keys if key is not None}, "2025-01-01T00:00:00.000Z")


def test_a_row_for_some_site_is_reported_where_nothing_else_of_the_customer_is_known(mappings: TableMappings) -> None:
    keep(mappings, customer_key("customer", "C@X"), customer_key("address", "C@X"), customer_key("address", "CC"))
    assert mappings.read(SHOP, WANTED) == {}
    keep(mappings, read_key("address", "C@ELSEWHERE"))
    assert mappings.read(SHOP, WANTED) == {MARKER: True}
    assert mappings.read(ChannelRef("other", "sirclo"), WANTED) == {}
    own = customer_key("customer", "C")
    keep(mappings, own)
    assert mappings.read(SHOP, WANTED) == {own: "here"}


def test_a_customer_that_is_known_costs_no_further_call(
    mappings: TableMappings, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = dynamodb.get_paginator
    monkeypatch.setattr(dynamodb, "get_paginator", lambda name: asked.append(name) or ask(name))
    keep(mappings, read_key("customer", "C@S"))
    mappings.read(SHOP, WANTED)
    assert asked == []
    mappings.read(ChannelRef("other", "sirclo"), WANTED)
    assert asked == ["query", "query"]
