"""`orderbridge channels check` against each platform's sandbox, and what the command shows of a breaker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import Channel
from orderbridge.forwarding.forward.states import Forward, new_forward
from orderbridge.values.ids import OrderKey
from orderbridge.values.times import from_iso, to_iso, utc_now
from orderbridge_cli.operating.channels import OperateChannels
from orderbridge_cli.target import Operations
from orderbridge_sandboxes import SANDBOXES, Sandbox, demo
from orderbridge_sandboxes.faults import Fault
from tests.conformance.facts import facts_of, labels
from tests.fakes.samples import SIRCLO
from tests.integration.cli.conftest import Operator


@pytest.fixture(params=labels())
def shop(
    request: pytest.FixtureRequest, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Operator, Sandbox[Any]]]:
    """An operator with the channel `shop` on a platform's sandbox."""
    monkeypatch.setattr(Operations, "is_on_this_machine", True)
    facts = facts_of(request.param)
    platform = facts.name
    with SANDBOXES[platform]() as sandbox:
        channel = Channel("shop", platform, {**demo.demo_settings(platform, sandbox.url), **facts.settings})
        operator.stack.vault.store(channel, demo.DEMO_CREDENTIALS[platform])
        assert operator.stack.channels.put(channel)
        yield operator, sandbox


def test_a_channel_that_is_well_is_reported_so_and_gets_no_order(shop: tuple[Operator, Sandbox[Any]]) -> None:
    operator, sandbox = shop

    assert operator.json("channels", "check", "shop") == {"channel": "shop", "ok": True, "detail": None}

    assert sandbox.orders == ()
    assert {request.method for request in sandbox.requests} == {"GET"}


@pytest.mark.parametrize(
    ("fault", "words"), [(Fault("status", status=401, count=None), "401"), (Fault("close_before", count=None), "left")]
)
def test_a_channel_that_is_not_is_exit_1_and_says_why(
    shop: tuple[Operator, Sandbox[Any]], fault: Fault, words: str
) -> None:
    operator, sandbox = shop
    sandbox.faults.add(fault)

    result = operator.run("channels", "check", "shop", "--json")

    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert (said["channel"], said["ok"]) == ("shop", False)
    assert words in said["detail"]
    assert "not-a-secret" not in result.output


SINCE, UNTIL = "2025-01-01T00:00:00.000Z", "2099-01-01T00:00:00.000Z"
OPEN = {"state": "open", "failures": 10, "open_since": SINCE, "open_until": UNTIL, "reason": "timeout"}
CLOSED = {"state": "closed", "failures": 0, "open_since": None, "open_until": None, "reason": None}


def test_an_open_breaker_is_shown_and_closed_by_whoever_resumes_once_a_read_has_succeeded(
    shop: tuple[Operator, Sandbox[Any]],
) -> None:
    operator, sandbox = shop
    break_open(operator)
    shown = operator.json("channels", "show", "shop")
    assert (shown["state"], shown["breaker"]) == ("active", OPEN)

    resumed = operator.json("channels", "resume", "shop")

    assert (resumed["breaker"], resumed["trouble"]) == (CLOSED, None)
    assert operator.json("channels", "show", "shop")["breaker"] == CLOSED
    assert sandbox.requests, "it was asked"


def test_a_channel_that_does_not_answer_stays_open_and_is_probed_within_a_minute_whatever_it_had_asked_for(
    shop: tuple[Operator, Sandbox[Any]],
) -> None:
    operator, sandbox = shop
    break_open(operator)
    sandbox.faults.add(Fault("status", status=503, count=None))

    result = operator.run("channels", "resume", "shop", "--json")

    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert "503" in said["trouble"]
    assert "does not answer as it should" in result.stderr
    assert (said["breaker"]["state"], said["breaker"]["open_since"]) == ("open", SINCE)
    assert (from_iso(said["breaker"]["open_until"]) - utc_now()).total_seconds() <= 60


def test_other_credentials_alone_are_stored_and_let_a_paused_channel_go_on(
    shop: tuple[Operator, Sandbox[Any]],
) -> None:
    operator, _ = shop
    (channel,) = operator.stack.channels.list_channels()
    operator.stack.channels.pause(channel, "the platform refuses the credentials: 401", to_iso(utc_now()))
    good = demo.DEMO_CREDENTIALS[channel.platform]
    operator.stack.vault.store(channel, {**good, next(iter(good)): "of last year"})
    before = operator.json("channels", "show", "shop")["settings"]

    done = operator.json("channels", "set-credentials", "shop", operator.json_file("new.json", good))

    assert (done["state"], done["trouble"], done["released"]) == ("active", None, 0)
    assert done["settings"] == before
    assert operator.json("channels", "check", "shop")["ok"] is True


def test_credentials_that_are_none_change_nothing(shop: tuple[Operator, Sandbox[Any]]) -> None:
    operator, _ = shop
    secrets = operator.secrets()

    said = operator.refused("channels", "set-credentials", "shop", operator.json_file("bad.json", {"key": "hush"}))

    assert "hush" not in said
    assert operator.secrets() == secrets
    good = operator.json_file("good.json", {})
    assert "There is no channel nowhere" in operator.refused("channels", "set-credentials", "nowhere", good)


@pytest.mark.parametrize("answers", [True, False], ids=["reads succeed", "nothing succeeds"])
def test_a_channel_that_its_first_orders_pause_again_is_said_to_be(
    shop: tuple[Operator, Sandbox[Any]], monkeypatch: pytest.MonkeyPatch, *, answers: bool
) -> None:
    operator, sandbox = shop
    (channel,) = operator.stack.channels.list_channels()
    operator.stack.channels.pause(channel, "holiday", to_iso(utc_now()))
    if not answers:
        sandbox.faults.add(Fault("status", status=401, count=None))

    def let_go(*_: Any) -> Iterator[Forward]:
        # As a forwarder does with the first order that it sends.
        operator.stack.channels.pause(channel, "the platform refuses the credentials: 401", to_iso(utc_now()))
        yield new_forward(OrderKey("artia", "h"), "SO-20250101-00001", SIRCLO, utc_now(), 60).forward

    monkeypatch.setattr(OperateChannels, "let_go", let_go)

    result = operator.run("channels", "resume", "shop", "--json")

    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert said["error"].startswith("shop is paused again: the platform refuses the credentials: 401")
    assert "set-credentials shop" in said["error"]
    assert (said["state"], said["released"]) == ("paused", 1)


def break_open(operator: Operator) -> None:
    (channel,) = [each for each in operator.stack.channels.list_channels() if each.name == "shop"]
    operator.stack.channels.save_breaker(channel, Breaker(10, SINCE, UNTIL, reason="timeout"))
