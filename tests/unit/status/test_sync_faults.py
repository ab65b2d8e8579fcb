"""A platform that fails in the middle of a round: nothing is invented, and the next run goes on there."""

from __future__ import annotations

import pytest

from orderbridge.status.ports import StatusPage, StatusReadFailed
from orderbridge.values.times import to_iso
from tests.fakes import samples
from tests.fakes.status_shop import CHANNEL, EXPECTED, a_shop, assert_all_is_told, failing_at, seconds_for


@pytest.mark.parametrize("where", [("orders", 0), ("orders", 2), ("cancelled/CANCEL", 0), ("shipping/RETURNED", 0)])
def test_a_page_that_is_not_read_changes_nothing_and_the_next_run_goes_on_there(where: tuple[str, int]) -> None:
    shop = a_shop()
    shop.lists.fault = failing_at(where, 1, StatusReadFailed("503: maintenance"))
    before = dict(shop.store.forwards)
    failed = shop.run()
    assert (failed.ok, failed.finished, failed.problems) == (False, False, ["503: maintenance"])
    assert shop.lists.asked[-1] == where
    if where == ("orders", 0):
        assert shop.store.forwards == before
    asked = len(shop.lists.asked)
    assert shop.run().finished
    assert shop.lists.asked[asked] == where
    assert_all_is_told(shop)


def test_a_list_that_fails_three_runs_in_a_row_holds_up_the_others_no_longer() -> None:
    shop = a_shop()
    shop.lists.fault = failing_at(("cancelled/CANCEL", 0), 3, StatusReadFailed("a row without an id"))
    assert [shop.run().ok for _ in range(2)] == [False, False]
    third = shop.run()
    assert (third.ok, third.finished) == (True, True)
    assert third.problems == [
        "cancelled/CANCEL, from row 1: a row without an id; the rest of this list is left out this time"
    ]
    assert shop.statuses() == EXPECTED | {4: "SUBMITTED"}
    assert shop.run().changed == 1
    assert_all_is_told(shop)


def test_a_platform_that_wants_to_be_left_alone_is_left_alone() -> None:
    shop = a_shop()
    shop.lists.fault = failing_at(("orders", 1), 1, StatusReadFailed("429: slow down", retry_after=120))
    assert not shop.run().ok
    asked = len(shop.lists.asked)
    shop.clock.move(119)
    assert shop.run().skipped == f"the platform wants to be left alone until {to_iso(samples.NOW.replace(minute=2))}"
    assert len(shop.lists.asked) == asked
    shop.clock.move(2)
    assert shop.run().finished
    assert_all_is_told(shop)


def test_refused_credentials_pause_the_channel() -> None:
    shop = a_shop()
    shop.lists.fault = failing_at(("orders", 1), 9, StatusReadFailed("401: who are you", credentials=True))
    assert not shop.run().ok
    assert shop.channels.by_name[CHANNEL].state == "paused"
    assert shop.channels.by_name[CHANNEL].paused_reason == "the platform refuses the credentials: 401: who are you"
    assert shop.run().skipped == "the channel is paused"


def test_a_platform_that_cannot_be_reached_at_all_ends_the_run() -> None:
    shop = a_shop()

    def refuse() -> None:
        raise StatusReadFailed("the channel's base_url is not https")

    shop.lists.opens = refuse
    report = shop.run()
    assert (report.ok, report.problems) == (False, ["the channel's base_url is not https"])
    assert not shop.runs.read(CHANNEL).lease.is_held(shop.clock())


def test_a_page_that_repeats_the_one_before_ends_the_run() -> None:
    shop = a_shop()
    page = shop.lists.page
    stuck: list[StatusPage] = []

    def repeat(list_name: str, number: int) -> StatusPage | None:
        return stuck[0] if stuck and list_name == "orders" and number else None

    shop.lists.fault = repeat
    stuck.append(page(shop.lists.queries[0] if shop.lists.queries else None, "orders", 0))  # type: ignore[arg-type]
    report = shop.run()
    assert (report.ok, report.problems) == (False, ["a page repeats the page before"])


def test_rows_that_move_to_the_next_page_while_others_come_in_do_no_harm() -> None:
    shop = a_shop()
    calls = 0

    def another_order_comes_in(list_name: str, page: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            shop.lists.note("orders", "778", order="ACCEPTED", progress="UNPAID", payment="UNPAID")

    shop.lists.fault = another_order_comes_in
    assert shop.run().finished
    assert_all_is_told(shop)


def test_a_list_that_must_be_filtered_is_read_by_its_filters() -> None:
    shop = a_shop()
    shop.lists.lists = ("orders", "cancelled/CANCEL")
    for number in (1, 2):
        shop.lists.note("orders/DELIVERED", str(number), order="ACCEPTED", progress="DELIVERED")

    def filtered(list_name: str, page: int) -> StatusPage | None:
        wanted = ["orders/UNPAID", "orders/DELIVERED"]
        return StatusPage((), has_more=False, instead=wanted) if list_name == "orders" else None

    shop.lists.fault = filtered
    for _ in range(50):
        if shop.run(seconds_for(1, shop)).finished:
            break
    assert shop.statuses()[1] == shop.statuses()[2] == "COMPLETED"
    assert shop.statuses()[4] == "CANCELLED"


def test_unknown_words_are_counted_and_change_nothing_else() -> None:
    shop = a_shop()
    for number in (5, 6):
        shop.lists.note("orders", str(number), order="ACCEPTED", progress="DIKEMAS")
    report = shop.run()
    assert report.unknown == {"progress: DIKEMAS": 2}
    assert shop.statuses() == EXPECTED
    assert dict(shop.forward(5).platform_status_raw)["progress"] == "DIKEMAS"
    shop.lists.rows = [row for row in shop.lists.rows if row[1] not in ("5", "6") or "DIKEMAS" in row[2].values()]
    assert shop.run().unknown == {}
