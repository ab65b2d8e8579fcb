"""Rows that cannot be read, pages that raise what nobody foresaw: reported and left out, and the channel is free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orderbridge.status.changes import StatusReading
from orderbridge.status.ports import StatusPage, StatusReadFailed
from orderbridge.status.runs import TRIES_PER_PAGE, StatusCursor
from orderbridge.status.sync import MOST_BLANK_PAGES
from tests.fakes.status_shop import CHANNEL, EXPECTED, Shop, a_shop, assert_all_is_told, failing_at
from tests.fakes.statuses import days_ago, sent_forward
from tests.fakes.steps import PortFailed, fail


def is_free(shop: Shop) -> bool:
    return not shop.runs.read(CHANNEL).lease.is_held(shop.clock())


def at_first(list_name: str, page: StatusPage) -> Callable[[str, int], StatusPage | None]:
    """A fault that answers this page in the place of a list's first."""
    return lambda name, position: page if (name, position) == (list_name, 0) else None


def delivered(number: int) -> StatusReading:
    return StatusReading(str(number), {"order": "ACCEPTED", "progress": "DELIVERED"})


def test_rows_that_cannot_be_read_are_counted_and_reported_and_the_others_are_taken_in() -> None:
    shop = a_shop()
    shop.lists.lists = ("orders",)
    odd = ["a row without an order_id", "a row: TypeError", "a row without an order_id"]
    shop.lists.fault = at_first("orders", StatusPage([delivered(10)], has_more=False, unread=odd))
    report = shop.run()
    assert (report.ok, report.finished, report.unread, report.failed_pages) == (True, True, 6, 0), "in two stretches"
    assert shop.statuses()[10] == "COMPLETED"
    assert report.problems[:2] == [
        "orders, from row 1: 2 rows left out, not readable: a row without an order_id",
        "orders, from row 1: a row left out, not readable: a row: TypeError",
    ]


def test_a_row_that_cannot_be_taken_in_is_one_orders_trouble() -> None:
    shop = a_shop()
    shop.lists.lists = ("orders",)
    of_no_axis = StatusReading("10", {"weather": "SUNNY"})
    shop.lists.fault = at_first("orders", StatusPage([of_no_axis, delivered(9)], has_more=False))
    report = shop.run()
    assert (report.ok, report.finished, report.unread) == (True, True, 1)
    assert report.problems == ["orders, from row 1: a row left out, not readable: order 10: KeyError"]
    assert shop.statuses()[9] == "COMPLETED"


@pytest.mark.parametrize("failure", [KeyError("a secret"), ValueError("a secret"), RecursionError(), AssertionError()])
def test_a_page_that_raises_what_nobody_foresaw_is_a_page_that_was_not_read(failure: Exception) -> None:
    shop = a_shop()
    shop.lists.fault = failing_at(("cancelled/CANCEL", 0), TRIES_PER_PAGE, failure)
    reports = [shop.run() for _ in range(TRIES_PER_PAGE)]
    assert [(report.ok, report.failed_pages) for report in reports] == [(False, 1), (False, 1), (True, 1)]
    assert reports[0].problems == [f"the page could not be read: {type(failure).__name__}"]
    assert is_free(shop)
    assert reports[2].finished
    assert shop.statuses() == EXPECTED | {4: "SUBMITTED"}
    assert shop.run().finished
    assert_all_is_told(shop)


def test_an_account_that_cannot_be_opened_for_a_reason_that_nobody_foresaw_leaves_the_channel_free() -> None:
    shop = a_shop()

    def refuse() -> None:
        raise KeyError("base_url")

    shop.lists.opens = refuse
    with pytest.raises(KeyError):
        shop.run()
    assert is_free(shop)
    assert shop.runs.read(CHANNEL).failure == "the run broke off: KeyError"
    shop.lists.opens = lambda: None
    assert shop.run().finished
    assert_all_is_told(shop)


def test_a_failure_of_the_table_is_raised_and_leaves_the_channel_free() -> None:
    shop = a_shop()
    shop.run()
    steps = list(shop.steps.taken)
    for step, name in enumerate(steps):
        if "run" in name or name in ("before page", "after page"):
            continue
        shop = a_shop()
        shop.steps.at(step, fail)
        with pytest.raises(PortFailed):
            shop.run()
        assert is_free(shop), name
        assert shop.run().finished
        assert_all_is_told(shop)


def test_behind_a_page_whose_end_is_known_the_list_goes_on_when_it_has_failed_in_several_runs() -> None:
    shop = a_shop()
    shop.lists.fault = failing_at(("orders", 1), TRIES_PER_PAGE, StatusReadFailed("500", next_position=2))
    for _ in range(TRIES_PER_PAGE - 1):
        assert not shop.run().ok
    report = shop.run()
    assert report.finished
    assert report.problems == ["orders, from row 2: 500; it is left out this time"]
    assert ("orders", 2) in shop.lists.asked


def test_a_list_of_pages_that_cannot_be_read_is_given_up() -> None:
    shop = Shop()
    sent_forward(shop.store, 1)
    shop.lists.fault = lambda _name, _position: StatusPage([], has_more=True, unread=["one row alone is too large"])
    report = shop.run()
    assert not report.ok
    assert report.unread == MOST_BLANK_PAGES
    assert report.problems[-1] == f"{MOST_BLANK_PAGES + 1} pages in a row cannot be read: one row alone is too large"


def test_an_empty_page_behind_one_that_counted_more_rows_is_a_list_that_was_cut() -> None:
    shop = a_shop()
    shop.lists.lists = ("orders",)
    pages = [StatusPage([delivered(1)], has_more=True, total=3), StatusPage([], has_more=False)]
    shop.lists.fault = lambda _name, position: pages[position]
    report = shop.run()
    assert (report.ok, report.problems) == (False, ["the list ended after 1 of 3 rows"])


def test_pages_of_one_row_that_was_met_before_are_read_on_as_long_as_others_come() -> None:
    shop = Shop()
    for number in (1, 2, 3):
        sent_forward(shop.store, number)
    shop.lists.lists = ("orders",)
    rows = [3, 3, 2, 1]
    shop.lists.fault = lambda _name, position: StatusPage(
        [delivered(rows[position])], has_more=position < 3, total=4 if position else 3
    )
    assert shop.run().finished
    assert set(shop.statuses().values()) == {"COMPLETED"}


def test_a_run_goes_on_where_the_last_page_ended_however_large_it_was() -> None:
    shop = Shop()
    sent_forward(shop.store, 1, at=days_ago(1))
    shop.lists.lists = ("orders",)
    ends = {0: 50, 50: 75, 75: 100}

    def page(_name: str, position: int) -> StatusPage:
        return StatusPage([delivered(100 + position)], has_more=position < 100, next_position=ends.get(position))

    shop.lists.fault = page
    left = iter([1.0, 1.0, 1.0, 0.0])
    assert not shop.run(lambda: next(left, 0.0)).finished
    while not shop.run().finished:
        pass
    assert [position for _, position in shop.lists.asked] == [0, 50, 75, 100]


def test_the_cursor_of_an_older_version_begins_its_list_again() -> None:
    old: dict[str, Any] = {"passed": "x", "stretch_end": "y", "lists": ["orders"], "page": 7, "failures": 1}
    assert StatusCursor.from_document(old) == StatusCursor("x", "y", ("orders",), 0, 1)
    cursor = StatusCursor("x", "y", ("orders",), 75, 1)
    assert StatusCursor.from_document(cursor.document()) == cursor
