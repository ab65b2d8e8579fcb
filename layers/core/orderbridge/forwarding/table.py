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
from orderbridge.forwarding.writer import ForwardWriter, Write
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ChannelRef, ForwardKey, OrderKey
from orderbridge.values.sweeps import WHOLE, Part
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import after, from_iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from orderbridge.channels.channel import Channel
    from orderbridge.forwarding.answers import KeptAnswer
    from orderbridge.webhooks.delivery import Delivery, DeliveryRef

AWAITS_ROUTE = "size(channels) = :none AND attribute_not_exists(cancel_requested_at)"
"""The condition under which an order may still get its channels (`Order.awaits_route`)."""


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
        wanted = [items.keys(order_table.order_pk(key.order), "ORDER"), forward_items.forward_keys(key)]
        found = {item["SK"]["S"]: item for item in batch_get(self._client, self._table, wanted)}
        if len(found) < len(wanted):
            return None
        forward = forward_items.read_forward(found[forward_items.FORWARD_SK])
        return ForwardRecord(order_table.read_order(found["ORDER"]), forward, self._request_of(forward))

    def _request_of(self, forward: Forward) -> FrozenRequest | None:
        if forward.body_hash is None or forward.is_final:
            return None
        for item in batch_get(self._client, self._table, [forward_items.request_keys(forward, forward.body_hash)]):
            return forward_items.read_request(item)
        return None

    def list_forwards(self, order: Order) -> Sequence[Forward]:
        wanted = [forward_items.forward_keys(ForwardKey(order.key, channel)) for channel in order.channels]
        return [forward_items.read_forward(item) for item in batch_get(self._client, self._table, wanted)]

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

    def keep_answer(self, forward: Forward, answer: KeptAnswer) -> None:
        self._client.put_item(TableName=self._table, Item=forward_items.answer_item(forward, answer))

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
                "UpdateExpression": f"REMOVE due_at, due_shard, {order_table.NEWS}",
                "ConditionExpression": "attribute_exists(PK)",
            }
        )

    def await_route(self, order: Order, at: str, due_at: str) -> None:
        pk = order_table.order_pk(order.key)
        update = {
            "TableName": self._table,
            "Key": items.keys(pk, "ORDER"),
            "UpdateExpression": "SET waiting = :place, waiting_since = :at, due_at = :due, due_shard = :shard",
            "ConditionExpression": f"attribute_not_exists(waiting) AND {AWAITS_ROUTE}",
            "ExpressionAttributeValues": {
                ":place": {"S": order_table.unrouted_place(order.key)},
                ":at": {"S": at},
                ":due": {"S": due_at},
                ":shard": {"S": items.due_shard(pk)},
                ":none": {"N": "0"},
            },
        }
        line = TimelineEntry(at, "ForwardNeedsMapping", None, f"route:{order.content.site_code}")
        self._with_lines(pk, update, [line])

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
                Key=forward_items.forward_keys(forward.forward_key),
                UpdateExpression=f"REMOVE {order_table.NEWS}{due}",
                ConditionExpression=f"revision = :relayed AND attribute_exists({order_table.NEWS})",
                ExpressionAttributeValues={":relayed": {"N": str(forward.revision)}},
            )

    def request_cancel(self, order: Order, at: str, reason: str | None, due_at: str) -> None:
        is_first = order.cancel_requested_at is None
        if not is_first and (reason is None or order.cancel_reason is not None):
            return
        pk, said = order_table.order_pk(order.key), ["cancel_reason = :reason"] if reason is not None else []
        values = {":channels": {"N": str(len(order.channels))}, **({":reason": {"S": reason}} if reason else {})}
        lines, removed = [TimelineEntry(at, "CancelRequested", None, reason)], ""
        if is_first:
            said.append("cancel_requested_at = :at")
            values[":at"] = {"S": at}
        if is_first and not order.channels:
            said += [f"{order_table.NEWS} = :alone", "due_at = :due", "due_shard = :shard"]
            values |= {":alone": {"S": order_table.ALONE}, ":due": {"S": due_at}, ":shard": {"S": items.due_shard(pk)}}
            removed = " REMOVE waiting, waiting_since"
            lines.append(
                TimelineEntry(after(from_iso(at), 0.001), "ForwardCancelled", None, "cancelled by the partner")
            )
        update = {
            "TableName": self._table,
            "Key": items.keys(pk, "ORDER"),
            "UpdateExpression": f"SET {', '.join(said)}{removed}",
            "ConditionExpression": "size(channels) = :channels AND "
            f"attribute_not_exists({'cancel_requested_at' if is_first else 'cancel_reason'})",
            "ExpressionAttributeValues": values,
        }
        if not self._with_lines(pk, update, lines):
            raise LostRace(order.code)

    def _with_lines(self, pk: str, update: dict[str, Any], lines: Sequence[TimelineEntry], *others: Write) -> bool:
        """Changes an order, with these lines on its timeline; False where the condition does not hold."""
        told = [self._writer.put(timelines.timeline_item(pk, line)) for line in lines]
        return write_all_or_nothing(self._client, [{"Update": update}, *told, *others])

    def waiting(
        self, channel: ChannelRef | Channel, state: ForwardState, *, newest_first: bool = False
    ) -> Iterator[Forward]:
        places = forward_items.waiting_places(channel, state.value)
        found = map(forward_items.read_forward, self._at(places, newest_first=newest_first))
        return (forward for forward in found if forward.state is state)

    def unrouted(self, *, newest_first: bool = False) -> Iterator[Order]:
        found = map(order_table.read_order, self._at(order_table.unrouted_places(), newest_first=newest_first))
        return (order for order in found if order.awaits_route)

    def _at(self, places: Sequence[str], *, newest_first: bool) -> Iterator[items.Item]:
        """The items at these places of the waiting index in their order there, as they are now."""
        shards = [
            query_all(
                self._client,
                TableName=self._table,
                IndexName="waiting",
                KeyConditionExpression="waiting = :waiting",
                ExpressionAttributeValues={":waiting": {"S": place}},
                ScanIndexForward=not newest_first,
            )
            for place in places
        ]
        in_time = merge(*shards, key=lambda item: item["waiting_since"]["S"], reverse=newest_first)
        return in_order(self._client, self._table, (items.keys(item["PK"]["S"], item["SK"]["S"]) for item in in_time))

    def route(self, order: Order, at: str, forwards: Sequence[Transition]) -> None:
        pk = order_table.order_pk(order.key)
        update = {
            "TableName": self._table,
            "Key": items.keys(pk, "ORDER"),
            "UpdateExpression": "SET channels = :channels REMOVE waiting, waiting_since, due_at, due_shard",
            "ConditionExpression": f"attribute_exists(waiting) AND {AWAITS_ROUTE}",
            "ExpressionAttributeValues": {":channels": order_table.order_item(order)["channels"], ":none": {"N": "0"}},
        }
        line = TimelineEntry(at, "OrderRouted", None, f"to {', '.join(channel.name for channel in order.channels)}")
        if not self._with_lines(pk, update, [line], *map(self._writer.creation, forwards)):
            raise LostRace(order.code)


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
                Key=forward_items.forward_keys(forward.forward_key),
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
    return forward_items.forward_key(pk) if sk == forward_items.FORWARD_SK else order_table.order_key(pk)
