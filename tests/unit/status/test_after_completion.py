"""After COMPLETED an order is still asked about for a while: goods come back, and an order may be cancelled then."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.entrypoints.answers.orders import SalesOrderFound
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.order_status import channel_status, progress
from orderbridge.reading.views import OrderView
from orderbridge.status.runs import COMPLETED_EVERY
from orderbridge.status.sync import DAYS_ASKED_ABOUT
from orderbridge.values.times import to_iso
from tests.fakes.status_shop import CHANNEL, Shop, seconds_for
from tests.fakes.statuses import days_ago, sent_forward


def completed(shop: Shop, number: int = 1, *, ordered: int = 3, ended: int = 1, **changes: Any) -> Forward:
    """An order so many days old whose platform has called it COMPLETED so many days ago."""
    said = {"platform_status": "COMPLETED", "completed_at": to_iso(days_ago(ended)), **changes}
    return sent_forward(shop.store, number, at=days_ago(ordered), **said)


def settings(shop: Shop, **changes: Any) -> None:
    channel = shop.channels.by_name[CHANNEL]
    shop.channels.by_name[CHANNEL] = replace(channel, settings={**channel.settings, **changes})


def asked_about(shop: Shop) -> set[str]:
    return {external_id for query in shop.lists.queries for external_id in query.external_ids}


def test_it_is_asked_about_once_a_day_on_schedule() -> None:
    shop = Shop()
    completed(shop)
    for _ in range(5):
        shop.run()
        shop.clock.move(COMPLETED_EVERY.total_seconds() / 5)
    assert len(shop.lists.asked) == len(shop.lists.lists)
    shop.run()
    assert len(shop.lists.asked) == 2 * len(shop.lists.lists)


def test_an_operator_asks_about_it_at_once() -> None:
    shop = Shop()
    shop.run()
    completed(shop)
    shop.run()
    assert asked_about(shop) == set()
    assert shop.run(with_completed=True).finished
    assert asked_about(shop) == {"1"}


def test_an_operator_does_not_have_to_wait_for_a_round_that_leaves_it_out() -> None:
    shop = Shop()
    shop.run()
    completed(shop)
    sent_forward(shop.store, 2)
    assert not shop.run(seconds_for(1, shop)).finished
    assert shop.run(with_completed=True).finished
    assert asked_about(shop) == {"1", "2"}


def test_a_round_that_asks_about_it_still_does_when_it_goes_on() -> None:
    shop = Shop()
    completed(shop)
    sent_forward(shop.store, 2)
    assert not shop.run(seconds_for(1, shop), with_completed=True).finished
    assert shop.run().finished
    assert set(shop.lists.queries[-1].external_ids) == {"1", "2"}


@pytest.mark.parametrize(
    ("days", "ended", "is_asked"), [(None, 29, True), (None, 31, False), (3, 2, True), (3, 4, False), (0, 0, False)]
)
def test_it_is_asked_about_for_the_days_of_the_return_window(days: int | None, ended: int, *, is_asked: bool) -> None:
    shop = Shop()
    if days is not None:
        settings(shop, return_window_days=days)
    completed(shop, ordered=ended + 5, ended=ended)
    shop.run(with_completed=True)
    assert asked_about(shop) == ({"1"} if is_asked else set())


def test_one_that_took_long_to_complete_has_its_whole_window() -> None:
    shop = Shop()
    completed(shop, ordered=DAYS_ASKED_ABOUT + 20, ended=21)
    shop.run()
    assert asked_about(shop) == {"1"}


def test_the_window_begins_when_the_platform_calls_it_completed() -> None:
    shop = Shop()
    sent_forward(shop.store, 1, at=days_ago(40))
    shop.lists.note("orders", "1", order="ACCEPTED", progress="DELIVERED")
    shop.run()
    assert shop.forward(1).completed_at == to_iso(shop.clock())
    shop.clock.move(timedelta(days=29).total_seconds())
    before = len(shop.lists.asked)
    shop.run()
    assert len(shop.lists.asked) > before


@pytest.mark.parametrize(
    ("list_name", "says", "status", "problem"),
    [
        ("shipping/RETURNED", {"shipping": "RETURNED"}, "COMPLETED", "RETURNED"),
        ("shipping/RETURNED", {"shipping": "LOST"}, "COMPLETED", "LOST"),
        ("cancelled/CANCEL", {"order": "CANCELED"}, "CANCELLED", None),
    ],
)
def test_what_happens_to_it_is_reported_shown_and_sent_to_the_partner(
    list_name: str, says: dict[str, str], status: str, problem: str | None
) -> None:
    shop = Shop()
    before = completed(shop)
    order = replace(shop.store.orders[before.key], status="COMPLETED")
    known = progress(order, [before], to_iso(shop.clock()))
    assert known is not None
    shop.lists.note(list_name, "1", **says)

    report = shop.run()

    after = shop.forward(1)
    assert (channel_status(after), after.shipment_problem) == (status, problem)
    assert report.problems == [f"order {before.code} was COMPLETED, and is {problem or status}"]
    said = progress(known.order, [after], to_iso(shop.clock()))
    assert said is not None
    (at_channel,) = json.loads(said.body)["data"]["channels"]
    assert (at_channel["status"], at_channel["shipment_problem"]) == (status, problem)
    shown = SalesOrderFound.of(OrderView(said.order, [after], shop.store.timeline[after.key])).body()["data"]
    assert (shown["status"], shown["channels"][0].get("shipment_problem")) == (status, problem)
    assert [line["event"] for line in shown["timeline"]][-1] == ("ShipmentChanged" if problem else "StatusChanged")


def test_a_payment_that_comes_after_the_end_is_no_problem() -> None:
    shop = Shop()
    completed(shop)
    shop.lists.note("orders", "1", order="ACCEPTED", progress="DELIVERED", payment="PAID")
    report = shop.run()
    assert (report.changed, report.problems) == (1, [])
    assert shop.forward(1).payment_status == "PAID"
