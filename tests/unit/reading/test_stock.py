"""A partner sees the stock of the products that its channels map, at their source of record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.channels.channel import Channel
from orderbridge.entrypoints.answers.stock import StockFound
from orderbridge.reading.stock import ListStock, StockFilter, StockPage
from orderbridge.stock.levels import StockLevel
from orderbridge.values.ids import ChannelRef
from orderbridge.values.refusals import InvalidFields
from tests.fakes import samples
from tests.fakes.reads import Overview, Shelf

AT = "2025-01-01T00:00:00.000Z"
PARTNER = samples.partner(keys=(), channels=(ChannelRef("shop", "sirclo"),))


def channel(name: str, source: bool = False, rank: int = 1) -> Channel:
    stock = {"source": source, "rank": rank, "push": not source}
    return Channel(name, "sirclo", {"base_url": "https://shop.example.com", "stock": stock})


def no_warehouse(_channel: Channel, _site: Any | None) -> None:
    return None


def level(channel_name: str, product: str, available: int) -> StockLevel:
    return StockLevel(channel_name, product, available, AT)


def pages(listing: ListStock, query: dict[str, str], partner: Any = PARTNER) -> Iterator[StockPage]:
    cursor: str | None = None
    while True:
        page = listing(partner, StockFilter.from_query({**query, **({"cursor": cursor} if cursor else {})}))
        yield page
        cursor = StockFound.of(page).body()["next_cursor"]
        if cursor is None:
            return


def seen(listing: ListStock, partner: Any = PARTNER, **query: str) -> dict[str, int]:
    return {
        each["product_code"]: each["available"]
        for page in pages(listing, query, partner)
        for each in StockFound.of(page).body()["data"]
    }


def test_before_a_sync_has_run_there_is_nothing() -> None:
    listing = ListStock(Overview(channel("shop", source=True)), Shelf({"shop": ["A", "B"]}), no_warehouse)
    (page,) = pages(listing, {})
    assert StockFound.of(page).body() == {"message": "Stock levels found", "data": [], "next_cursor": None}


def test_the_level_is_that_of_the_source_with_the_lowest_rank_that_knows_the_product() -> None:
    shelf = Shelf({"shop": ["A", "B", "C"]}, level("first", "A", 1), level("second", "A", 2), level("second", "B", 0))
    listing = ListStock(
        Overview(channel("second", True, 2), channel("first", True, 1), channel("shop")), shelf, no_warehouse
    )
    assert seen(listing) == {"A": 1, "B": 0}


def test_a_channel_that_is_no_source_tells_no_level() -> None:
    shelf = Shelf({"shop": ["A"]}, level("shop", "A", 5))
    assert seen(ListStock(Overview(channel("shop")), shelf, no_warehouse)) == {}


def test_the_source_may_be_a_channel_that_the_partner_does_not_have() -> None:
    shelf = Shelf(
        {"shop": ["A"], "warehouse": ["A", "SECRET"]}, level("warehouse", "A", 7), level("warehouse", "SECRET", 9)
    )
    listing = ListStock(Overview(channel("warehouse", True), channel("shop")), shelf, no_warehouse)
    assert seen(listing) == {"A": 7}
    assert seen(listing, product_code="SECRET") == {}


def test_products_of_a_sites_own_channels_are_seen_too() -> None:
    shelf = Shelf({"shop": ["A"], "outlet": ["B"]}, level("shop", "A", 1), level("shop", "B", 2))
    partner = samples.partner(
        keys=(), channels=(ChannelRef("shop", "sirclo"),), routes={"S": (ChannelRef("outlet", "sirclo"),)}
    )
    assert seen(ListStock(Overview(channel("shop", True), channel("outlet")), shelf, no_warehouse), partner) == {
        "A": 1,
        "B": 2,
    }


def test_one_product_is_found_however_its_code_is_spaced() -> None:
    shelf = Shelf({"shop": ["A B", "C"]}, level("shop", "A B", 3), level("shop", "C", 4))
    assert seen(ListStock(Overview(channel("shop", True)), shelf, no_warehouse), product_code="  A   B ") == {"A B": 3}


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["shop", "outlet", "other"]), st.lists(st.text("ABcé1 ", min_size=1, max_size=4), unique=True)
    ),
    st.integers(min_value=1, max_value=6),
)
def test_every_mapped_product_is_listed_once_in_its_order_whatever_the_size_of_a_page(
    mapped: dict[str, list[str]], limit: int
) -> None:
    everything = sorted({code for codes in mapped.values() for code in codes})
    shelf = Shelf(mapped, *(level("shop", code, number) for number, code in enumerate(everything)))
    partner = samples.partner(keys=(), channels=(ChannelRef("shop", "sirclo"), ChannelRef("outlet", "sirclo")))
    listing = ListStock(Overview(channel("shop", True)), shelf, no_warehouse)
    listed = [each.product_code for page in pages(listing, {"limit": str(limit)}, partner) for each in page.levels]
    assert listed == sorted({code for name in ("shop", "outlet") for code in mapped.get(name, [])})


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ({"limit": "201"}, ["/limit"]),
        ({"cursor": "é"}, ["/cursor"]),
        *(({name: blank}, [f"/{name}"]) for name in ("product_code", "limit", "cursor") for blank in ("", " \t")),
        ({"product_code": "x" * 101}, ["/product_code"]),
        ({"site_code": "x" * 101}, ["/site_code"]),
        ({"channel": "shop", "limit": "a", "cursor": "="}, ["/channel", "/limit", "/cursor"]),
    ],
)
def test_every_wrong_parameter_is_named_at_once(query: dict[str, str], pointers: list[str]) -> None:
    with pytest.raises(InvalidFields) as refused:
        StockFilter.from_query(query)
    assert [error.pointer for error in refused.value.errors] == pointers
