"""Two hundred orders while answers are lost and workers are killed: none lost, none twice, and states that are true."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from orderbridge.platforms.names import platform_names
from tests.e2e.actors import Operator, Partner, Platforms, sales_order
from tests.e2e.conftest import wait_for
from tests.e2e.weather import strike_all
from tests.e2e.workers import CAN_BE_FOUND, OF_WHOM, Killer
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ORDERS = 200
KILLS = 40
SEED = int(os.environ.get("ORDERBRIDGE_TEST_SEED", "1"))
"""Of the faults and of the killer, so that another run has another weather."""


@pytest.fixture
def bad_weather(platforms: Platforms):
    strike_all(platforms, ORDERS, SEED)
    yield
    platforms.heal()


@pytest.mark.timeout(2400)
@pytest.mark.skipif(not CAN_BE_FOUND, reason="finds the workers in /proc")
@pytest.mark.usefixtures("bad_weather")
def test_two_hundred_orders_survive_lost_answers_and_killed_workers_and_are_nowhere_twice(
    new_partner: Callable[..., Partner], operator: Operator, platforms: Platforms, stack_folder: Path
) -> None:
    names = ("salesmania", "sirclo", "ngorder")
    partner = new_partner(*names, settings={"settle_s": 1, "timeout_s": 25, "probe_s": 3})
    salesmania, sirclo, ngorder = partner.channels
    partner.login()

    with Killer(stack_folder, SEED, shares=OF_WHOM, most=KILLS, pause_s=1.0) as killer:
        with ThreadPoolExecutor(4) as pool:
            codes = list(pool.map(lambda number: place_until_accepted(partner, f"PO-MANY-{number}"), range(ORDERS)))
        killer.wait()

    assert len(set(codes)) == ORDERS
    assert killer.kills.total() == KILLS, killer.kills
    assert all(killer.kills[f"orderbridge-forward-{platform}"] for platform in platform_names()), killer.kills
    settled = wait_for(
        lambda: all_settled(operator, partner, codes),
        seconds=2 * PATIENCE_S,
        every=3,
        what="every forward to be settled",
    )
    for channel, platform in ((sirclo, "sirclo"), (ngorder, "ngorder")):
        held = platforms.all_held(platform)
        for code, forward in settled[channel].items():
            (order,) = held[code]
            assert (forward["state"], forward["external_id"]) == ("SENT", str(order["id"])), (platform, forward)
    held = platforms.all_held("salesmania")
    for code, forward in settled[salesmania].items():
        assert forward["attempts"] == 1, "nobody could look, so nobody sends again by himself"
        assert len(held[code]) == 1 if forward["state"] == "SENT" else len(held[code]) <= 1, forward
    doubts = {code: forward for code, forward in settled[salesmania].items() if forward["state"] == "IN_DOUBT"}
    assert len(doubts) >= ORDERS // 2, "the lost answers"
    assert all(forward["error"] for forward in doubts.values())

    platforms.heal()
    a_person_settles_some(doubts, salesmania, operator, platforms)
    assert all(platforms.duplicates(platform) == [] for platform in platform_names())


def place_until_accepted(partner: Partner, reference: str) -> str:
    """Posts the same order until it is answered, as the partner guide says; the worker that takes it may be killed."""

    def accepted() -> httpx.Response | None:
        try:
            answer = partner.post(sales_order(reference))
        except httpx.TransportError:
            return None
        return answer if answer.status_code < 500 else None

    answer = wait_for(accepted, what=f"{reference} to be accepted")
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["data"]["code"])


def all_settled(operator: Operator, partner: Partner, codes: list[str]) -> dict[str, dict[str, Any]] | None:
    """The forwards of each channel by code, once nothing more happens to any of them; None before."""
    known = {
        channel: {forward["code"]: forward for forward in operator.run("forwards", "list", "--channel", channel)}
        for channel in partner.channels
    }
    states = Counter(forward["state"] for forwards in known.values() for forward in forwards.values())
    complete = all(forwards.keys() == set(codes) for forwards in known.values())
    return known if complete and states.keys() <= {"SENT", "IN_DOUBT"} else None


def a_person_settles_some(
    doubts: dict[str, dict[str, Any]], channel: str, operator: Operator, platforms: Platforms
) -> None:
    """Both answers of `forwards resolve`: what is there is SENT, what is not is sent."""
    held = platforms.all_held("salesmania")
    there = next(code for code in doubts if held[code])
    absent = [code for code in doubts if not held[code]][:3]
    assert absent, "some never arrived"
    operator.run("forwards", "resolve", there, channel, "--sent", f"SM-{held[there][0]['id']}")
    for code in absent:
        operator.run("forwards", "resolve", code, channel, "--absent")

    wait_for(lambda: {operator.states(code)[channel] for code in absent} == {"SENT"}, what="the resent to be SENT")
    assert all(len(platforms.held("salesmania", code)) == 1 for code in [there, *absent])
