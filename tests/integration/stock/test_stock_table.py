"""Levels and runs in the table: one holder at a time, the newest read wins, an unchanged level costs nothing."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.table import mapping_item
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.lists import ListedLevel, Snapshot, StockPage
from orderbridge.stock.runs import Progress, StockRun
from orderbridge.stock.runs_table import PART_BYTES, TableStockRuns
from orderbridge.stock.table import TableStockLevels, TableStockReads, read_stock_level, stock_item
from orderbridge.values.leases import Lease, LeaseLost
from tests.integration.simulated import simulated_table

SHOP = Channel("shop", "sirclo", {})

NOW = datetime(2025, 1, 1, tzinfo=UTC)
EARLY, LATE = "2025-01-01T00:00:00.000Z", "2025-01-02T00:00:00.000Z"


@pytest.fixture(params=["moto", "simulated"])
def client(request: pytest.FixtureRequest) -> Any:
    """The table on moto, and on the proof's simulation."""
    return request.getfixturevalue("client") if request.param == "moto" else simulated_table()


@pytest.fixture
def levels(client: Any) -> TableStockLevels:
    return TableStockLevels(client, "t", sleep=lambda _: None)


@pytest.fixture
def runs(client: Any) -> TableStockRuns:
    return TableStockRuns(client, "t")


@pytest.fixture
def run(runs: TableStockRuns) -> StockRun:
    """A run of the channel `shop` that holds it."""
    return runs.save(StockRun("shop").claimed("run-1", NOW))


def level(code: str, available: int = 5, at: str = EARLY, **more: Any) -> StockLevel:
    return StockLevel("shop", code, available, at, **more)


def test_a_level_is_stored_and_read_with_all_that_belongs_to_it() -> None:
    full = level(
        "P", unread_since=LATE, in_warehouses=True, warehouses={0: 7, 26: 0}, pushed=0, pushed_at=LATE, drift_since=LATE
    )
    assert read_stock_level(stock_item(full)) == full
    assert read_stock_level(stock_item(level("P"))) == level("P")
    assert set(stock_item(level("P"))) == {"PK", "SK", "channel", "product_code", "available", "as_of"}


def test_levels_and_products_come_in_the_order_of_their_codes(
    levels: TableStockLevels, run: StockRun, client: Any
) -> None:
    codes = ["b", "a", "A", "Z", "é", "10", "9", "€", "𝄞", "\uffff"]
    levels.write(run, [level(code) for code in codes])
    for code in codes:
        client.put_item(TableName="t", Item=mapping_item(SHOP, MappingKey("product", code), '{"sku": "x"}'))
        client.put_item(TableName="t", Item=mapping_item(SHOP, MappingKey("price", code), "1"))
    assert [each.product_code for each in levels.levels("shop")] == sorted(codes)
    assert list(levels.products(SHOP)) == [(code, {"sku": "x"}) for code in sorted(codes)]
    assert set(levels.find("shop", ["a", "none", "a"])) == {"a"}
    assert levels.mapped(SHOP, ["é", "none"]) == {"é": {"sku": "x"}}
    assert list(levels.levels("another")) == []


def test_more_than_a_transaction_holds_is_written(levels: TableStockLevels, run: StockRun) -> None:
    many = [level(f"P{number:04d}") for number in range(250)]
    levels.write(run, many)
    levels.write(run, [], gone=[each.product_code for each in many[:120]])
    assert [each.product_code for each in levels.levels("shop")] == [each.product_code for each in many[120:]]


def test_the_newest_read_wins_and_stops_no_other_level(levels: TableStockLevels, run: StockRun) -> None:
    levels.write(run, [level("new", 7, LATE), level("old", 1, EARLY)])
    levels.write(run, [level("new", 5, EARLY), level("old", 2, EARLY), level("fresh", 3, EARLY)])
    assert {each.product_code: each.available for each in levels.levels("shop")} == {"new": 7, "old": 2, "fresh": 3}


def test_a_run_that_has_lost_its_channel_writes_nothing(
    levels: TableStockLevels, runs: TableStockRuns, run: StockRun
) -> None:
    levels.write(run, [level("P", 5)])
    runs.save(replace(run, lease=run.lease.taken("run-2", NOW)))
    with pytest.raises(LeaseLost):
        levels.write(run, [level("P", 9, LATE)])
    assert levels.find("shop", ["P"])["P"].available == 5


def test_of_two_claims_one_is_lost(runs: TableStockRuns) -> None:
    runs.save(StockRun("shop").claimed("run-1", NOW))
    with pytest.raises(LeaseLost):
        runs.save(StockRun("shop").claimed("run-2", NOW))


def test_a_run_is_stored_and_read_with_all_that_belongs_to_it(runs: TableStockRuns) -> None:
    progress = Progress("reading", EARLY, {"read": 1, "problems": [["P", "é"]]}, "run-1", 3)
    kept = StockRun("shop", Lease("run-1", LATE), EARLY, "why", 7, ("A", "B"), progress, asked_to="B")
    saved = runs.save(kept)
    assert saved.revision == 1
    assert runs.read(["shop", "none"]) == {"shop": saved}
    bare = runs.save(StockRun("bare"))
    assert runs.read(["bare"]) == {"bare": bare}


def test_a_snapshot_larger_than_an_item_is_kept_and_read_back(runs: TableStockRuns, client: Any) -> None:
    snapshot = Snapshot(EARLY)
    keys = [os.urandom(12).hex() for _ in range(40_000)]
    snapshot.add(StockPage(keys, [ListedLevel(key, number) for number, key in enumerate(keys)], has_more=True))
    snapshot.confirm(ListedLevel(keys[0], None, "unreadable", in_warehouses=True))
    snapshot.confirm(ListedLevel.kept(keys[1], {0: 5, 26: 0}, None))
    parts = runs.keep_snapshot("shop", "run-1", snapshot)
    assert parts > 1
    assert runs.kept_snapshot("shop", "run-1", parts) == snapshot
    stored = client.scan(TableName="t")["Items"]
    assert all(len(item["data"]["B"]) <= PART_BYTES and "expires_at" in item for item in stored)
    client.delete_item(TableName="t", Key={name: stored[0][name] for name in ("PK", "SK")})
    assert runs.kept_snapshot("shop", "run-1", parts) is None


def test_partners_see_a_level_as_of_the_last_read_that_vouches_for_it(
    levels: TableStockLevels, runs: TableStockRuns, run: StockRun, client: Any
) -> None:
    reads = TableStockReads(client, "t")
    levels.write(run, [level("P", 5), level("Q", 6, unread_since=EARLY)])
    assert {each.as_of for each in reads.levels(["shop"], ["P", "Q"])} == {EARLY}
    runs.save(replace(run, read_at=LATE))
    assert {each.product_code: each.as_of for each in reads.levels(["shop", "none"], ["P", "Q"])} == {
        "P": LATE,
        "Q": EARLY,
    }
    assert list(reads.levels([], ["P"])) == []


@pytest.mark.parametrize("client", ["moto"], indirect=True)  # the simulation's pages are small
def test_levels_are_read_and_written_in_few_calls(levels: TableStockLevels, run: StockRun, client: Any) -> None:
    calls: Counter[str] = Counter()
    client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.update([model.name]))
    levels.write(run, [level(f"P{number:03d}") for number in range(198)])
    assert len(list(levels.levels("shop"))) == 198
    assert calls == {"TransactWriteItems": 2, "Query": 1}
