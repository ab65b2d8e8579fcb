"""Rounds of the status sync: what they change, where they stop, and that nothing is invented on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.domain.channels import Channel
from orderbridge.domain.forwards import Forward, Transition
from orderbridge.domain.leases import LEASE_SECONDS
from orderbridge.domain.statuses import channel_status
from orderbridge.domain.times import to_iso
from orderbridge.ports_status import StatusPage, StatusReadFailed
from orderbridge.usecases.status_sync import DAYS_ASKED_ABOUT, SyncStatuses
from tests.fakes import samples
from tests.fakes.directories import Channels
from tests.fakes.statuses import Lists, OpenForwards, StatusRuns, days_ago, sent_forward
from tests.fakes.steps import Clock, Died, PortFailed, Steps, die, fail
from tests.fakes.store import Store

CHANNEL = "ngorder-main"


class Shop:
    """One channel with its orders, its platform's lists, and the sync between them; all on one count of steps."""

    def __init__(self, **sync: Any) -> None:
        self.steps = Steps()
        self.clock = Clock()
        self.store = Store(self.steps)
        self.channels = Channels(self.steps, Channel(CHANNEL, "ngorder", {"base_url": "https://shop.example.id"}))
        self.runs = StatusRuns(self.steps)
        self.lists = Lists(self.steps)
        self.open = OpenForwards(self.store)
        self.run_ids: Iterator[str] = (f"run-{number}" for number in range(10_000))
        self.sync = SyncStatuses(
            open_forwards=self.open,
            orders=self.store,
            channels=self.channels,
            runs=self.runs,
            clock=self.clock,
            new_run_id=lambda: next(self.run_ids),
            **sync,
        )

    def run(self, seconds_left: Callable[[], float] = lambda: 60.0) -> Any:
        return self.sync(self.channels.by_name[CHANNEL], self.lists, seconds_left)

    def forward(self, number: int) -> Forward:
        return next(each for each in self.store.forwards.values() if each.external_id == str(number))

    def statuses(self) -> dict[int, str]:
        return {int(f.external_id or 0): channel_status(f) for f in self.store.forwards.values()}

    def events(self) -> list[tuple[str, str]]:
        """(order code, event) of every line on every timeline."""
        return sorted(
            (key.reference.removeprefix("po:PO of "), entry.event)
            for key, entries in self.store.timeline.items()
            for entry in entries
        )


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def a_shop(**sync: Any) -> Shop:
    """Ten orders over ten days, of which the platform has news of four."""
    shop = Shop(**sync)
    for number in range(1, 11):
        sent_forward(shop.store, number, at=days_ago(10 - number))
    for number in range(1, 11):
        if number not in (4, 9):
            shop.lists.tell("orders", str(number), order="ACCEPTED", progress="UNPAID", payment="UNPAID")
    shop.lists.tell("orders", "9", "JP9", order="ACCEPTED", progress="ON PROCESS", payment="PAID")
    shop.lists.tell("orders", "777", order="ACCEPTED", progress="ON PROCESS", payment="PAID")
    shop.lists.tell("cancelled/CANCEL", "4", order="CANCELED")
    shop.lists.tell("shipping/RETURNED", "9", "JP9", shipping="RETURNED")
    shop.lists.tell("shipping/RETURNED", "2", shipping="RETURNED")
    return shop


EXPECTED = dict.fromkeys(range(1, 11), "SUBMITTED") | {4: "CANCELLED", 9: "SHIPPED"}


def assert_all_is_told(shop: Shop) -> None:
    """Exactly what the platform said, once."""
    assert shop.statuses() == EXPECTED
    assert (shop.forward(9).awb_number, shop.forward(9).shipment_problem) == ("JP9", "RETURNED")
    assert shop.forward(2).shipment_problem == "RETURNED"
    assert shop.events() == [
        ("SO-20241224-00002", "ShipmentChanged"),
        ("SO-20241226-00004", "StatusChanged"),
        ("SO-20241231-00009", "ShipmentChanged"),
        ("SO-20241231-00009", "StatusChanged"),
    ]


def test_a_round_brings_back_what_the_platform_says_and_the_next_one_writes_nothing(shop: Shop) -> None:
    report = shop.run()
    assert (report.ok, report.finished, report.changed, report.unknown) == (True, True, 4, {})
    assert_all_is_told(shop)
    before = dict(shop.store.forwards)
    again = shop.run()
    assert (again.finished, again.changed, again.matched) == (True, 0, 11)
    assert shop.store.forwards == before


def test_orders_are_asked_about_by_windows_of_their_own_dates(shop: Shop) -> None:
    shop.run()
    windows = {(query.first_day.isoformat(), query.last_day.isoformat()) for query in shop.lists.queries}
    assert windows == {("2024-12-23", "2024-12-29"), ("2024-12-30", "2025-01-01")}


def test_an_order_on_no_list_stays_as_it_is(shop: Shop) -> None:
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


# --- time -------------------------------------------------------------------------------------------------------------


def seconds_for(pages: int, shop: Shop) -> Callable[[], float]:
    """Time for so many pages more."""
    end = len(shop.lists.asked) + pages
    return lambda: float(end - len(shop.lists.asked))


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
    shop.lists.tell("orders", "11", order="ACCEPTED", progress="DELIVERED")
    while not shop.run().finished:
        pass
    assert shop.run().finished
    assert shop.statuses()[11] == "COMPLETED"


# --- faults in the middle of a run ------------------------------------------------------------------------------------


def failing_at(where: tuple[str, int], times: int, failure: Exception) -> Callable[[str, int], StatusPage | None]:
    left = [times]

    def fault(list_name: str, page: int) -> None:
        if (list_name, page) == where and left[0]:
            left[0] -= 1
            raise failure

    return fault


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
        "cancelled/CANCEL, page 1: a row without an id; the rest of this list is left out this time"
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
    assert (report.ok, report.problems) == (False, ["page 2 repeats the page before"])


def test_rows_that_move_to_the_next_page_while_others_come_in_do_no_harm(shop: Shop) -> None:
    calls = 0

    def another_order_comes_in(list_name: str, page: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            shop.lists.tell("orders", "778", order="ACCEPTED", progress="UNPAID", payment="UNPAID")

    shop.lists.fault = another_order_comes_in
    assert shop.run().finished
    assert_all_is_told(shop)


def test_a_list_that_must_be_filtered_is_read_by_its_filters() -> None:
    shop = a_shop()
    shop.lists.lists = ("orders", "cancelled/CANCEL")
    for number in (1, 2):
        shop.lists.tell("orders/DELIVERED", str(number), order="ACCEPTED", progress="DELIVERED")

    def filtered(list_name: str, page: int) -> StatusPage | None:
        wanted = ["orders/UNPAID", "orders/DELIVERED"]
        return StatusPage((), has_more=False, instead=wanted) if list_name == "orders" else None

    shop.lists.fault = filtered
    for _ in range(50):
        if shop.run(seconds_for(1, shop)).finished:
            break
    assert shop.statuses()[1] == shop.statuses()[2] == "COMPLETED"
    assert shop.statuses()[4] == "CANCELLED"


def test_unknown_words_are_counted_and_change_nothing_else(shop: Shop) -> None:
    for number in (5, 6):
        shop.lists.tell("orders", str(number), order="ACCEPTED", progress="DIKEMAS")
    report = shop.run()
    assert report.unknown == {"progress: DIKEMAS": 2}
    assert shop.statuses() == EXPECTED
    assert dict(shop.forward(5).platform_status_raw)["progress"] == "DIKEMAS"
    shop.lists.rows = [row for row in shop.lists.rows if row[1] not in ("5", "6") or "DIKEMAS" in row[2].values()]
    assert shop.run().unknown == {}


# --- others at work ---------------------------------------------------------------------------------------------------


def test_a_forward_that_changed_meanwhile_is_looked_at_again(shop: Shop) -> None:
    stale = shop.forward(9)
    shop.open.late[stale.code] = stale
    shop.store.save(Transition(replace(stale, cancel_answer="no"), None))
    assert shop.run().finished
    assert shop.forward(9).cancel_answer == "no"
    assert_all_is_told(shop)


def test_a_forward_that_was_cancelled_by_its_partner_meanwhile_stays_cancelled(shop: Shop) -> None:
    stale = shop.forward(9)
    shop.open.late[stale.code] = stale
    shop.store.save(Transition(replace(stale, state=type(stale.state).CANCELLED), None))
    shop.run()
    assert shop.statuses()[9] == "CANCELLED"
    assert shop.forward(9).awb_number is None


def steps_of_a_round() -> int:
    shop = a_shop()
    shop.run()
    return len(shop.steps.taken)


STEPS = range(steps_of_a_round())


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("harm", [die, fail])
def test_a_run_that_ends_anywhere_is_gone_on_with_and_nothing_is_told_twice(
    step: int, harm: Callable[[], None]
) -> None:
    shop = a_shop()
    shop.steps.at(step, harm)
    with suppress(Died, PortFailed):
        shop.run()
    shop.steps.clear()
    shop.clock.move(LEASE_SECONDS + 1)
    assert shop.run().finished
    assert_all_is_told(shop)


@pytest.mark.parametrize("step", STEPS)
def test_of_two_runs_at_once_one_yields(step: int) -> None:
    shop = a_shop()
    others: list[Any] = []
    shop.steps.at(step, lambda: others.append(shop.run()))
    report = shop.run()
    assert [report.skipped, others[0].skipped].count(None) == 1 or (report.finished and others[0].finished)
    assert_all_is_told(shop)


def test_a_run_that_is_at_work_is_not_disturbed(shop: Shop) -> None:
    others: list[Any] = []
    shop.lists.fault = lambda name, page: others.append(shop.run()) if (name, page) == ("orders", 1) else None
    report = shop.run()
    assert [other.skipped for other in others] == ["another run is at work"] * 2
    assert [other.pages for other in others] == [0, 0]
    assert (report.finished, report.skipped) == (True, None)


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_slower_than_its_lease_and_the_one_that_took_over_tell_everything_once(step: int) -> None:
    shop = a_shop()

    def take_over() -> None:
        shop.clock.move(LEASE_SECONDS + 1)
        shop.run()

    shop.steps.at(step, take_over)
    shop.run()
    while not shop.run().finished:
        shop.clock.move(LEASE_SECONDS + 1)
    assert_all_is_told(shop)


def test_a_thousand_open_orders_a_day_take_as_many_pages_as_there_are_and_no_write_where_nothing_changed() -> None:
    shop = Shop()
    shop.lists.per_page = 100
    shop.lists.lists = ("orders",)
    for number in range(1, 7001):
        sent_forward(shop.store, number, at=days_ago(6 - (number - 1) // 1000))
        shop.lists.tell("orders", str(number), order="ACCEPTED", progress="UNPAID", payment="UNPAID")
    report = shop.run()
    assert (report.finished, report.pages, report.matched, report.changed) == (True, 70, 7000, 0)
    assert [name for name in shop.steps.taken if "save" in name and "run" not in name] == []
