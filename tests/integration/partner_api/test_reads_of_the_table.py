"""Orders, channels, mappings and stock, read from the table and its indexes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from orderbridge.aws import items
from orderbridge.aws import timeline as timelines
from orderbridge.channels import table as channel_table
from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.table import TableChannelOverview
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import new_forward
from orderbridge.orders import table as order_table
from orderbridge.partners import table as partner_table
from orderbridge.reading.table import TableOrderReads
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.table import TableStockReads, stock_item
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import to_iso
from tests.fakes import samples
from tests.fakes.steps import Clock
from tests.integration.partner_api.conftest import TABLE

SHOP, OTHER = ChannelRef("shop", "sirclo"), ChannelRef("other", "sirclo")

START = datetime(2025, 1, 1, tzinfo=UTC)
SETTINGS = {"base_url": "https://shop.example.com"}


def put(dynamodb: Any, *stored: items.Item) -> None:
    for each in stored:
        dynamodb.put_item(TableName=TABLE, Item=each)


def order_of(client_id: str, number: int, at: datetime) -> Any:
    return samples.order(
        f"SO-20250101-{number:05d}",
        key=OrderKey.of(client_id, f"po:{number}"),
        created_at=to_iso(at),
        order_date="2025-01-01",
    )


def test_an_order_is_found_by_its_code_with_its_forwards_and_timeline_and_without_frozen_requests(
    dynamodb: Any,
) -> None:
    order = order_of("acme", 1, START)
    created = new_forward(order.key, order.code, samples.SIRCLO, START, 60)
    assert created.entry is not None
    cancelled = TimelineEntry(to_iso(START + timedelta(hours=1)), "CancelRequested", None, "mistyped")
    put(
        dynamodb,
        order_table.order_item(order),
        forward_items.forward_item(created.to_store()),
        timelines.timeline_item(order_table.order_pk(order.key), cancelled),
        forward_items.request_keys(created.forward, "hash"),
    )
    reads = TableOrderReads(dynamodb, TABLE)

    key = reads.key_of_code(order.code)

    assert key == order.key
    view = reads.view(key)
    assert view is not None
    assert (view.order, list(view.forwards)) == (order, [created.to_store()])
    assert list(view.timeline) == [created.entry, cancelled]
    assert reads.key_of_code("SO-20250101-00002") is None
    assert reads.view(OrderKey.of("acme", "po:none")) is None


def test_a_partners_day_is_read_newest_first_and_from_behind_a_key(dynamodb: Any) -> None:
    orders = [order_of("acme", number, START + timedelta(minutes=number)) for number in range(30)]
    put(
        dynamodb,
        *(order_table.order_item(each) for each in orders),
        order_table.order_item(order_of("acme2", 99, START)),
    )
    reads = TableOrderReads(dynamodb, TABLE)
    day = date(2025, 1, 1)
    listed = list(reversed(orders))
    assert list(reads.of_day("acme", day, None)) == listed
    behind = f"{orders[20].created_at}#{orders[20].code}"
    assert list(reads.of_day("acme", day, behind)) == listed[10:]
    # A bare time is behind every order of that very millisecond.
    assert list(reads.of_day("acme", day, orders[20].created_at)) == listed[10:]
    assert list(reads.of_day("acme", date(2025, 1, 2), None)) == []


def test_the_indexes_of_orders_hold_keys_that_never_change_and_nothing_else(dynamodb: Any) -> None:
    """Every write of what an index holds is paid once more, and a page of a list reads up to a thousand orders."""
    put(dynamodb, order_table.order_item(order_of("acme", 1, START)))
    held = {
        index: set(dynamodb.scan(TableName=TABLE, IndexName=index)["Items"][0])
        for index in ("by_code", "by_partner_day")
    }
    assert held == {
        "by_code": {"PK", "SK", "code"},
        "by_partner_day": {"PK", "SK", "partner_day", "created_key"},
    }


@pytest.mark.parametrize("reference", ["po:7#8", "key:a", "body:" + "0" * 64])
def test_an_order_is_listed_whatever_it_is_stored_under(dynamodb: Any, reference: str) -> None:
    order = samples.order(key=OrderKey.of("acme", reference), order_date="2025-01-01")
    put(dynamodb, order_table.order_item(order))
    reads = TableOrderReads(dynamodb, TABLE)
    (found,) = reads.of_day("acme", date(2025, 1, 1), None)
    assert found == order
    assert reads.key_of_code(order.code) == order.key


STATE = {"SK": "STATE"}


def test_all_channels_are_read_with_their_breakers_and_remembered_for_a_while(dynamodb: Any) -> None:
    open_breaker = Breaker(failures=5, open_until="2025-01-01T00:00:30.000Z", reason="500", revision=3)
    put(
        dynamodb,
        channel_table.channel_item(Channel("a", "sirclo", SETTINGS)),
        channel_table.channel_item(Channel("b", "ngorder", SETTINGS)),
        items.to_item({**STATE, "PK": "BREAKER#sirclo#a", "breaker": channel_table.breaker_values(open_breaker)}),
        items.to_item({**STATE, "PK": "BREAKER#ngorder#b", "paused_reason": "401"}),
        items.to_item({**STATE, "PK": "BREAKER#sirclo#b", "paused_reason": "of a channel that is not there"}),
        partner_table.partner_item(samples.partner(keys=())),
    )
    clock = Clock()
    overview = TableChannelOverview(dynamodb, TABLE, 10, clock)
    listed = {channel.name: channel for channel in overview.list_channels()}
    assert listed["a"].breaker == open_breaker
    assert (listed["b"].state, listed["b"].paused_reason) == ("paused", "401")
    assert listed["b"].breaker.is_closed
    put(dynamodb, channel_table.channel_item(Channel("c", "sirclo", SETTINGS)))
    clock.move(9)
    assert len(overview.list_channels()) == 2
    clock.move(2)
    assert len(overview.list_channels()) == 3


def test_mapped_products_come_in_pages_and_stock_by_channel(dynamodb: Any) -> None:
    products = [f"P-{number:03d}" for number in range(25)]
    for product in products:
        put(dynamodb, channel_table.mapping_item(SHOP, MappingKey("product", product), "{}"))
    put(dynamodb, channel_table.mapping_item(SHOP, MappingKey("customer", "P-999"), "{}"))
    put(dynamodb, stock_item(StockLevel("shop", "P-001", 0, "2025-01-01T00:00:00.000Z")))
    stock = TableStockReads(dynamodb, TABLE)
    assert stock.mapped_products(SHOP, None, 10) == products[:10]
    assert stock.mapped_products(SHOP, "P-009", 100) == products[10:]
    assert stock.mapped_products(OTHER, None, 10) == []
    assert stock.is_mapped([OTHER, SHOP], "P-001")
    assert not stock.is_mapped([OTHER], "P-001")
    assert not stock.is_mapped([], "P-001")
    (level,) = stock.levels(["shop", "other"], products)
    assert (level.channel, level.product_code, level.available) == ("shop", "P-001", 0)
    assert list(stock.levels(["shop"], [])) == []
