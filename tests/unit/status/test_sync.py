"""A round of the status sync: whom it asks about, what it brings back, how it goes on where its time was over."""

from __future__ import annotations

import pytest

from orderbridge.status.sync import DAYS_ASKED_ABOUT
from tests.fakes.status_shop import Shop, a_shop, assert_all_is_told, seconds_for
from tests.fakes.statuses import days_ago, sent_forward


def test_a_round_brings_back_what_the_platform_says_and_the_next_one_writes_nothing() -> None:
    shop = a_shop()
    report = shop.run()
    assert (report.ok, report.finished, report.changed, report.unknown) == (True, True, 4, {})
    assert_all_is_told(shop)
    before = dict(shop.store.forwards)
    again = shop.run()
    assert (again.finished, again.changed, again.matched) == (True, 0, 11)
    assert shop.store.forwards == before


def test_orders_are_asked_about_by_windows_of_their_own_dates() -> None:
    shop = a_shop()
    shop.run()
    windows = {(query.first_day.isoformat(), query.last_day.isoformat()) for query in shop.lists.queries}
    assert windows == {("2024-12-23", "2024-12-29"), ("2024-12-30", "2025-01-01")}


def test_an_order_on_no_list_stays_as_it_is() -> None:
    shop = a_shop()
    shop.lists.rows.clear()
    report = shop.run()
    assert (report.finished, report.changed) == (True, 0)
    assert set(shop.statuses().values()) == {"SUBMITTED"}


def test_orders_that_are_done_and_orders_that_are_too_old_are_not_asked_about() -> None:
    shop = Shop()
    sent_forward(shop.store, 1, at=days_ago(DAYS_ASKED_ABOUT + 2))
    sent_forward(shop.store, 2, platform_status="COMPLETED")
    sent_forward(shop.store, 3, at=days_ago(DAYS_ASKED_ABOUT - 2))
    shop.run()
    assert {external_id for query in shop.lists.queries for external_id in query.external_ids} == {"3"}


def test_a_channel_without_open_orders_costs_no_call() -> None:
    shop = Shop()
    assert shop.run().finished
    assert shop.lists.asked == []


@pytest.mark.parametrize("pages_per_run", [1, 2, 5])
def test_a_round_goes_on_where_its_time_was_over_and_reads_no_page_twice(pages_per_run: int) -> None:
    whole = a_shop()
    whole.run()
    shop = a_shop()
    reports = []
    while not reports or not reports[-1].finished:
        reports.append(shop.run(seconds_for(pages_per_run, shop)))
        assert reports[-1].ok
        assert reports[-1].pages <= pages_per_run
        assert len(reports) < 50
    assert shop.lists.asked == whole.lists.asked
    assert_all_is_told(shop)


def test_no_more_forwards_are_held_at_once_than_allowed() -> None:
    shop = a_shop(forwards_at_once=3)
    shop.run()
    assert shop.open.most_at_once == 3
    assert_all_is_told(shop)


def test_orders_that_come_while_a_round_is_under_way_are_in_the_next_one() -> None:
    shop = a_shop()
    shop.run(seconds_for(3, shop))
    sent_forward(shop.store, 11)
    shop.lists.note("orders", "11", order="ACCEPTED", progress="DELIVERED")
    while not shop.run().finished:
        pass
    assert shop.run().finished
    assert shop.statuses()[11] == "COMPLETED"


def test_a_thousand_open_orders_a_day_take_as_many_pages_as_there_are_and_no_write_where_nothing_changed() -> None:
    shop = Shop()
    shop.lists.per_page = 100
    shop.lists.lists = ("orders",)
    for number in range(1, 7001):
        sent_forward(shop.store, number, at=days_ago(6 - (number - 1) // 1000))
        shop.lists.note("orders", str(number), order="ACCEPTED", progress="UNPAID", payment="UNPAID")
    report = shop.run()
    assert (report.finished, report.pages, report.matched, report.changed) == (True, 70, 7000, 0)
    assert [name for name in shop.steps.taken if "save" in name and "run" not in name] == []
