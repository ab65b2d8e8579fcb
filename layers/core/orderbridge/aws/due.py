"""The due index and the claims on what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from orderbridge.aws import forward_items, items
from orderbridge.aws.due_shards import due_items
from orderbridge.domain.forwards import Forward
from orderbridge.domain.orders import Order
from orderbridge.ports import DueItem, LostRace

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

    def due(self, now: str, limit: int) -> Iterator[DueItem]:
        """Up to `limit` items, one from each shard in turn, the longest due of each first."""
        found = due_items(self._client, self._table, "", now, limit)
        return (_due_item(item["PK"]["S"], item["SK"]["S"]) for item in found)

    def claim_order(self, order: Order, due_at: str) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=items.keys(items.order_pk(order.key), "ORDER"),
                UpdateExpression="SET due_at = :later",
                ConditionExpression="due_at = :read",
                ExpressionAttributeValues={":later": {"S": due_at}, ":read": {"S": order.due_at or ""}},
            )
        except self._lost_to_another as refused:
            raise LostRace(order.code) from refused

    def claim_forward(self, forward: Forward) -> Forward:
        claimed = replace(forward, revision=forward.revision + 1)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=forward_items.forward_item(claimed),
                ConditionExpression="revision = :read",
                ExpressionAttributeValues={":read": {"N": str(forward.revision)}},
            )
        except self._lost_to_another as refused:
            raise LostRace(forward.code) from refused
        return claimed


def _due_item(pk: str, sk: str) -> DueItem:
    channel = sk.removeprefix("FORWARD#") if sk.startswith("FORWARD#") else None
    return DueItem(items.order_key(pk), channel)
