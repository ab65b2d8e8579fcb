"""Whatever an order may say, its keys have a place in the table: DynamoDB's limits, held against the longest order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orderbridge.aws.items import Item
from orderbridge.channels.mapping import MAX_KEY_BYTES, MappingKey
from orderbridge.channels.table import mapping_item
from orderbridge.forwarding.forward.states import Forward, new_forward
from orderbridge.forwarding.forward.waiting import park_for_mappings
from orderbridge.forwarding.items import forward_item
from orderbridge.orders import table as order_table
from orderbridge.orders.order import MAX_LINES, Order, order_reference, parse_sales_order
from orderbridge.partners import table as partner_table
from orderbridge.platforms.ngorder import mapper as ngorder
from orderbridge.platforms.salesmania import mapper as salesmania
from orderbridge.platforms.sirclo import mapper as sirclo
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.table import stock_item
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.values.times import from_iso
from tests.fakes.samples import order_body

PARTITION_KEY_BYTES = 2048
SORT_KEY_BYTES = 1024
ITEM_BYTES = 400 * 1024
INDEX_SORT_KEYS = ("created_key", "due_at", "waiting_since")
INDEX_PARTITION_KEYS = ("code", "partner_day", "due_shard", "waiting", "registry")

NOW = "2025-01-01T00:00:00.000Z"
CHANNEL = ChannelRef("c" * 64, "salesmania")
CLIENT_ID = "p" * 64


def longest_order(character: str) -> Order:
    """An order whose every text is as long as it may be, of one character, on as many lines as there may be."""
    codes = [f"{number:03d}" + character * 97 for number in range(MAX_LINES)]
    name = character * min(200, MAX_KEY_BYTES // len(character.casefold().encode()))
    body = order_body(
        customer_code=character * 100,
        site_code=character * 100,
        sales_name=name,
        address=character * 1000,
        purchase_order_no=character * 128,
        products=[{"product_code": code, "quantity": 1} for code in codes],
    )
    content = parse_sales_order(body)
    return Order(
        key=OrderKey.of(CLIENT_ID, order_reference(content, None, "1735689600", body)),
        code="SO-20250101-" + "9" * 12,
        content=content,
        content_hash=content.content_hash(),
        created_at=NOW,
        order_date="2025-01-01",
        status="DRAFT",
        channels=(CHANNEL,),
        signed_by="kid",
        due_at=NOW,
    )


def every_mapping_key(order: Order) -> set[MappingKey]:
    keys = salesmania.mapping_keys(order) | sirclo.mapping_keys(order) | ngorder.mapping_keys(order)
    return {*keys, MappingKey.of("route", order.content.site_code)}


def sizes(item: Item) -> dict[str, int]:
    return {name: len(str(next(iter(value.values()))).encode()) for name, value in item.items()}


def require_room(item: Item) -> None:
    found = sizes(item)
    assert 0 < found["PK"] <= PARTITION_KEY_BYTES
    assert 0 < found["SK"] <= SORT_KEY_BYTES
    assert all(0 < found.get(name, 1) <= PARTITION_KEY_BYTES for name in INDEX_PARTITION_KEYS)
    assert all(0 < found.get(name, 1) <= SORT_KEY_BYTES for name in INDEX_SORT_KEYS)
    assert sum(len(name) + size for name, size in found.items()) < ITEM_BYTES


# Four bytes; two bytes that are six in lower case; three bytes that are one letter and a mark; one byte.
@pytest.mark.parametrize("character", ["\U0001f600", "\u0390", "\u1fb7", "x"])
def test_the_longest_order_there_can_be_has_a_place_wherever_it_goes(character: str) -> None:
    order = longest_order(character)
    needs = every_mapping_key(order)
    forward: Forward = new_forward(order.key, order.code, CHANNEL, from_iso(NOW), 60).forward
    parked = park_for_mappings(forward, salesmania.mapping_keys(order), from_iso(NOW)).forward

    require_room(order_table.order_item(order))
    require_room(order_table.order_item(replace(order, key=OrderKey.of(CLIENT_ID, "key:" + "~" * 128))))
    require_room(forward_item(forward))
    require_room(forward_item(parked))
    require_room(partner_table.route_item(CLIENT_ID, MappingKey.of("route", order.content.site_code).key, (CHANNEL,)))
    for need in needs:
        require_room(mapping_item(CHANNEL, need, "1"))
    for line in order.content.products:
        require_room(stock_item(StockLevel(CHANNEL.name, line.product_code, 1, NOW)))


def test_the_longest_key_that_can_be_imported_fits_every_item_it_is_in() -> None:
    key = "k" * MAX_KEY_BYTES
    require_room(mapping_item(CHANNEL, MappingKey("product", key), "1"))
    require_room(partner_table.route_item(CLIENT_ID, key, (CHANNEL,)))
    require_room(stock_item(StockLevel(CHANNEL.name, key, 1, NOW)))
