"""Webhooks, their secrets and messages in table, Secrets Manager and queue, under the conditions of AWS (moto)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.forwarding.table import TableOrders
from orderbridge.http.answer import Answer
from orderbridge.orders.order import Order
from orderbridge.orders.table import TableOrderIntake
from orderbridge.partners import table as partner_table
from orderbridge.values.conflicts import LostRace
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import to_iso
from orderbridge.webhooks import items as webhook_items
from orderbridge.webhooks.delivery import Delivery, DeliveryRef, begin, from_text, new_delivery, settle, to_text
from orderbridge.webhooks.signing import WebhookSecret
from orderbridge.webhooks.table import (
    SecretWebhookSecrets,
    SqsDeliveryQueue,
    TableDeliveries,
    TableDueDeliveries,
    TableWebhookDirectory,
)
from orderbridge_cli.operating.tables.partners import TablePartnerRegistry
from orderbridge_cli.operating.tables.webhooks import SecretWebhookVault, TableWebhookRegistry
from tests.fakes import samples
from tests.fakes.samples import CLIENT_ID, NOW
from tests.fakes.steps import Clock, Died
from tests.fakes.webhooks import a_webhook
from tests.integration.webhooks.conftest import TABLE

Aws = Callable[[str], Any]
ENTRY = TimelineEntry(to_iso(NOW), "WebhookAdded", None, "wh_1")


def a_delivery(webhook_id: str = "wh_1", **changes: Any) -> Delivery:
    made = new_delivery(a_webhook(webhook_id), "order.status_changed", "SO-20250101-00001", '{"é":1}', NOW, 60)
    return replace(made, **changes)


def stored_order(aws: Aws) -> Order:
    order = samples.order()
    assert TableOrderIntake(aws("dynamodb"), TABLE).put_if_absent(order) is None
    return order


def said(order: Order, number: int = 1, status: Any = "SUBMITTED", *messages: Delivery) -> Order:
    return replace(order, status=status, changes=number, announced="", messages=to_text(messages))


def put(aws: Aws, *deliveries: Delivery) -> None:
    orders = TableOrders(aws("dynamodb"), TABLE)
    assert all(orders.create_delivery(delivery) for delivery in deliveries)


def left_with(order: Order) -> list[Delivery]:
    return list(from_text(order.messages, order.client_id, order.code))


def test_a_change_and_its_messages_are_written_all_or_nothing(aws: Aws) -> None:
    orders = TableOrders(aws("dynamodb"), TABLE)
    order = stored_order(aws)
    first, second, late = a_delivery(), a_delivery("wh_2"), a_delivery()
    second = replace(second, created_at=first.created_at)
    orders.save_progress(said(order, 1, "SUBMITTED", first, second))
    with pytest.raises(LostRace):
        orders.save_progress(said(order, 1, "SHIPPED", late))
    kept = orders.read_order(order.key)
    assert kept is not None
    assert (kept.status, kept.changes, left_with(kept)) == ("SUBMITTED", 1, [first, second])
    orders.save_progress(said(order, 2, "SHIPPED", late))
    assert orders.read_order(order.key) == said(order, 2, "SHIPPED", late)
    orders.save_progress(said(order, 3, "COMPLETED"))
    assert orders.read_order(order.key) == said(order, 3, "COMPLETED")


def test_a_message_gets_its_own_item_once(aws: Aws) -> None:
    orders, deliveries = TableOrders(aws("dynamodb"), TABLE), TableDeliveries(aws("dynamodb"), TABLE)
    delivery = a_delivery()

    assert not orders.has_delivery(delivery.ref)
    assert orders.create_delivery(delivery)
    assert orders.has_delivery(delivery.ref)
    record = deliveries.read(delivery.ref)
    assert record is not None
    gone_on = deliveries.save(replace(record.delivery, attempts=1))
    assert not orders.create_delivery(delivery)
    record = deliveries.read(delivery.ref)
    assert record is not None
    assert record.delivery == gone_on


@pytest.mark.parametrize("aws", ["moto"], indirect=True)  # botocore's client, whose events are listened to
def test_a_process_that_dies_right_after_a_write_leaves_the_change_with_its_messages(aws: Aws) -> None:
    """Written apart, the order would have changed and its partner would never hear of it."""
    client, order, delivery = aws("dynamodb"), stored_order(aws), a_delivery()
    orders = TableOrders(client, TABLE)

    def dies(**_: Any) -> None:
        raise Died

    client.meta.events.register("after-call.dynamodb", dies)
    with pytest.raises(Died):
        orders.save_progress(said(order, 1, "SUBMITTED", delivery))
    client.meta.events.unregister("after-call.dynamodb", dies)

    kept = orders.read_order(order.key)
    assert kept is not None
    assert left_with(kept) == [delivery]


def test_a_change_that_nobody_is_reported_is_guarded_too(aws: Aws) -> None:
    orders = TableOrders(aws("dynamodb"), TABLE)
    order = stored_order(aws)
    orders.save_progress(said(order))
    with pytest.raises(LostRace):
        orders.save_progress(said(order, 1, "SHIPPED"))
    orders.save_progress(replace(said(order, 2, "SHIPPED"), announced='{"sirclo-main":["SHIPPED","JP1",null]}'))
    kept = orders.read_order(order.key)
    assert kept is not None
    assert (kept.status, kept.changes, kept.announced) == ("SHIPPED", 2, '{"sirclo-main":["SHIPPED","JP1",null]}')


def test_a_message_is_read_with_its_webhook_and_whether_its_partner_is_active(aws: Aws) -> None:
    deliveries, registry = TableDeliveries(aws("dynamodb"), TABLE), TableWebhookRegistry(aws("dynamodb"), TABLE)
    partners = TablePartnerRegistry(aws("dynamodb"), TABLE)
    delivery = a_delivery()
    put(aws, delivery)
    record = deliveries.read(delivery.ref)
    assert record is not None
    assert (record.delivery, record.webhook, record.partner_is_active) == (delivery, None, False)
    partners.add(samples.partner(), ENTRY)
    registry.put(a_webhook(), ENTRY)
    record = deliveries.read(delivery.ref)
    assert record is not None
    assert (record.webhook, record.partner_is_active) == (a_webhook(), True)
    partners.save_profile(samples.partner(), samples.partner(state="suspended"), ENTRY)
    record = deliveries.read(delivery.ref)
    assert record is not None
    assert not record.partner_is_active
    assert deliveries.read(DeliveryRef(CLIENT_ID, "wh_1", "msg_0")) is None


def test_a_message_that_changed_meanwhile_is_not_written(aws: Aws) -> None:
    deliveries = TableDeliveries(aws("dynamodb"), TABLE)
    delivery = a_delivery()
    put(aws, delivery)
    saved = deliveries.save(begin(delivery, NOW, 60))
    with pytest.raises(LostRace):
        deliveries.save(begin(delivery, NOW, 60))
    done = deliveries.save(settle(saved, Answer(200), NOW, 0.5, 60))
    assert [each.state for each in deliveries.of(CLIENT_ID, "wh_1")] == ["DELIVERED"]
    item = webhook_items.delivery_item(done)
    assert "due_shard" not in item
    assert int(item["expires_at"]["N"]) == int(NOW.timestamp()) + 30 * 86_400


def test_messages_past_their_due_time_are_found_and_orders_are_not_among_them(aws: Aws) -> None:
    due = TableDueDeliveries(aws("dynamodb"), TABLE)
    made = [a_delivery(f"wh_{number}") for number in range(20)]
    put(aws, *made)
    assert list(due.due(to_iso(NOW + timedelta(seconds=59)), 1000)) == []
    assert set(due.due(to_iso(NOW + timedelta(seconds=61)), 1000)) == {delivery.ref for delivery in made}
    assert len(list(due.due(to_iso(NOW + timedelta(seconds=61)), 16))) <= 16


def test_failures_in_a_row_are_kept_and_forgotten(aws: Aws) -> None:
    deliveries, registry = TableDeliveries(aws("dynamodb"), TABLE), TableWebhookRegistry(aws("dynamodb"), TABLE)
    registry.put(a_webhook(), ENTRY)
    deliveries.note_failures(a_webhook(), 3, "2025-01-01T03:00:30.000Z")
    assert registry.of(CLIENT_ID) == [a_webhook(failures=3, rest_until="2025-01-01T03:00:30.000Z")]
    deliveries.note_failures(a_webhook(), 0, None)
    assert registry.of(CLIENT_ID) == [a_webhook()]
    registry.remove(a_webhook(), ENTRY)
    deliveries.note_failures(a_webhook(), 1, None)
    assert registry.of(CLIENT_ID) == []


def test_that_a_receiver_is_slow_is_kept_and_forgotten(aws: Aws) -> None:
    deliveries, registry = TableDeliveries(aws("dynamodb"), TABLE), TableWebhookRegistry(aws("dynamodb"), TABLE)
    registry.put(a_webhook(), ENTRY)
    deliveries.note_slow(a_webhook(), to_iso(NOW))
    assert registry.of(CLIENT_ID) == [a_webhook(slow_since=to_iso(NOW))]
    deliveries.note_slow(a_webhook(), None)
    assert registry.of(CLIENT_ID) == [a_webhook()]
    registry.remove(a_webhook(), ENTRY)
    deliveries.note_slow(a_webhook(), to_iso(NOW))
    assert registry.of(CLIENT_ID) == []


def test_that_a_message_was_given_up_is_kept_and_forgotten_unless_another_was_meanwhile(aws: Aws) -> None:
    deliveries, registry = TableDeliveries(aws("dynamodb"), TABLE), TableWebhookRegistry(aws("dynamodb"), TABLE)
    registry.put(a_webhook(), ENTRY)
    later = to_iso(NOW + timedelta(seconds=1))

    deliveries.note_given_up(a_webhook(), to_iso(NOW))
    (read,) = registry.of(CLIENT_ID)
    assert (read.failed_at, read.is_failing) == (to_iso(NOW), True)
    deliveries.note_given_up(a_webhook(), later)
    registry.note_replayed(read)
    assert registry.of(CLIENT_ID) == [a_webhook(failed_at=later)]

    registry.note_replayed(a_webhook(failed_at=later))
    assert registry.of(CLIENT_ID) == [a_webhook()]
    registry.remove(a_webhook(), ENTRY)
    deliveries.note_given_up(a_webhook(), later)
    registry.note_replayed(a_webhook(failed_at=later))
    assert registry.of(CLIENT_ID) == []


def test_the_messages_of_a_webhook_are_listed_the_newest_first_out_of_all_shards(aws: Aws) -> None:
    made = [
        new_delivery(a_webhook(), "order.status_changed", "SO-1", "{}", NOW + timedelta(seconds=number), 60)
        for number in range(90)
    ]
    put(aws, *made, a_delivery("wh_2"))
    listed = list(TableDeliveries(aws("dynamodb"), TABLE).of(CLIENT_ID, "wh_1"))
    assert [each.ref for each in listed] == [each.ref for each in reversed(made)]


def test_only_the_first_to_disable_a_webhook_raises_the_alarm(aws: Aws) -> None:
    deliveries, registry = TableDeliveries(aws("dynamodb"), TABLE), TableWebhookRegistry(aws("dynamodb"), TABLE)
    registry.put(a_webhook(), ENTRY)
    assert deliveries.disable(a_webhook(), "410", to_iso(NOW))
    assert not deliveries.disable(a_webhook(), "410", to_iso(NOW))
    (webhook,) = registry.of(CLIENT_ID)
    assert (webhook.state, webhook.reason, webhook.since) == ("disabled", "410", to_iso(NOW))


def test_the_publisher_remembers_webhooks_for_a_while_and_sees_active_ones_only(aws: Aws) -> None:
    registry, clock = TableWebhookRegistry(aws("dynamodb"), TABLE), Clock()
    directory = TableWebhookDirectory(aws("dynamodb"), TABLE, 60, clock)
    assert directory.active(CLIENT_ID) == []
    registry.put(a_webhook(), ENTRY)
    registry.put(a_webhook("wh_2", state="disabled"), ENTRY)
    registry.put(replace(a_webhook("wh_3"), client_id=f"{CLIENT_ID}-other"), ENTRY)
    assert directory.active(CLIENT_ID) == []
    clock.move(60)
    assert directory.active(CLIENT_ID) == [a_webhook()]


def test_an_operators_changes_are_on_the_partners_timeline(aws: Aws) -> None:
    registry = TableWebhookRegistry(aws("dynamodb"), TABLE)
    registry.put(a_webhook(), ENTRY)
    registry.note(CLIENT_ID, replace(ENTRY, event="WebhookSecretRotated"))
    registry.remove(a_webhook(), replace(ENTRY, event="WebhookRemoved"))
    timeline = TablePartnerRegistry(aws("dynamodb"), TABLE).timeline(CLIENT_ID)
    assert sorted(entry.event for entry in timeline) == ["WebhookAdded", "WebhookRemoved", "WebhookSecretRotated"]


def test_secrets_are_kept_rotated_and_dropped_and_the_sender_remembers_them_for_a_while(aws: Aws) -> None:
    clock = Clock()
    vault = SecretWebhookVault(aws("secretsmanager"), "orderbridge", 0, clock)
    sender = SecretWebhookSecrets(aws("secretsmanager"), "orderbridge", 60, clock)
    assert sender.secrets(CLIENT_ID, "wh_1") == ()
    clock.move(60)
    vault.store(CLIENT_ID, "wh_1", [WebhookSecret("a")])
    assert sender.secrets(CLIENT_ID, "wh_1") == [WebhookSecret("a")]
    vault.store(CLIENT_ID, "wh_1", [WebhookSecret("b"), WebhookSecret("a", "2025-01-02T00:00:00.000Z")])
    assert sender.secrets(CLIENT_ID, "wh_1") == [WebhookSecret("a")]
    clock.move(60)
    assert sender.secrets(CLIENT_ID, "wh_1") == vault.secrets(CLIENT_ID, "wh_1")
    assert [each.secret for each in vault.secrets(CLIENT_ID, "wh_1")] == ["b", "a"]
    vault.drop(CLIENT_ID, "wh_1")
    vault.drop(CLIENT_ID, "wh_9")
    assert vault.secrets(CLIENT_ID, "wh_1") == ()


def test_a_message_in_the_queue_is_one_that_the_sender_reads(aws: Aws) -> None:
    url = aws("sqs").create_queue(QueueName="webhooks")["QueueUrl"]
    ref = a_delivery().ref
    SqsDeliveryQueue(aws("sqs"), url).send(ref)
    (message,) = aws("sqs").receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    assert DeliveryRef.from_detail(json.loads(message["Body"])) == ref
    assert message["Attributes"]["MessageGroupId"] == "wh_1", "SQS knows by it whose messages take up the workers"


def test_a_partners_webhooks_are_no_part_of_the_partner_as_the_api_reads_it(aws: Aws) -> None:
    partners = TablePartnerRegistry(aws("dynamodb"), TABLE)
    partners.add(samples.partner(), ENTRY)
    TableWebhookRegistry(aws("dynamodb"), TABLE).put(a_webhook(), ENTRY)
    assert partners.find(CLIENT_ID) == samples.partner()
    assert not webhook_items.webhooks_pk(CLIENT_ID).startswith(partner_table.partner_pk(CLIENT_ID))
