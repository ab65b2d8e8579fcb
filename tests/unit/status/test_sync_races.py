"""Others at work while a round goes on, and rounds that die: everything is reported, and once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.forwarding.forward.states import Transition
from orderbridge.values.leases import LEASE_SECONDS
from tests.fakes.status_shop import a_shop, assert_all_is_told
from tests.fakes.steps import Died, PortFailed, die, fail


def test_a_forward_that_changed_meanwhile_is_looked_at_again() -> None:
    shop = a_shop()
    stale = shop.forward(9)
    shop.open.late[stale.code] = stale
    shop.store.save(Transition(replace(stale, cancel_answer="no"), None))
    assert shop.run().finished
    assert shop.forward(9).cancel_answer == "no"
    assert_all_is_told(shop)


def test_a_forward_that_was_cancelled_by_its_partner_meanwhile_stays_cancelled() -> None:
    shop = a_shop()
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
def test_a_run_that_ends_anywhere_is_gone_on_with_and_nothing_is_reported_twice(
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


def test_a_run_that_is_at_work_is_not_disturbed() -> None:
    shop = a_shop()
    others: list[Any] = []
    shop.lists.fault = lambda name, page: others.append(shop.run()) if (name, page) == ("orders", 1) else None
    report = shop.run()
    assert [other.skipped for other in others] == ["another run is at work"] * 2
    assert [other.pages for other in others] == [0, 0]
    assert (report.finished, report.skipped) == (True, None)


def test_a_run_that_takes_long_keeps_its_lease() -> None:
    shop = a_shop()
    others: list[str | None] = []

    def slow(name: str, page: int) -> None:
        shop.clock.move(LEASE_SECONDS * 0.6)
        shop.lists.fault = lambda name, page: None
        others.append(shop.run().skipped)
        shop.lists.fault = slow

    shop.lists.fault = slow
    assert shop.run().finished
    assert len(others) > 1
    assert set(others) == {"another run is at work"}


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
