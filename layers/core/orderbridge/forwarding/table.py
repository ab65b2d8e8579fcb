"""Orders and their forwards in the table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws import timeline as timelines
from orderbridge.aws.reads import batch_get, query_all
from orderbridge.aws.writes import despite_conflicts, write_all_or_nothing
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.events import ForwardMessage
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition
from orderbridge.forwarding.ports import ForwardRecord, FrozenRequest
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import OrderKey
from orderbridge.values.timeline import TimelineEntry

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from orderbridge.webhooks.delivery import Delivery


class TableOrders:
    """`OrderStore` on the table. Every change of a forward and its timeline line are written all or nothing."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read_order(self, key: OrderKey) -> Order | None:
        answer = self._client.get_item(
            TableName=self._table, Key=items.keys(order_table.order_pk(key), "ORDER"), ConsistentRead=True
        )
        return order_table.read_order(answer["Item"]) if "Item" in answer else None

    def read_forward(self, message: ForwardMessage) -> ForwardRecord | None:
        pk, channel = order_table.order_pk(message.key), message.channel.name
        sort_keys = ("ORDER", forward_items.forward_sk(channel), forward_items.request_sk(channel))
        read = batch_get(self._client, self._table, [items.keys(pk, sort_key) for sort_key in sort_keys])
        found = {item["SK"]["S"]: item for item in read}
        if "ORDER" not in found or forward_items.forward_sk(channel) not in found:
            return None
        request = found.get(forward_items.request_sk(channel))
        return ForwardRecord(
            order=order_table.read_order(found["ORDER"]),
            forward=forward_items.read_forward(found[forward_items.forward_sk(channel)]),
            request=forward_items.read_request(request) if request is not None else None,
        )

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
        return self._write(transition, condition="attribute_not_exists(PK)", values={}) is not None

    def save(self, transition: Transition, *, freeze: FrozenRequest | None = None) -> Forward:
        read_revision = transition.forward.revision
        next_revision = transition._replace(forward=replace(transition.forward, revision=read_revision + 1))
        written = self._write(
            next_revision,
            condition="revision = :read",
            values={":read": {"N": str(read_revision)}},
            freeze=freeze,
        )
        if written is None:
            raise LostRace(f"{transition.forward.code} on {transition.forward.channel.name}")
        return written

    def _write(
        self,
        transition: Transition,
        *,
        condition: str,
        values: Mapping[str, Any],
        freeze: FrozenRequest | None = None,
    ) -> Forward | None:
        forward, entry = transition.forward, transition.entry
        put_forward: dict[str, Any] = {
            "TableName": self._table,
            "Item": forward_items.forward_item(forward, is_news=transition.is_news),
            "ConditionExpression": condition,
        }
        if values:
            put_forward["ExpressionAttributeValues"] = values
        writes: list[dict[str, Any]] = [{"Put": put_forward}]
        if entry is not None:
            timeline = timelines.timeline_item(order_table.order_pk(forward.key), entry)
            writes.append({"Put": {"TableName": self._table, "Item": timeline}})
        if transition.must_be_told:
            # Beside the forward, so that telling of it wakes no stream and disturbs nobody who writes the forward.
            writes.append({"Put": {"TableName": self._table, "Item": forward_items.untold_item(forward)}})
        if freeze is not None:
            frozen = forward_items.request_item(forward, freeze)
            writes.append(
                {"Put": {"TableName": self._table, "Item": frozen, "ConditionExpression": "attribute_not_exists(PK)"}}
            )
        return forward if write_all_or_nothing(self._client, writes) else None

    def save_progress(self, order: Order, deliveries: Sequence[Delivery] = ()) -> None:
        update: dict[str, Any] = {
            "TableName": self._table,
            "Key": items.keys(order_table.order_pk(order.key), "ORDER"),
            "UpdateExpression": "SET #status = :status, changes = :changes, told = :told",
            "ConditionExpression": "attribute_exists(PK) AND "
            + ("changes = :before" if order.changes > 1 else "attribute_not_exists(changes)"),
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":status": {"S": order.status},
                ":changes": {"N": str(order.changes)},
                ":told": {"S": order.told},
                **({":before": {"N": str(order.changes - 1)}} if order.changes > 1 else {}),
            },
        }
        told = self._told(deliveries)
        if not (write_all_or_nothing(self._client, [{"Update": update}, *told]) if told else self._update(update)):
            raise LostRace(order.code)

    def _told(self, deliveries: Sequence[Delivery]) -> list[dict[str, Any]]:
        # Only the publisher tells; the others need not import it at a cold start.
        from orderbridge.webhooks.items import delivery_item

        return [{"Put": {"TableName": self._table, "Item": delivery_item(delivery)}} for delivery in deliveries]

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
        # Without the condition, a forward that was never frozen would get a request of nothing but its key.
        self._update(
            {
                "TableName": self._table,
                "Key": items.keys(order_table.order_pk(forward.key), forward_items.request_sk(forward.channel.name)),
                "UpdateExpression": "SET expires_at = :at",
                "ConditionExpression": "attribute_exists(PK)",
                "ExpressionAttributeValues": {":at": {"N": str(int(at.timestamp()))}},
            }
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
        write_all_or_nothing(self._client, [{"Update": update}, {"Put": {"TableName": self._table, "Item": timeline}}])


class TableOrderDesk(TableOrders):
    """`OrderDesk` on the table and its sparse indexes."""

    def waiting(self, channel: str, state: ForwardState, *, newest_first: bool = False) -> Iterator[Forward]:
        found = query_all(
            self._client,
            TableName=self._table,
            IndexName="waiting",
            KeyConditionExpression="waiting = :waiting",
            ExpressionAttributeValues={":waiting": {"S": f"{channel}#{state.value}"}},
            ScanIndexForward=not newest_first,
        )
        return (forward_items.read_forward(item) for item in found)

    def on_their_way(self) -> Iterator[Forward]:
        found = self._due(lambda sort_key: sort_key.startswith("FORWARD#"))
        return (forward_items.read_forward(item) for item in found)

    def unpublished(self) -> Iterator[Order]:
        orders = (order_table.read_order(item) for item in self._due(lambda sort_key: sort_key == "ORDER"))
        return (order for order in orders if order.due_at is not None)

    def _due(self, is_wanted: Callable[[str], bool]) -> Iterator[items.Item]:
        """The items with a due time and such a sort key."""
        keys = [
            items.keys(item["PK"]["S"], item["SK"]["S"])
            for shard in range(items.DUE_SHARDS)
            for item in query_all(
                self._client,
                TableName=self._table,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard",
                ExpressionAttributeValues={":shard": {"S": f"{shard:02d}"}},
            )
            if is_wanted(item["SK"]["S"])
        ]
        return batch_get(self._client, self._table, keys)

    def forwards_of(self, orders: Collection[OrderKey], channels: Collection[str]) -> Iterator[Forward]:
        keys = [
            items.keys(order_table.order_pk(order), forward_items.forward_sk(name))
            for order in orders
            for name in channels
        ]
        return (forward_items.read_forward(item) for item in batch_get(self._client, self._table, keys))

    def save_unfrozen(self, transition: Transition) -> Forward:
        forward = replace(transition.forward, revision=transition.forward.revision + 1)
        dropped = items.keys(order_table.order_pk(forward.key), forward_items.request_sk(forward.channel.name))
        written = write_all_or_nothing(
            self._client,
            [
                *self._replaced(transition),
                {"Delete": {"TableName": self._table, "Key": dropped}},
            ],
        )
        if not written:
            raise LostRace(f"{forward.code} on {forward.channel.name}")
        return forward

    def route(self, order: Order, closed: Transition, forwards: Sequence[Transition]) -> None:
        update = {
            "TableName": self._table,
            "Key": items.keys(order_table.order_pk(order.key), "ORDER"),
            "UpdateExpression": "SET channels = :channels",
            "ConditionExpression": "size(channels) = :none AND attribute_not_exists(cancel_requested_at)",
            "ExpressionAttributeValues": {":channels": order_table.order_item(order)["channels"], ":none": {"N": "0"}},
        }
        writes: list[dict[str, Any]] = [{"Update": update}, *self._replaced(closed)]
        for created in forwards:
            item = forward_items.forward_item(created.forward, is_news=created.is_news)
            writes.append(self._put(item, "attribute_not_exists(PK)"))
            writes += self._timeline(created)
        if not write_all_or_nothing(self._client, writes):
            raise LostRace(order.code)

    def _replaced(self, transition: Transition) -> list[dict[str, Any]]:
        """The writes of a changed forward, provided it stands at the revision that was read."""
        read = transition.forward.revision
        changed = replace(transition.forward, revision=read + 1)
        put = self._put(forward_items.forward_item(changed, is_news=transition.is_news), "revision = :read")
        put["Put"]["ExpressionAttributeValues"] = {":read": {"N": str(read)}}
        untold = [self._put(forward_items.untold_item(changed))] if transition.must_be_told else []
        return [put, *self._timeline(transition), *untold]

    def _timeline(self, transition: Transition) -> list[dict[str, Any]]:
        if transition.entry is None:
            return []
        return [self._put(timelines.timeline_item(order_table.order_pk(transition.forward.key), transition.entry))]

    def _put(self, item: items.Item, condition: str | None = None) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if condition is not None:
            put["ConditionExpression"] = condition
        return {"Put": put}
