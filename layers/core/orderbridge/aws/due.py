"""The due index and the claims on what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from orderbridge.aws import forward_items, items
from orderbridge.domain.forwards import Forward
from orderbridge.domain.orders import Order, OrderKey
from orderbridge.ports import DueItem, LostRace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TableDueIndex:
    """`DueIndex` on the sparse index ``due``."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def due(self, now: str, limit: int) -> Iterator[DueItem]:
        """Up to `limit` items, taken evenly from the shards, the longest due first in each."""
        share = max(1, limit // items.DUE_SHARDS)
        for shard in range(items.DUE_SHARDS):
            answer = self._client.query(
                TableName=self._table,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={":shard": {"S": f"{shard:02d}"}, ":now": {"S": now}},
                Limit=share,
            )
            for item in answer["Items"]:
                yield _due_item(item["PK"]["S"], item["SK"]["S"])

    def claim_order(self, order: Order, due_at: str) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=items.keys(items.order_pk(order.key), "ORDER"),
                UpdateExpression="SET due_at = :later",
                ConditionExpression="due_at = :read",
                ExpressionAttributeValues={":later": {"S": due_at}, ":read": {"S": order.due_at or ""}},
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
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
        except (
            self._client.exceptions.ConditionalCheckFailedException,
            # A worker is just writing this forward.
            self._client.exceptions.TransactionConflictException,
        ) as refused:
            raise LostRace(forward.code) from refused
        return claimed


def _due_item(pk: str, sk: str) -> DueItem:
    _, client_id, reference = pk.split("#", 2)
    channel = sk.removeprefix("FORWARD#") if sk.startswith("FORWARD#") else None
    return DueItem(OrderKey(client_id, reference), channel)
