"""What a message to a webhook costs in DynamoDB's write units, from its creation until it is delivered.

A unit is a kilobyte begun of the larger of an item before and after; a transaction takes two. An index takes one for an
entry that is put, changed or taken away, and two where its key changes (the developer guide on capacity).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import ceil
from typing import Any

import pytest

from evidence.aws.queues import Queue, Sqs
from evidence.aws.table import DynamoDb, Index, Item, Key, Table
from evidence.aws.values import bytes_of
from evidence.processes.virtual import exceptions_of
from orderbridge.forwarding.forward.states import ForwardState, new_forward
from orderbridge.forwarding.order_status import progress
from orderbridge.forwarding.table import TableOrders
from orderbridge.orders.table import TableOrderIntake
from orderbridge.values.ids import ChannelRef
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import to_iso
from orderbridge.webhooks.delivery import new_delivery, to_text
from orderbridge.webhooks.sending import SendDelivery
from orderbridge.webhooks.table import SqsDeliveryQueue, TableDeliveries
from orderbridge.webhooks.webhook import Webhook
from orderbridge_cli.operating.tables.partners import TablePartnerRegistry
from orderbridge_cli.operating.tables.webhooks import TableWebhookRegistry
from tests.contract.template import template
from tests.fakes import samples
from tests.fakes.samples import NOW
from tests.fakes.steps import Clock, Steps
from tests.fakes.webhooks import Receiver, Vault, a_webhook

ENTRY = TimelineEntry(to_iso(NOW), "WebhookAdded", None, "wh_1")
SALESMANIA = ChannelRef("salesmania-main", "salesmania")
LONG = "PO/2025/JAKARTA-SELATAN/00001"


class CountedTable(Table):
    """The proof's table, which counts what its writes take, by the kind of item."""

    def __init__(self) -> None:
        super().__init__(template().of_type("AWS::DynamoDB::Table")["Table"])
        self.units: Counter[str] = Counter()
        self.factor = 1

    def write(self, key: Key, item: Item | None) -> None:
        before, kind = self.get(key), key[0].partition("#")[0]
        self.units[kind] += self.factor * max(units(before), units(item))
        self.units[kind] += sum(index_units(index, before, item) for index in self.indexes.values())
        super().write(key, item)


def units(item: Mapping[str, Any] | None) -> int:
    if item is None:
        return 0
    return ceil(sum(len(name.encode()) + bytes_of(value) for name, value in item.items()) / 1024)


def index_units(index: Index, before: Item | None, after: Item | None) -> int:
    """What the entry of an item in a sparse index takes, where it changes."""
    old, new = (entry(index, item) for item in (before, after))
    if old == new:
        return 0
    keys = (index.hash_name, index.range_name)
    is_moved = old is not None and new is not None and any(old.get(k or "") != new.get(k or "") for k in keys)
    return units(old) + units(new) if is_moved else max(units(old), units(new))


def entry(index: Index, item: Item | None) -> Item | None:
    is_held = item is not None and index.hash_name in item and (index.range_name is None or index.range_name in item)
    return index.shown(item) if item is not None and is_held else None


class Office:
    """An order at three platforms whose partner has webhooks; table and queues count what is asked of them."""

    def __init__(self, *webhooks: Webhook) -> None:
        self.table, self.clock = CountedTable(), Clock(NOW)
        self.client: Any = DynamoDb(self.table, exceptions_of("dynamodb"), self._called)
        self.queues = {name: Queue(name, visibility_seconds=240) for name in ("quick", "slow")}
        self.receiver = Receiver(clock=self.clock)
        self.order = samples.order(channels=(SALESMANIA, samples.SIRCLO, samples.NGORDER))
        self.webhooks = webhooks
        assert TableOrderIntake(self.client, "table").put_if_absent(self.order) is None
        TablePartnerRegistry(self.client, "table").add(samples.partner(), ENTRY)
        for webhook in webhooks:
            TableWebhookRegistry(self.client, "table").put(webhook, ENTRY)
        self.table.units.clear()

    def _called(self, operation: str, _asked: Any, act: Any) -> Any:
        self.table.factor = 2 if operation == "TransactWriteItems" else 1
        return act()

    def tell(self) -> None:
        """Every channel has the order, with an id and a waybill; each webhook is to hear of it."""
        forwards = [
            replace(
                new_forward(self.order.key, self.order.code, channel, NOW, 60).forward,
                state=ForwardState.SENT,
                external_id="1000000042",
                awb_number="JP8507716855",
            )
            for channel in self.order.channels
        ]
        content = self.order.content.model_copy(update={"purchase_order_no": LONG})
        changed = progress(replace(self.order, content=content), forwards, to_iso(NOW))
        assert changed is not None
        made = [new_delivery(each, changed.event, self.order.code, changed.body, NOW, 60) for each in self.webhooks]
        orders = TableOrders(self.client, "table")
        orders.save_progress(replace(changed.order, messages=to_text(made)))
        assert all(orders.create_delivery(each) for each in made)
        sqs: Any = Sqs(self.queues, self.clock, exceptions_of("sqs"), lambda _operation, _asked, act: act())
        deliveries = TableDeliveries(self.client, "table")
        send = SendDelivery(
            deliveries,
            Vault(Steps(), *self.webhooks),
            self.receiver,
            {"quick": SqsDeliveryQueue(sqs, "quick"), "slow": SqsDeliveryQueue(sqs, "slow", "slow")},
            lambda events: None,
            self.clock,
            lambda: 0.5,
            60,
        )
        self.clock.move(2)
        for delivery in made:
            assert send(delivery.ref).state == "DELIVERED"

    def written(self) -> Iterator[Item]:
        return self.table.items("DELIVERY#")


def test_a_message_to_a_webhook_takes_four_units_until_it_is_delivered() -> None:
    office = Office(a_webhook("wh_0123456789abcdef"))
    office.tell()
    assert office.table.units["DELIVERY"] == 4


@pytest.mark.parametrize("count", [1, 2, 10])
def test_with_the_orders_change_that_it_is_written_with_it_takes_six_at_most(count: int) -> None:
    """The order's item holds its messages until the next change; that may take it one unit more."""
    without, office = Office(), Office(*(a_webhook(f"wh_{number:016x}") for number in range(count)))
    without.tell()
    office.tell()
    assert office.table.units.total() - without.table.units.total() <= 6 * count


def test_a_message_about_three_platforms_is_less_than_a_kilobyte_with_room_to_spare() -> None:
    office = Office(a_webhook("wh_0123456789abcdef"))
    office.tell()
    (item,) = office.written()
    assert sum(len(name.encode()) + bytes_of(value) for name, value in item.items()) < 950


def test_what_the_counter_counts() -> None:
    """So that the figures above cannot be small because nothing is counted."""
    table = CountedTable()
    client: Any = DynamoDb(table, exceptions_of("dynamodb"), lambda _operation, _asked, act: act())
    small = {"PK": {"S": "A#1"}, "SK": {"S": "1"}}
    client.put_item(TableName="t", Item=small)
    assert table.units["A"] == 1
    due = {"due_shard": {"S": "00"}, "due_at": {"S": "2025"}}
    client.put_item(TableName="t", Item={**small, **due, "text": {"S": "x" * 1000}})
    assert table.units["A"] == 1 + 2 + 1
    client.put_item(TableName="t", Item={**small, **due, "due_at": {"S": "2026"}})
    assert table.units["A"] == 4 + 2 + 2
    client.put_item(TableName="t", Item=small)
    assert table.units["A"] == 8 + 1 + 1
