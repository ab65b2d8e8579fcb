"""What is past its due time: orders and forwards, and changes of forwards that nobody has published yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from orderbridge.aws import items
from orderbridge.aws.due import due_items
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.ports import OutboxEntry
from orderbridge.forwarding.writer import ForwardWriter
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ForwardKey, OrderKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TableDueIndex:
    """`DueIndex` on the sparse index ``due``."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._lost_to_another = (
            client.exceptions.ConditionalCheckFailedException,
            client.exceptions.TransactionConflictException,  # somebody is just writing it
        )

    def due(self, now: str, limit: int) -> Iterator[OrderKey | ForwardKey]:
        """Up to `limit` items, one from each shard in turn, the longest due of each first."""
        found = due_items(self._client, self._table, "", now, limit)
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
        except self._lost_to_another as refused:
            raise LostRace(order.code) from refused

    def claim_forward(self, forward: Forward) -> Forward:
        return ForwardWriter(self._client, self._table).postpone(forward)


def _due_key(pk: str, sk: str) -> OrderKey | ForwardKey:
    order = order_table.order_key(pk)
    return ForwardKey(order, sk.removeprefix("FORWARD#")) if sk.startswith("FORWARD#") else order


KEPT_SECONDS = 86_400
"""How long the entry stays once it is published; then the table's own time to live takes it."""


class TableOutbox:
    """`Outbox` on the table and its sparse index ``due``."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._left_alone = (
            client.exceptions.ConditionalCheckFailedException,  # published before, or there is more to publish by now
            client.exceptions.TransactionConflictException,  # just now there comes more to publish
        )

    def due(self, now: str, limit: int) -> Iterator[OutboxEntry]:
        """Up to `limit` changes, one from each shard in turn, the longest due of each first."""
        for item in due_items(self._client, self._table, forward_items.OUTBOX_SHARDS, now, limit):
            channel = item["SK"]["S"].removeprefix(forward_items.outbox_sk(""))
            key = ForwardKey(order_table.order_key(item["PK"]["S"]), channel)
            yield OutboxEntry(key, item["due_at"]["S"])

    def claim(self, change: OutboxEntry, due_at: str) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_item_key(change.key),
                UpdateExpression="SET due_at = :later",
                ConditionExpression="due_at = :found",
                ExpressionAttributeValues={":later": {"S": due_at}, ":found": {"S": change.due_at}},
            )
        except self._left_alone as refused:
            raise LostRace(f"{change.key.order.reference} on {change.key.channel}") from refused

    def published(self, forward: Forward) -> None:
        # Not deleted: nothing that runs by itself may delete what belongs to an order.
        with suppress(*self._left_alone):
            self._client.update_item(
                TableName=self._table,
                Key=_item_key(forward.forward_key),
                UpdateExpression="SET expires_at = :later REMOVE due_at, due_shard",
                ConditionExpression="attribute_exists(due_at) AND revision <= :told",
                ExpressionAttributeValues={
                    ":told": {"N": str(forward.revision)},
                    ":later": {"N": str(int(self._clock().timestamp()) + KEPT_SECONDS)},
                },
            )


def _item_key(key: ForwardKey) -> items.Item:
    return items.keys(order_table.order_pk(key.order), forward_items.outbox_sk(key.channel))
