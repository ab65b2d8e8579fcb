"""Platforms that answer late, twice or not at all: never two orders, and a state that tells the truth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orderbridge.platforms.names import platform_names
from tests.conformance.facts import facts_of
from tests.e2e.actors import Operator, Partner, Platforms
from tests.e2e.conftest import wait_for

pytestmark = pytest.mark.e2e

QUICK = {"settle_s": 1, "timeout_s": 25}
"""Looked at soon; what is merely slow is waited for."""


@pytest.fixture(autouse=True)
def healthy_afterwards(platforms: Platforms):
    yield
    platforms.heal()


def strike_create(platforms: Platforms, platform: str, kind: str, count: int = 1, **details: object) -> None:
    create = facts_of(platform).create
    platforms.strike(platform, kind=kind, method=create.method, path=create.path, count=count, **details)


@pytest.mark.parametrize("platform", [name for name in platform_names() if facts_of(name).can_look])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "commit_then_close"},
        {"kind": "commit_then_status", "status": 500},
        {"kind": "garbage"},
        {"kind": "truncate"},
        {"kind": "wrong_shape"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_an_order_that_arrived_without_an_answer_is_found_and_not_sent_again(
    platform: str,
    fault: dict[str, object],
    new_partner: Callable[..., Partner],
    operator: Operator,
    platforms: Platforms,
) -> None:
    partner = new_partner(platform, settings=QUICK)
    strike_create(platforms, platform, **fault)

    code = partner.place("PO-LOST-ANSWER")

    wait_for(lambda: set(operator.states(code).values()) == {"SENT"}, what="SENT")
    (held,) = platforms.held(platform, code)
    forward = operator.forward(code, partner.channels[0])
    assert forward["external_id"] == str(held["id"])
    assert forward["attempts"] == 1


@pytest.mark.parametrize("platform", [name for name in platform_names() if facts_of(name).can_look])
def test_an_order_that_did_not_arrive_is_sent_again_after_two_looks(
    platform: str, new_partner: Callable[..., Partner], operator: Operator, platforms: Platforms
) -> None:
    partner = new_partner(platform, settings=QUICK)
    strike_create(platforms, platform, "close_before")

    code = partner.place("PO-NEVER-ARRIVED")

    wait_for(lambda: set(operator.states(code).values()) == {"SENT"}, what="SENT")
    assert len(platforms.held(platform, code)) == 1
    events = [entry["event"] for entry in operator.order(code)["timeline"]]
    assert events.count("AttemptStarted") == 2
    assert "PlatformLookedAt" in events


def test_an_order_whose_fate_salesmania_does_not_tell_waits_for_a_person(
    new_partner: Callable[..., Partner], operator: Operator, platforms: Platforms
) -> None:
    partner = new_partner("salesmania", settings=QUICK)
    (channel,) = partner.channels
    strike_create(platforms, "salesmania", "commit_then_close")
    code = partner.place("PO-IN-DOUBT")
    wait_for(lambda: operator.states(code).get(channel) == "IN_DOUBT", what="IN_DOUBT")

    operator.run("forwards", "resolve", code, channel, "--sent", "SM-1")

    forward = operator.forward(code, channel)
    assert (forward["state"], forward["external_id"]) == ("SENT", "SM-1")
    assert len(platforms.held("salesmania", code)) == 1


def test_an_order_that_a_person_found_absent_is_sent_again(
    new_partner: Callable[..., Partner], operator: Operator, platforms: Platforms
) -> None:
    partner = new_partner("salesmania", settings=QUICK)
    (channel,) = partner.channels
    strike_create(platforms, "salesmania", "close_before")
    code = partner.place("PO-ABSENT")
    wait_for(lambda: operator.states(code).get(channel) == "IN_DOUBT", what="IN_DOUBT")

    operator.run("forwards", "resolve", code, channel, "--absent")

    wait_for(lambda: operator.states(code)[channel] == "SENT", what="SENT")
    assert len(platforms.held("salesmania", code)) == 1


@pytest.mark.parametrize("platform", platform_names())
@pytest.mark.parametrize("retry_after", [None, 1])
def test_a_platform_that_asks_to_slow_down_gets_the_order_later_and_once(
    platform: str,
    retry_after: int | None,
    new_partner: Callable[..., Partner],
    operator: Operator,
    platforms: Platforms,
) -> None:
    partner = new_partner(platform, settings=QUICK)
    strike_create(platforms, platform, "status", status=429, retry_after=retry_after, count=2)

    code = partner.place("PO-SLOW-DOWN")

    wait_for(lambda: set(operator.states(code).values()) == {"SENT"}, what="SENT")
    assert len(platforms.held(platform, code)) == 1
    assert operator.forward(code, partner.channels[0])["attempts"] == 3


def test_refused_credentials_pause_the_channel_and_new_ones_let_the_orders_go(
    new_partner: Callable[..., Partner], operator: Operator, platforms: Platforms
) -> None:
    partner = new_partner("ngorder", settings=QUICK)
    (channel,) = partner.channels
    strike_create(platforms, "ngorder", "status", status=401, count=None)
    codes = [partner.place(f"PO-KEY-{number}") for number in range(3)]
    wait_for(lambda: all(operator.states(code).get(channel) == "PAUSED" for code in codes), what="PAUSED")
    shown = operator.run("channels", "show", channel)
    assert shown["state"] == "paused"
    assert shown["paused_reason"]

    again = operator.run("channels", "resume", channel, exit_code=1)
    assert again["error"].startswith(f"{channel} is paused again: ")

    wait_for(lambda: all(operator.states(code).get(channel) == "PAUSED" for code in codes), what="PAUSED again")
    platforms.heal()
    operator.run("channels", "resume", channel)

    wait_for(lambda: all(operator.states(code)[channel] == "SENT" for code in codes), what="SENT")
    assert all(len(platforms.held("ngorder", code)) == 1 for code in codes)


def test_a_channel_that_is_down_holds_up_none_of_the_others(
    new_partner: Callable[..., Partner], operator: Operator, platforms: Platforms
) -> None:
    partner = new_partner("salesmania", "sirclo", "ngorder")
    salesmania, sirclo, ngorder = partner.channels
    strike_create(platforms, "sirclo", "status", status=429, count=None, retry_after=2)

    codes = [partner.place(f"PO-DOWN-{number}") for number in range(8)]

    def others_sent() -> bool:
        states = [operator.states(code) for code in codes]
        return all(state.get(salesmania) == state.get(ngorder) == "SENT" for state in states)

    wait_for(others_sent, what="the others to be SENT")
    assert all(operator.states(code)[sirclo] in ("QUEUED", "PAUSED", "SENDING") for code in codes)
    platforms.heal()
    wait_for(lambda: all(operator.states(code)[sirclo] == "SENT" for code in codes), what="SENT when it is back")
    assert platforms.duplicates("sirclo") == []
