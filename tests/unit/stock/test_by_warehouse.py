"""Of a product in several warehouses counts what can be sent: rounds that ask them, and what a site's partners see."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.entrypoints.answers.stock import StockFound
from orderbridge.reading.stock import ListStock, StockFilter
from orderbridge.stock import applying
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.lists import UnusableMapping
from orderbridge.values.ids import ChannelRef
from tests.fakes import samples
from tests.fakes.reads import Overview, Shelf
from tests.fakes.stock import Shop, StockWorld

AT = "2025-01-01T00:00:00.000Z"
BANDUNG = 26


def world(*sites: int, **levels: dict[int, int]) -> tuple[StockWorld, Shop]:
    """A source whose products lie in warehouses; orders go out from those that are named, or from any."""
    made = StockWorld()
    shop = made.add("source", {code: sum(here.values()) for code, here in levels.items()}, source=True, rank=1)
    shop.by_warehouse, shop.in_warehouses = levels, set(levels)
    made.table.site_mappings["source"] = list(sites)
    return made, shop


def details(result: Any) -> dict[str, str]:
    return {problem.key: problem.detail for problem in result.report.problems}


# --- rounds -----------------------------------------------------------------------------------------------------------


def test_only_the_warehouses_that_orders_go_out_from_count_and_0_is_one() -> None:
    made, _ = world(0, BANDUNG, A={0: 3, 5: 100, BANDUNG: 4}, B={0: 0, 5: 9})
    result = made.run("source")
    assert made.available("source") == {"A": 7, "B": 0}
    assert result.report.read == 2
    assert details(result) == {"source": "warehouse 26 is not listed for a product: left out"}


def test_where_no_warehouse_is_named_all_count() -> None:
    made, _ = world(A={0: 3, 5: 100})
    assert made.run("source").report.problems == []
    assert made.available("source") == {"A": 103}


def test_a_product_in_none_of_the_warehouses_that_count_is_not_known_and_never_0() -> None:
    made, shop = world(BANDUNG, A={0: 3, BANDUNG: 4})
    made.run("source")
    shop.by_warehouse["A"] = {0: 3}
    result = made.run("source")
    assert made.available("source") == {"A": 4}
    assert "none of the warehouses that orders go out from (26) is listed for it" in details(result)["A"]
    assert made.table.stored["source"]["A"].unread_since is not None


def test_a_site_that_adds_a_warehouse_counts_in_the_next_round_without_a_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, shop = world(0, A={0: 3, BANDUNG: 4}, B={0: 5, BANDUNG: 6})
    made.run("source")
    assert made.available("source") == {"A": 3, "B": 5}
    made.table.site_mappings["source"].append(BANDUNG)
    monkeypatch.setattr(applying, "MOST_ASKED_ALONE", 1)  # asking in turn comes to the first alone
    shop.calls.clear()
    made.run("source")
    assert made.available("source") == {"A": 7, "B": 11}
    assert shop.calls["read"] == 1


def test_an_unchanged_catalogue_in_warehouses_costs_no_write() -> None:
    made, _ = world(0, A={0: 3, BANDUNG: 4}, B={0: 5, BANDUNG: 6})
    made.run("source")
    made.table.writes.clear()
    assert made.run("source").report.changed == 0
    assert made.table.writes == {}


def test_what_is_moved_to_a_warehouse_that_does_not_count_is_noticed_although_the_list_tells_nothing_new() -> None:
    made, shop = world(0, A={0: 3, BANDUNG: 4})
    made.run("source")
    shop.by_warehouse["A"] = {0: 0, BANDUNG: 7}
    made.run("source")
    assert made.available("source") == {"A": 0}


def test_of_many_products_in_warehouses_each_round_asks_a_part_in_turn_and_comes_to_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(applying, "MOST_ASKED_ALONE", 4)
    codes = [f"P{number:02d}" for number in range(10)]
    made, shop = world(0, **{code: {0: 3, BANDUNG: 4} for code in codes})
    made.run("source")
    shop.by_warehouse = {code: {0: 0, BANDUNG: 7} for code in codes}
    moved = []
    for _ in range(3):
        shop.calls.clear()
        made.run("source")
        assert shop.calls["read"] == 4
        moved.append(sum(available == 0 for available in made.available("source").values()))
    assert moved == [4, 8, 10]


def test_a_round_over_several_invocations_asks_each_warehouse_once() -> None:
    made, shop = world(0, **{f"P{number}": {0: 3, BANDUNG: 4} for number in range(7)})
    made.run("source")
    shop.calls.clear()
    left = iter(range(10_000))
    made.seconds = lambda: float(next(left) % 4)
    made.run_to_end("source")
    assert shop.calls["read"] == 7


def test_a_product_that_is_mapped_between_asking_and_writing_waits_for_its_warehouses() -> None:
    made, shop = world(0, A={0: 3, BANDUNG: 4}, B={0: 5, BANDUNG: 6})
    del made.table.mappings["source"]["B"]
    shop.fails = lambda name, _: made.table.mappings["source"].update(B="B") if name == "read" else None
    result = made.run("source")
    assert made.available("source") == {"A": 3}
    assert "have not been asked yet" in details(result)["B"]
    made.run("source")
    assert made.available("source") == {"A": 3, "B": 5}


# --- what partners see for a site -------------------------------------------------------------------------------------


def channel(name: str, rank: int = 1) -> Channel:
    return Channel(name, "ngorder", {"stock": {"source": True, "rank": rank}, "warehouse_id": 0})


def warehouse_of(named: Channel, site: Any | None) -> int | None:
    if site == "unusable":
        raise UnusableMapping("no warehouse")
    return named.settings["warehouse_id"] if site is None else site["warehouse_id"]


def kept(channel_name: str, product: str, **here: int) -> StockLevel:
    levels = {int(name.removeprefix("w")): level for name, level in here.items()}
    return StockLevel(channel_name, product, sum(levels.values()), AT, in_warehouses=True, warehouses=levels)


def seen(shelf: Shelf, *channels: Channel, routes: Any = None, **query: str) -> dict[str, int]:
    partner = samples.partner(keys=(), channels=(ChannelRef("shop", "ngorder"),), routes=routes or {})
    page = ListStock(Overview(*channels), shelf, warehouse_of)(partner, StockFilter.from_query(query))
    return {each["product_code"]: each["available"] for each in StockFound.of(page).body()["data"]}


def test_a_site_has_the_level_of_its_warehouse_and_a_site_without_a_mapping_the_channels() -> None:
    shelf = Shelf({"shop": ["A", "B"]}, kept("shop", "A", w0=3, w26=4), kept("shop", "B", w0=0, w26=9))
    shelf.site_mappings["shop", "BDG 01"] = {"warehouse_id": BANDUNG}
    assert seen(shelf, channel("shop")) == {"A": 7, "B": 9}
    assert seen(shelf, channel("shop"), site_code=" BDG  01 ") == {"A": 4, "B": 9}
    assert seen(shelf, channel("shop"), site_code="JKT") == {"A": 3, "B": 0}
    assert seen(shelf, channel("shop"), site_code="BDG 01", product_code="A") == {"A": 4}


def test_a_warehouse_of_which_nothing_is_known_tells_no_level_and_one_that_nobody_names_is_the_channels() -> None:
    shelf = Shelf({"shop": ["A"]}, kept("shop", "A", w0=3, w26=4))
    shelf.site_mappings |= {("shop", "NEW"): {"warehouse_id": 31}, ("shop", "ODD"): "unusable"}
    shelf.site_mappings["shop", "SUPPLIER"] = {"warehouse_id": None}
    assert seen(shelf, channel("shop"), site_code="NEW") == {}
    assert seen(shelf, channel("shop"), site_code="ODD") == {}
    assert seen(shelf, channel("shop"), site_code="SUPPLIER") == {"A": 7}


def test_a_product_that_is_in_no_warehouses_has_one_level_for_every_site() -> None:
    shelf = Shelf({"shop": ["A"]}, StockLevel("shop", "A", 5, AT))
    shelf.site_mappings["shop", "BDG"] = {"warehouse_id": BANDUNG}
    assert seen(shelf, channel("shop"), site_code="BDG") == {"A": 5}


def test_a_level_from_before_its_warehouses_were_asked_is_no_sites() -> None:
    shelf = Shelf({"shop": ["A"]}, StockLevel("shop", "A", 5, AT, in_warehouses=True))
    assert seen(shelf, channel("shop"), site_code="BDG") == {}


def test_a_sites_route_decides_whose_products_and_whose_level_are_seen() -> None:
    shelf = Shelf(
        {"shop": ["A", "B"], "outlet": ["A", "C"]},
        StockLevel("shop", "A", 1, AT), StockLevel("shop", "C", 3, AT), StockLevel("outlet", "A", 2, AT),
    )  # fmt: skip
    routes = {"OUT": (ChannelRef("outlet", "ngorder"),)}
    channels = (channel("shop", 1), channel("outlet", 2))
    assert seen(shelf, *channels, routes=routes) == {"A": 1, "C": 3}
    assert seen(shelf, *channels, routes=routes, site_code="OUT") == {"A": 2, "C": 3}
    assert seen(shelf, *channels, routes=routes, site_code="ELSE") == {"A": 1}
