"""`orderbridge status` on the table: what is wrong, how many orders it holds up, and the command that helps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import CREDENTIALS_REFUSED
from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.forward import waiting
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition, change
from orderbridge.orders.order import Order
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import after, to_iso, utc_now
from orderbridge_cli import output
from orderbridge_cli.operating.tables import dead_letters
from tests.integration.cli.conftest import Operator

SIRCLO = ChannelRef("sirclo", "sirclo")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)


def status(operator: Operator, exit_code: int) -> Any:
    result = operator.run("status", "--json")
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def channel_of(document: Any, name: str) -> Any:
    return next(each for each in document["channels"] if each["channel"] == name)


def rejected(reason: str) -> Callable[[Forward], Transition]:
    def reject(forward: Forward) -> Transition:
        sending = replace(forward, state=ForwardState.SENDING)
        return change(
            sending, ForwardState.REJECTED, utc_now(), "ForwardRejected", reason, error=reason, due_at=None
        )  # fmt: skip

    return reject


def test_a_new_stack_is_well(set_up: Operator) -> None:
    document = status(set_up, 0)

    assert [each["state"] for each in document["channels"]] == ["ok"] * len(document["channels"])
    assert channel_of(document, "sirclo") == {
        "channel": "sirclo", "platform": "sirclo", "state": "ok", "reason": None, "since": None, "next_try": None,
        "waiting": 0, "oldest": None, "command": None,
    }  # fmt: skip
    assert (document["needs_you"], document["today"]) == ([], {"accepted": 0, "delivered": 0})
    assert "nothing needs you" in set_up.run("status").stdout


def test_orders_that_wait_at_a_channel_that_is_down_are_counted_with_the_next_try(
    two_partners: Operator, place_order: Callable[..., Order], move: Callable[..., Forward]
) -> None:
    operator = two_partners
    (channel,) = [each for each in operator.stack.channels.list_channels() if each.name == "sirclo"]
    now = utc_now()
    operator.stack.channels.save_breaker(channel, Breaker(10, to_iso(now), after(now, 60), "503 of the platform"))
    for number in range(1, 4):
        order = place_order(number, channels=[SIRCLO])
        if number > 1:
            move(order, "sirclo", lambda forward: waiting.pause(forward, "the channel failed", utc_now(), 600))

    document = status(operator, 1)

    down = channel_of(document, "sirclo")
    assert (down["state"], down["waiting"], down["reason"]) == ("down", 3, "503 of the platform")
    assert (down["since"], down["next_try"]) == (to_iso(now), after(now, 60))
    assert down["command"] == "orderbridge channels resume sirclo"
    assert document["today"] == {"accepted": 3, "delivered": 0}
    shown = operator.run("status").stdout
    assert "orderbridge channels resume sirclo" in shown
    assert "down for" in shown
    assert "503 of the platform" in shown


def test_each_thing_that_needs_a_person_is_there_with_its_command(
    two_partners: Operator, place_order: Callable[..., Order], move: Callable[..., Forward]
) -> None:
    operator = two_partners
    product = MappingKey("product", "PROD-001")
    for number in (1, 2):
        move(place_order(number, channels=[SIRCLO]), "sirclo", rejected(f"product {number} is off sale"))
    for number in (3, 4, 5):
        order = place_order(number, channels=[SIRCLO])
        move(order, "sirclo", lambda forward: waiting.park_for_mappings(forward, [product], utc_now()))
    doubtful = place_order(6, channels=[SIRCLO])
    move(
        doubtful,
        "sirclo",
        lambda forward: change(forward, ForwardState.IN_DOUBT, utc_now(), "ForwardInDoubt", None, error="no answer"),
    )
    place_order(7, site="NOWHERE")
    clients = operator.stack.clients
    (queue,) = [each for each in operator.stack.dead_letters.queues() if each.name == "forward-sirclo"]
    clients.sqs.send_message(QueueUrl=queue.url, MessageBody="{}")
    added = operator.json("webhooks", "add", "artia", "https://partner.example.com/hook")
    (webhook,) = operator.stack.webhook_registry.of("artia")
    operator.stack.deliveries.disable(webhook, "the receiver answered 410 Gone", to_iso(utc_now()))

    document = status(operator, 1)

    found = [(each["kind"], each["channel"], each["count"], each["command"]) for each in document["needs_you"]]
    assert found == [
        ("IN_DOUBT", "sirclo", 1, f"orderbridge forwards resolve {doubtful.code} sirclo --sent <ID>"),
        ("NEEDS_MAPPING", "partner:artia", 1, "orderbridge mappings missing partner:artia --csv"),
        ("NEEDS_MAPPING", "sirclo", 3, "orderbridge mappings missing sirclo --csv"),
        (
            "REJECTED", "sirclo", 2,
            "orderbridge forwards retry --channel sirclo --state REJECTED --reason 'product # is off sale'",
        ),
        ("DEAD_LETTER", None, 1, "orderbridge dlq redrive --queue forward-sirclo"),
        ("WEBHOOK", None, 0, f"orderbridge webhooks enable artia {added['webhook']} --replay"),
    ]  # fmt: skip
    assert channel_of(document, "sirclo")["waiting"] == 4, "what was rejected does not wait"
    shown = operator.run("status").stdout
    assert all(command in shown for *_, command in found)


def test_a_channel_whose_key_the_platform_refuses_wants_other_credentials(set_up: Operator) -> None:
    set_up.stack.channels.pause(SIRCLO, f"{CREDENTIALS_REFUSED}: 401", to_iso(utc_now()))

    paused = channel_of(status(set_up, 1), "sirclo")

    assert (paused["state"], paused["reason"]) == ("paused", f"{CREDENTIALS_REFUSED}: 401")
    assert paused["command"] == "orderbridge channels set-credentials sirclo FILE.json"


def test_a_status_reads_no_item_that_it_does_not_need_and_never_the_whole_table(
    two_partners: Operator, place_order: Callable[..., Order]
) -> None:
    place_order(1, channels=[SIRCLO])
    called: list[str] = []
    events = two_partners.stack.clients.dynamodb.meta.events
    events.register("before-call.dynamodb", lambda model, **_: called.append(model.name), unique_id="counted")
    try:
        status(two_partners, 0)
    finally:
        events.unregister("before-call.dynamodb", unique_id="counted")

    assert "Query" in called
    assert "Scan" not in called


@pytest.mark.parametrize("options", [["--json"], []])
def test_watching_is_for_a_terminal(set_up: Operator, options: list[str]) -> None:
    result = set_up.run("status", "--watch", *options)

    assert result.exit_code == 2
    assert "--watch" in result.output


def test_no_line_of_a_screen_breaks_a_command_or_a_state_at_80_columns(
    two_partners: Operator,
    place_order: Callable[..., Order],
    move: Callable[..., Forward],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from rich.console import Console

    from orderbridge_cli.commands.status import need_command, rendered
    from orderbridge_cli.wiring import take_overview

    long_reason = "the platform does not answer and says nothing else but this very long sentence " * 2
    move(place_order(1, channels=[SIRCLO]), "sirclo", rejected(long_reason))
    two_partners.stack.channels.pause(SIRCLO, long_reason, to_iso(utc_now()))
    console = Console(width=80, highlight=False)

    monkeypatch.setattr(output, "_console", lambda: console)
    overview = take_overview(two_partners.stack)()
    with console.capture() as captured:
        output.answer(None, lambda: rendered(overview, utc_now()))

    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert "    orderbridge channels resume sirclo" in lines
    assert any("paused for 0 s" in line for line in lines)
    (need,) = overview.needs
    assert f"    {need_command(need)}" in lines
    assert len(need_command(need)) > 80
