"""Changes of forwards that nobody has told of yet, each an item beside its forward, found by the due index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from orderbridge.aws import forward_items, items
from orderbridge.aws.due_shards import due_items
from orderbridge.domain.forwards import Forward
from orderbridge.domain.orders import OrderKey
from orderbridge.ports import LostRace
from orderbridge.ports_webhooks import UntoldChange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 86_400
"""How long the trace of a change lies there once it is told; then the table's own time to live takes it."""


class TableUntoldChanges:
    """`UntoldChanges` on the table and its sparse index ``due``."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._left_alone = (
            client.exceptions.ConditionalCheckFailedException,  # told before, or there is more to tell by now
            client.exceptions.TransactionConflictException,  # just now there comes more to tell
        )

    def due(self, now: str, limit: int) -> Iterator[UntoldChange]:
        """Up to `limit` changes, one from each shard in turn, the longest due of each first."""
        for item in due_items(self._client, self._table, forward_items.UNTOLD_SHARDS, now, limit):
            channel = item["SK"]["S"].removeprefix(forward_items.untold_sk(""))
            yield UntoldChange(items.order_key(item["PK"]["S"]), channel, item["due_at"]["S"])

    def claim(self, change: UntoldChange, due_at: str) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_item_key(change.key, change.channel),
                UpdateExpression="SET due_at = :later",
                ConditionExpression="due_at = :found",
                ExpressionAttributeValues={":later": {"S": due_at}, ":found": {"S": change.due_at}},
            )
        except self._left_alone as refused:
            raise LostRace(f"{change.key.reference} on {change.channel}") from refused

    def told(self, forward: Forward) -> None:
        # Not deleted: nothing that runs by itself may delete what belongs to an order.
        with suppress(*self._left_alone):
            self._client.update_item(
                TableName=self._table,
                Key=_item_key(forward.key, forward.channel.name),
                UpdateExpression="SET expires_at = :later REMOVE due_at, due_shard",
                ConditionExpression="attribute_exists(due_at) AND revision <= :told",
                ExpressionAttributeValues={
                    ":told": {"N": str(forward.revision)},
                    ":later": {"N": str(int(self._clock().timestamp()) + KEPT_SECONDS)},
                },
            )


def _item_key(key: OrderKey, channel: str) -> items.Item:
    return items.keys(items.order_pk(key), forward_items.untold_sk(channel))
