"""Orders and their forwards in the table, and the indexes of those that wait and of what is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from heapq import merge
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws import timeline as timelines
from orderbridge.aws.due import due_items
from orderbridge.aws.reads import batch_get, in_order, query_all
from orderbridge.aws.writes import despite_conflicts, lost_to_another, write_all_or_nothing
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition
from orderbridge.forwarding.ports import ForwardRecord, FrozenRequest
from orderbridge.forwarding.writer import ForwardWriter
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ForwardKey, OrderKey
from orderbridge.values.sweeps import WHOLE, Part
from orderbridge.values.timeline import TimelineEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from orderbridge.webhooks.delivery import Delivery, DeliveryRef


class TableOrders:
    """`ParkedOrders` and `CancelStore` on the table; forwards are written by `ForwardWriter` alone."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._writer = ForwardWriter(client, table)

    def read_order(self, key: OrderKey) -> Order | None:
        answer = self._client.get_item(
            TableName=self._table, Key=items.keys(order_table.order_pk(key), "ORDER"), ConsistentRead=True
        )
        return order_table.read_order(answer["Item"]) if "Item" in answer else None

    def read_forward(self, key: ForwardKey) -> ForwardRecord | None:
        pk, channel = order_table.order_pk(key.order), key.channel
        wanted = [items.keys(pk, "ORDER"), items.keys(pk, forward_items.forward_sk(channel))]
        found = {item["SK"]["S"]: item for item in batch_get(self._client, self._table, wanted)}
        if "ORDER" not in found or forward_items.forward_sk(channel) not in found:
            return None
        forward = forward_items.read_forward(found[forward_items.forward_sk(channel)])
        return ForwardRecord(order_table.read_order(found["ORDER"]), forward, self._request_of(forward))

    def _request_of(self, forward: Forward) -> FrozenRequest | None:
        if forward.body_hash is None or forward.is_final:
            return None
        for item in batch_get(self._client, self._table, [forward_items.request_keys(forward, forward.body_hash)]):
            return forward_items.read_request(item)
        return None

    def list_forwards(self, key: OrderKey) -> Sequence[Forward]:
        found = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="PK = :pk AND begins_with(SK, :forward)",
            ExpressionAttributeValues={":pk": {"S": order_table.order_pk(key)}, ":forward": {"S": "FORWARD#"}},
            ConsistentRead=True,
        )
        return [forward_items.read_forward(item) for item in found]

    def create_forward(self, transition: Transition) -> bool:
        return self._writer.create(transition)

    def freeze(self, forward: Forward, request: FrozenRequest) -> None:
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table,
                Item=forward_items.request_item(forward, request),
                ConditionExpression="attribute_not_exists(PK)",
            )

    def save(self, transition: Transition) -> Forward:
        return self._writer.save(transition)

    def save_progress(self, order: Order) -> None:
        values = {
            ":status": {"S": order.status},
            ":changes": {"N": str(order.changes)},
            ":told": {"S": order.announced},
            **({":before": {"N": str(order.changes - 1)}} if order.changes > 1 else {}),
            **({":messages": {"S": order.messages}} if order.messages else {}),
        }
        update: dict[str, Any] = {
            "TableName": self._table,
            "Key": items.keys(order_table.order_pk(order.key), "ORDER"),
            "UpdateExpression": "SET #status = :status, changes = :changes, told = :told"
            + (", messages = :messages" if order.messages else " REMOVE messages"),
            "ConditionExpression": "attribute_exists(PK) AND "
            + ("changes = :before" if order.changes > 1 else "attribute_not_exists(changes)"),
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": values,
        }
        if not self._update(update):
            raise LostRace(order.code)

    def has_delivery(self, ref: DeliveryRef) -> bool:
        from orderbridge.webhooks.items import delivery_keys

        return any(batch_get(self._client, self._table, [delivery_keys(ref)]))

    def create_delivery(self, delivery: Delivery) -> bool:
        # Only the publisher writes any; the others need not import it at a cold start.
        from orderbridge.webhooks.items import delivery_item

        try:
            self._client.put_item(
                TableName=self._table,
                Item=delivery_item(delivery),
                ConditionExpression="attribute_not_exists(PK)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _update(self, update: dict[str, Any]) -> bool:
        try:
            despite_conflicts(self._client, lambda: self._client.update_item(**update))
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def mark_published(self, order: Order) -> None:
        # Without the condition, an order that is gone would come back as an item of nothing but its key.
        self._update(
            {
                "TableName": self._table,
                "Key": items.keys(order_table.order_pk(order.key), "ORDER"),
                "UpdateExpression": "REMOVE due_at, due_shard",
                "ConditionExpression": "attribute_exists(PK)",
            }
        )

    def let_request_expire(self, forward: Forward, at: datetime) -> None:
        if forward.body_hash is None:
            return
        # Without the condition, a request that is gone would come back as an item of nothing but its key.
        self._update(
            {
                "TableName": self._table,
                "Key": forward_items.request_keys(forward, forward.body_hash),
                "UpdateExpression": "SET expires_at = :at",
                "ConditionExpression": "attribute_exists(PK)",
                "ExpressionAttributeValues": {":at": {"N": str(int(at.timestamp()))}},
            }
        )

    def relayed(self, forward: Forward) -> None:
        # The due time goes only where nothing but the news was due: elsewhere it is the forward's next action, too.
        due = "" if forward.due_at is not None else ", due_at, due_shard"
        with suppress(*lost_to_another(self._client)):
            self._client.update_item(
                TableName=self._table,
                Key=forward_items.forward_keys(forward),
                UpdateExpression=f"REMOVE {forward_items.NEWS}{due}",
                ConditionExpression=f"revision = :relayed AND attribute_exists({forward_items.NEWS})",
                ExpressionAttributeValues={":relayed": {"N": str(forward.revision)}},
            )

    def request_cancel(self, key: OrderKey, at: str, reason: str | None = None) -> None:
        pk = order_table.order_pk(key)
        update: dict[str, Any] = {
            "TableName": self._table,
            "Key": items.keys(pk, "ORDER"),
            "UpdateExpression": "SET cancel_requested_at = if_not_exists(cancel_requested_at, :at)",
            "ConditionExpression": "attribute_exists(PK) AND attribute_not_exists(cancel_requested_at)",
            "ExpressionAttributeValues": {":at": {"S": at}},
        }
        if reason is not None:
            update["UpdateExpression"] += ", cancel_reason = :reason"
            update["ConditionExpression"] = "attribute_exists(PK) AND attribute_not_exists(cancel_reason)"
            update["ExpressionAttributeValues"][":reason"] = {"S": reason}
        timeline = timelines.timeline_item(pk, TimelineEntry(at, "CancelRequested", None, reason))
        write_all_or_nothing(self._client, [{"Update": update}, self._writer.put(timeline)])

    def waiting(self, channel: str, state: ForwardState, *, newest_first: bool = False) -> Iterator[Forward]:
        shards = [
            query_all(
                self._client,
                TableName=self._table,
                IndexName="waiting",
                KeyConditionExpression="waiting = :waiting",
                ExpressionAttributeValues={":waiting": {"S": place}},
                ScanIndexForward=not newest_first,
            )
            for place in forward_items.waiting_places(channel, state.value)
        ]
        in_time = merge(*shards, key=lambda item: item["waiting_since"]["S"], reverse=newest_first)
        keys = (items.keys(item["PK"]["S"], item["SK"]["S"]) for item in in_time)
        found = (forward_items.read_forward(item) for item in in_order(self._client, self._table, keys))
        return (forward for forward in found if forward.state is state)

    def route(self, order: Order, closed: Transition, forwards: Sequence[Transition]) -> None:
        update = {
            "TableName": self._table,
            "Key": items.keys(order_table.order_pk(order.key), "ORDER"),
            "UpdateExpression": "SET channels = :channels",
            "ConditionExpression": "size(channels) = :none AND attribute_not_exists(cancel_requested_at)",
            "ExpressionAttributeValues": {":channels": order_table.order_item(order)["channels"], ":none": {"N": "0"}},
        }
        created = [self._writer.creation(forward) for forward in forwards]
        self._writer.save(closed, {"Update": update}, *created)


class TableDueIndex:
    """`DueIndex` on the sparse index ``due``."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def due(self, now: str, limit: int, part: Part = WHOLE) -> Iterator[OrderKey | ForwardKey]:
        """Up to `limit` items, one from each shard in turn, the longest due of each first."""
        found = due_items(self._client, self._table, "", now, limit, part)
        return (_due_key(item["PK"]["S"], item["SK"]["S"]) for item in found)

    def claim_order(self, order: Order, due_at: str) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=items.keys(order_table.order_pk(order.key), "ORDER"),
                UpdateExpression="SET due_at = :later",
                ConditionExpression="due_at = :read",
                ExpressionAttributeValues={":later": {"S": due_at}, ":read": {"S": order.due_at or ""}},
            )
        except lost_to_another(self._client) as refused:
            raise LostRace(order.code) from refused

    def claim_forward(self, forward: Forward, due_at: str) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=forward_items.forward_keys(forward),
                UpdateExpression="SET due_at = :later",
                ConditionExpression="due_at = :read AND revision = :revision",
                ExpressionAttributeValues={
                    ":later": {"S": due_at},
                    ":read": {"S": forward.sweep_at or ""},
                    ":revision": {"N": str(forward.revision)},
                },
            )
        except lost_to_another(self._client) as refused:
            raise LostRace(forward.code) from refused


def _due_key(pk: str, sk: str) -> OrderKey | ForwardKey:
    order = order_table.order_key(pk)
    return ForwardKey(order, sk.removeprefix("FORWARD#")) if sk.startswith("FORWARD#") else order
