"""The sparse index ``due``, read fairly: what is in one shard is never behind all that is in another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from orderbridge.aws.items import DUE_SHARDS, Item
from orderbridge.aws.reads import query_all
from orderbridge.values.sweeps import Part
from orderbridge.values.times import from_iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


PAGE = 50
Element = TypeVar("Element")


def due_items(client: DynamoDBClient, table: str, group: str, now: str, limit: int, part: Part) -> Iterator[Item]:
    """Up to `limit` keys, with their due times, of what is due by now in a part of the shards.

    One from each shard in turn, the longest due of each first, so that a sweep whose time is over has come as far in
    every shard. It begins at another shard every minute. `group` is what the shards' names begin with.
    """
    first = int(from_iso(now).timestamp()) // 60 % DUE_SHARDS
    in_turn_of_minute = [(first + shard) % DUE_SHARDS for shard in range(DUE_SHARDS)]
    shards = [shard for shard in in_turn_of_minute if shard % part.of == part.number]
    return islice(in_turn([_shard(client, table, f"{group}{shard:02d}", now) for shard in shards]), limit)


def _shard(client: DynamoDBClient, table: str, shard: str, now: str) -> Iterator[Item]:
    # Read page by page as it is needed: most sweeps end long before a shard that is full.
    return query_all(
        client,
        TableName=table,
        IndexName="due",
        KeyConditionExpression="due_shard = :shard AND due_at <= :now",
        ExpressionAttributeValues={":shard": {"S": shard}, ":now": {"S": now}},
        Limit=PAGE,
    )


def in_turn(rows: list[Iterator[Element]]) -> Iterator[Element]:
    """One element of each row in turn, as long as there are any."""
    while rows:
        rest = []
        for row in rows:
            for element in row:
                yield element
                rest.append(row)
                break
        rows = rest
