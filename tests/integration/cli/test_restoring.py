"""`orderbridge after-restore`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted
from orderbridge.forwarding.forward.attempts import begin_attempt, settle_attempt
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.forwarding.forward.waiting import park_for_mappings
from orderbridge.orders.order import Order
from orderbridge.orders.table import TableOrderIntake
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.values.times import to_iso, utc_now
from tests.integration.cli.conftest import Operator, state_of

SIRCLO = ChannelRef("sirclo", "sirclo")
NGORDER = ChannelRef("ngorder", "ngorder")
S = ForwardState


def test_everything_unsent_is_in_question_and_todays_codes_go_on_far_behind(
    set_up: Operator, place_order: Callable[..., Order], move: Callable[..., Forward]
) -> None:
    now = utc_now()
    first, second = place_order(1, channels=[SIRCLO, NGORDER]), place_order(2, channels=[SIRCLO])
    move(first, "ngorder", lambda f: park_for_mappings(f, [MappingKey.of("product", "P")], now))
    move(
        second,
        "sirclo",
        lambda f: begin_attempt(f, "attempt", "hash", now, 60),
        lambda f: settle_attempt(f, Accepted("991"), now, 0.5, 60, None),
    )
    unrouted = place_order(3)
    unpublished = replace(
        second, key=OrderKey.of("artia", "po:4"), code="SO-20250101-00004", due_at=to_iso(now - timedelta(1))
    )
    stack = set_up.stack
    assert TableOrderIntake(stack.clients.dynamodb, stack.table).put_if_absent(unpublished) is None

    said = set_up.json("after-restore", "--nothing-runs", "--skip-codes", "700")

    assert said == {"questioned": {"ngorder": 1, "sirclo": 2}, "codes_left_out_to": 700}
    for order, channel in ((first, "sirclo"), (first, "ngorder"), (unpublished, "sirclo")):
        assert state_of(set_up, order, channel) is S.SENDING
    assert state_of(set_up, second, "sirclo") is S.SENT
    assert set_up.stack.desk.read_order(unrouted.key).awaits_route
    assert set_up.json("orders", "show", first.code)["timeline"][-1]["event"] == "ForwardQuestioned"
    assert set_up.json("after-restore", "--nothing-runs")["questioned"] == {}
    assert set_up.messages("sirclo") == [], "nothing runs yet"


def test_whoever_does_not_say_that_nothing_runs_is_reported_to(set_up: Operator) -> None:
    before = set_up.items()
    result = set_up.run("after-restore")
    assert result.exit_code == 2
    assert "--nothing-runs" in result.stderr
    assert set_up.items() == before
