"""A channel's run: reads all or nothing, writes what changed, pushes what differs, and says what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.stock import applying, lists
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.lists import NOT_THIS_TIME, UNREAD_PERHAPS, ListedLevel, StockPage, StockReadFailed, taken
from orderbridge.stock.runs import SOLD_REMEMBERED
from tests.fakes.stock import StockWorld


def world(**levels: Any) -> StockWorld:
    """A source of rank 1 with these levels, and a shop that receives them and holds 1 of each."""
    made = StockWorld()
    made.add("source", levels, source=True, rank=1)
    made.add("target", dict.fromkeys(levels, 1), push=True)
    return made


def details(result: Any) -> dict[str, str]:
    return {problem.key: problem.detail for problem in result.report.problems}


def test_a_run_reads_every_page_and_keeps_every_level() -> None:
    made = world(A=5, B="6", C=" 7 ", D=8.0)
    result = made.run("source")
    assert (result.state, result.report.read, result.report.changed) == ("done", 4, 4)
    assert made.available("source") == {"A": 5, "B": 6, "C": 7, "D": 8}


def test_a_second_run_writes_no_level() -> None:
    made = world(A=5, B=None, C="abc", D=8)
    for name in ("source", "target"):
        made.run(name)
    made.table.writes.clear()
    results = [made.run(name) for name in ("source", "target")]
    assert [result.report.changed for result in results] == [0, 0]
    assert made.table.writes == {}


def test_an_unchanged_level_is_known_as_of_the_last_read() -> None:
    made = world(A=5)
    made.run("source")
    first = made.table.stored["source"]["A"]
    made.run("source")
    assert made.table.stored["source"]["A"] == first
    assert first.known_as_of(made.table.by_channel["source"].read_at) > first.as_of


@pytest.mark.parametrize("value", [None, "", "abc", "-", "1.500"])
def test_an_unreadable_level_keeps_the_last_one_and_is_reported(value: Any) -> None:
    made = world(A=5, B=6)
    made.run("source")
    made.shops["source"].held["A"] = value
    result = made.run("source")
    assert result.ok
    assert made.available("source") == {"A": 5, "B": 6}
    assert "is no stock level" in details(result)["A"]
    assert result.report.changed == 0


@pytest.mark.parametrize("value", [-3, "-3", -0.5, "-1.25"])
def test_a_level_below_0_is_0_available_and_nothing_to_report(value: Any) -> None:
    made = world(A=5, B=6)
    made.run("source")
    made.shops["source"].held["A"] = value
    result = made.run("source")
    assert (made.available("source"), result.report.problems) == ({"A": 0, "B": 6}, [])


@pytest.mark.parametrize("value", [12.5, "12.5", "12.5000"])
def test_a_fraction_is_the_whole_pieces_in_it_and_reported_at_every_run(value: Any) -> None:
    made = world(A=5, B=6)
    made.shops["source"].held["A"] = value
    for _ in range(2):
        result = made.run("source")
        assert (made.available("source"), result.report.read) == ({"A": 12, "B": 6}, 2)
        assert "is no whole number of pieces; 12 count" in details(result)["A"]


def test_a_level_that_stays_unreadable_is_marked_once_as_of_when_it_was_last_known() -> None:
    made = world(A=5)
    made.run("source")
    made.run("source")
    last_read = made.table.by_channel["source"].read_at
    made.shops["source"].held["A"] = None
    made.run("source")
    marked = made.table.stored["source"]["A"]
    assert marked.as_of == last_read
    made.table.writes.clear()
    made.run("source")
    assert made.table.stored["source"]["A"] == marked
    assert made.table.writes == {}


def test_only_the_products_that_fell_most_are_remembered_as_sold() -> None:
    levels = {f"P{number:03d}": 1000 for number in range(SOLD_REMEMBERED + 10)}
    made = world(**levels)
    made.shops["source"].page_size = 100
    made.run("source")
    made.shops["source"].held = {code: 1000 - number for number, code in enumerate(levels)}
    made.run("source")
    sold = made.table.by_channel["source"].sold
    assert len(sold) == SOLD_REMEMBERED
    assert sold == tuple(sorted(levels, reverse=True)[:SOLD_REMEMBERED])


def test_a_list_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_ENTRIES", 5)
    made = world(A=5)
    made.shops["source"].page = lambda number: one(f"P{number}", has_more=True)  # type: ignore[method-assign]
    assert "does not end within 5" in details(made.run("source"))["source"]


def test_a_level_that_a_later_read_has_stored_is_not_taken_back() -> None:
    stored = StockLevel("shop", "A", 5, "2025-01-02")
    assert taken("shop", "A", stored, ListedLevel("A", 3), "2025-01-01", None) is None
    assert taken("shop", "A", stored, ListedLevel("A", 3), "2025-01-03", None) == StockLevel(
        "shop", "A", 3, "2025-01-03"
    )


def test_a_level_that_was_never_readable_is_not_stored() -> None:
    made = world(A=None)
    result = made.run("source")
    assert made.available("source") == {}
    assert list(details(result)) == ["A"]


def test_a_product_that_is_no_longer_listed_keeps_its_level_and_is_reported() -> None:
    made = world(A=5, B=6)
    made.run("source")
    del made.shops["source"].held["A"]
    result = made.run("source")
    assert made.available("source") == {"A": 5, "B": 6}
    assert details(result) == {"A": "the platform does not list it; asked about it alone: there is none"}
    calls = made.shops["source"].calls["read"]
    assert details(made.run("source")) == {"A": "the platform does not list it"}
    assert made.shops["source"].calls["read"] == calls, "what was gone at the last run is not asked about again"


def vanished(made: StockWorld, *codes: str) -> None:
    """The list of the source lacks these products, though they are there: another vanished while it was read."""
    shop = made.shops["source"]
    listed = [key for key in shop.held if key not in codes]
    shop.page = lambda _: StockPage(listed, [shop._listed(key) for key in listed], has_more=False)  # type: ignore[method-assign]


def test_a_product_that_the_list_lacks_is_asked_about_alone_before_it_is_called_gone() -> None:
    made = world(A=5, B=6)
    made.run("source")
    made.shops["source"].held |= {"A": 7, "B": 8}
    vanished(made, "A")
    result = made.run("source")
    assert made.available("source") == {"A": 7, "B": 8}
    assert details(result) == {}
    assert made.table.stored["source"]["A"].unread_since is None


@pytest.mark.parametrize("silent", ["it cannot", "it fails"])
def test_a_product_that_cannot_be_asked_about_alone_is_reported_as_not_on_the_list_this_time(silent: str) -> None:
    made = world(A=5, B=6, C=7)
    made.run("source")
    shop = made.shops["source"]
    shop.reads_single_products = silent != "it cannot"
    shop.fails = failing_at("read", 1)
    vanished(made, "A", "C")
    result = made.run("source")
    assert result.ok
    assert details(result) == dict.fromkeys(("A", "C"), NOT_THIS_TIME)
    assert made.available("source") == {"A": 5, "B": 6, "C": 7}
    assert shop.calls["read"] == (0 if silent == "it cannot" else 1), "who answers no question is asked no other"


def test_no_more_products_are_asked_about_alone_than_a_run_has_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "MOST_ASKED_ALONE", 2)
    made = world(A=5, B=6, C=7, D=8)
    made.run("source")
    vanished(made, "A", "B", "C")
    result = made.run("source")
    assert made.shops["source"].calls["read"] == 2
    assert details(result) == {"C": NOT_THIS_TIME}


# --- rows that cannot be read -------------------------------------------------------------------------------------


def test_a_row_that_cannot_be_read_is_reported_and_its_product_is_not_called_gone() -> None:
    made = world(A=5, B=6)
    made.run("source")
    made.run("target")
    shop = made.shops["source"]
    shop.reads_single_products = False
    shop.page = lambda _: StockPage(  # type: ignore[method-assign]
        ["odd", "B"], [ListedLevel("B", 9)], has_more=False, total=2, unread=["a row without an id"]
    )
    result = made.run("source")
    assert (result.ok, made.available("source")) == (True, {"A": 5, "B": 9})
    assert details(result) == {
        "source": "a row of the list left out, not readable: a row without an id", "A": UNREAD_PERHAPS
    }  # fmt: skip
    made.shops["target"].pushes.clear()
    made.shops["target"].held["A"] = 1
    made.run("target")
    assert made.shops["target"].pushes == [("B", 9)], "from what was not read nothing is pushed"


def test_a_product_of_a_row_that_cannot_be_read_is_asked_about_alone_each_time_and_when_it_is_new() -> None:
    made = world(A=5, B=6)
    shop = made.shops["source"]
    shop.page = lambda _: StockPage(  # type: ignore[method-assign]
        ["odd", "B"], [ListedLevel("B", 9)], has_more=False, unread=["a row without an id"]
    )
    for _ in range(2):
        assert list(details(made.run("source"))) == ["source"]
        assert made.available("source") == {"A": 5, "B": 9}


def test_a_list_of_which_no_row_can_be_read_is_no_list_of_stock() -> None:
    made = world(A=5)
    made.run("source")
    made.shops["source"].page = lambda _: StockPage(["odd"], [], has_more=False, unread=["a row"])  # type: ignore[method-assign]
    result = made.run("source")
    assert (result.ok, details(result)) == (False, {"source": "a row"})
    assert made.available("source") == {"A": 5}


def test_a_list_of_pages_that_cannot_be_read_is_given_up() -> None:
    made = world(A=5)
    made.shops["source"].page = lambda position: StockPage(  # type: ignore[method-assign]
        [f"odd {position}"], [], has_more=True, unread=["one row alone is too large"]
    )
    result = made.run("source")
    assert "11 pages in a row cannot be read: one row alone is too large" in details(result)["source"]


@pytest.mark.parametrize("call", ["page", "read", "push"])
def test_what_a_platforms_part_raises_unforeseen_ends_the_run_by_its_type_alone_and_frees_the_channel(
    call: str,
) -> None:
    made = world(A=5, B=6)
    made.shops["target"].in_warehouses = {"A", "B"}
    made.run("source")

    def fails(called: str, _number: int) -> None:
        if called == call:
            raise KeyError("an answer with a secret in it")

    made.shops["target"].fails = fails
    result = made.run("target")
    assert result.state == "aborted"
    assert "KeyError" in str(details(result))
    assert "secret" not in str(details(result))
    made.shops["target"].fails = lambda _called, _number: None
    assert made.run("target").state == "done"
    assert made.available("target") == {"A": 5, "B": 6}


def test_a_level_that_is_readable_again_is_taken_over() -> None:
    made = world(A=5)
    made.run("source")
    made.shops["source"].held["A"] = None
    made.run("source")
    assert made.table.stored["source"]["A"].unread_since is not None
    made.shops["source"].held["A"] = 5
    result = made.run("source")
    assert made.table.stored["source"]["A"].unread_since is None
    assert not result.report.problems


def test_a_product_that_is_mapped_no_more_has_no_level() -> None:
    made = world(A=5, B=6)
    made.run("source")
    del made.table.mappings["source"]["A"]
    made.run("source")
    assert made.available("source") == {"B": 6}


def test_several_codes_may_be_one_product_and_one_code_need_not_be_mapped_well() -> None:
    made = StockWorld()
    made.add("source", {"sku-1": 4}, mapped={"A": "sku-1", "B": "sku-1", "C": 7}, source=True)
    result = made.run("source")
    assert made.available("source") == {"A": 4, "B": 4}
    assert "mapping cannot be used" in details(result)["C"]


# --- a run that fails ---------------------------------------------------------------------------------------------


def failing_at(name: str, number: int) -> Any:
    def fails(called: str, count: int) -> None:
        if (called, count) == (name, number):
            raise StockReadFailed("503: down for maintenance")

    return fails


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_page_that_fails_aborts_the_run_and_keeps_every_level(page: int) -> None:
    made = world(**{f"P{number}": number for number in range(8)})
    made.run("source")
    before = dict(made.table.stored["source"])
    shop = made.shops["source"]
    shop.held = dict.fromkeys(shop.held, 99)
    shop.calls.clear()
    shop.fails = failing_at("page", page)
    result = made.run("source")
    assert (result.state, result.ok) == ("aborted", False)
    assert details(result) == {"source": "503: down for maintenance"}
    assert made.table.stored["source"] == before
    assert made.run("source").state == "done"
    assert set(made.available("source").values()) == {99}


def one(*keys: str, has_more: bool = False, total: int | None = None) -> StockPage:
    return StockPage(keys, [ListedLevel(key, 1) for key in keys], has_more, total)


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ([one("A", "B", has_more=True), one("A", "B")], "page 2 repeats"),
        ([one("A", has_more=True), one("B", has_more=True), one("A")], "page 3 repeats"),
        ([one("A", has_more=True), one(has_more=True)], "page 2 is empty"),
        ([one("A", has_more=True, total=3), one("B", total=3)], "ended after 2 of 3"),
        ([one()], "the list is empty"),
    ],
)
def test_a_list_that_does_not_add_up_changes_nothing(pages: list[StockPage], reason: str) -> None:
    made = world(A=5, B=6)
    made.run("source")
    before = dict(made.table.stored["source"])
    made.shops["source"].page = lambda number: pages[number]  # type: ignore[method-assign]
    result = made.run("source")
    assert not result.ok
    assert reason in details(result)["source"]
    assert made.table.stored["source"] == before


def test_a_product_that_is_listed_twice_with_different_levels_is_unreadable() -> None:
    made = world(A=5, B=6)
    made.run("source")
    twice = StockPage(["1", "2", "3"], [ListedLevel("A", 1), ListedLevel("A", 2), ListedLevel("B", 3)], has_more=False)
    made.shops["source"].page = lambda _: twice  # type: ignore[method-assign]
    result = made.run("source")
    assert made.available("source") == {"A": 5, "B": 3}
    assert details(result) == {"A": "it is listed twice, as 1 and 2"}


def test_a_paused_channel_is_not_read() -> None:
    made = world(A=5)
    from dataclasses import replace

    made.channels[0] = replace(made.channels[0], state="paused", paused_reason="the key has expired")
    result = made.run("source")
    assert not result.ok
    assert "the key has expired" in details(result)["source"]
    assert not made.shops["source"].calls


# --- several warehouses -------------------------------------------------------------------------------------------


def test_what_the_warehouses_have_together_counts_and_is_asked_only_where_the_list_has_changed() -> None:
    made = world(A=5, B=6)
    shop = made.shops["source"]
    shop.in_warehouses = {"A"}
    made.run("source")
    assert shop.calls["read"] == 1
    made.run("source")
    assert shop.calls["read"] == 1
    shop.held["A"] = 7
    made.run("source")
    assert shop.calls["read"] == 2
    assert made.table.stored["source"]["A"].in_warehouses


def test_warehouses_that_cannot_be_asked_abort_the_run_before_anything_is_written() -> None:
    made = world(A=5, B=6)
    made.run("source")
    shop = made.shops["source"]
    shop.held = {"A": 1, "B": 2}
    shop.in_warehouses = {"B"}
    shop.fails = failing_at("read", 1)
    assert not made.run("source").ok
    assert made.available("source") == {"A": 5, "B": 6}
