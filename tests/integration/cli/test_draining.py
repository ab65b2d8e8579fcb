"""`orderbridge drain`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted, Rejected
from orderbridge.forwarding.forward.attempts import begin_attempt, settle_attempt
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.forward.waiting import park_for_mappings
from orderbridge.orders.order import Order
from orderbridge.orders.table import TableOrderIntake
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.values.times import to_iso, utc_now
from orderbridge.webhooks.delivery import DeliveryRef
from orderbridge.webhooks.items import delivery_keys
from tests.integration.cli.conftest import Operator

SIRCLO = ChannelRef("sirclo", "sirclo")
NGORDER = ChannelRef("ngorder", "ngorder")


def drained(operator: Operator, *options: str) -> tuple[int, dict[str, Any]]:
    result = operator.run("drain", "--json", *options)
    return result.exit_code, json.loads(result.stdout)


def relay_all(operator: Operator, order: Order) -> None:
    for forward in operator.stack.desk.list_forwards(order):
        operator.stack.desk.relayed(forward)


def settled(move: Callable[..., Forward], order: Order, channel: str, outcome: Any) -> None:
    now = utc_now()
    move(
        order,
        channel,
        lambda f: begin_attempt(f, "attempt", "hash", now, 60),
        lambda f: settle_attempt(f, outcome, now, 0.5, 60, None),
    )


def test_a_stack_without_orders_may_be_emptied(set_up: Operator) -> None:
    code, said = drained(set_up)
    assert code == 0
    assert said["drained"] is True
    assert said["channels"] == []


def test_a_forward_that_is_not_final_is_counted_by_channel_and_state(
    set_up: Operator, place_order: Callable[..., Order], move: Callable[..., Forward]
) -> None:
    order = place_order(1, channels=[SIRCLO, NGORDER])
    move(order, "ngorder", lambda f: park_for_mappings(f, [MappingKey.of("product", "P")], utc_now()))
    relay_all(set_up, order)

    code, said = drained(set_up, "--give-up-statuses")

    assert code == 1
    assert said["drained"] is False
    assert said["channels"] == [
        {"channel": "ngorder", "states": {"NEEDS_MAPPING": 1}, "sent_and_followed": 0},
        {"channel": "sirclo", "states": {"QUEUED": 1}, "sent_and_followed": 0},
    ]


def test_a_sent_order_whose_status_is_open_holds_it_up_unless_its_status_is_given_up(
    set_up: Operator, place_order: Callable[..., Order], move: Callable[..., Forward]
) -> None:
    order = place_order(1, channels=[SIRCLO])
    settled(move, order, "sirclo", Accepted("991"))
    relay_all(set_up, order)

    code, said = drained(set_up)
    assert code == 1
    assert said["channels"] == [{"channel": "sirclo", "states": {}, "sent_and_followed": 1}]
    code, said = drained(set_up, "--give-up-statuses")
    assert (code, said["drained"]) == (0, True)


def test_a_rejected_order_is_not_open_once_its_event_is_published(
    set_up: Operator, place_order: Callable[..., Order], move: Callable[..., Forward]
) -> None:
    order = place_order(1, channels=[SIRCLO])
    settled(move, order, "sirclo", Rejected("no such product"))
    code, said = drained(set_up)
    assert (code, said["events_to_publish"]) == (1, 1)

    relay_all(set_up, order)
    assert drained(set_up)[0] == 0


def test_an_order_that_nobody_has_published_holds_it_up(
    set_up: Operator, place_order: Callable[..., Order], move: Callable[..., Forward]
) -> None:
    order = place_order(1, channels=[SIRCLO])
    settled(move, order, "sirclo", Rejected("no such product"))
    relay_all(set_up, order)
    fresh = replace(order, key=OrderKey.of(order.client_id, "po:2"), due_at=to_iso(utc_now() - timedelta(1)))
    stack = set_up.stack
    assert TableOrderIntake(stack.clients.dynamodb, stack.table).put_if_absent(fresh) is None

    code, said = drained(set_up)
    assert (code, said["unpublished"]) == (1, 1)


@pytest.mark.parametrize(("due", "expected"), [({"due_at": {"S": "2025-01-01T00:00:00.000Z"}}, 1), ({}, 0)])
def test_a_webhook_message_holds_it_up_until_nothing_more_will_happen_to_it(
    set_up: Operator, due: dict[str, Any], expected: int
) -> None:
    keys = delivery_keys(DeliveryRef("artia", "hook", "message"))
    set_up.stack.clients.dynamodb.put_item(TableName=set_up.stack.table, Item={**keys, **due})
    code, said = drained(set_up)
    assert (code, said["deliveries"]) == (expected, expected)


def test_a_message_in_a_queue_holds_it_up_though_it_is_delayed(set_up: Operator) -> None:
    stack = set_up.stack
    stack.clients.sqs.send_message(QueueUrl=stack.queues.url("sirclo"), MessageBody="{}", DelaySeconds=600)
    code, said = drained(set_up)
    assert code == 1
    assert list(said["queues"].values()) == [1]


def test_a_person_reads_what_is_open(set_up: Operator, place_order: Callable[..., Order]) -> None:
    place_order(1, channels=[SIRCLO])
    result = set_up.run("drain")
    assert result.exit_code == 1
    assert "sirclo: 1 QUEUED" in result.stderr
