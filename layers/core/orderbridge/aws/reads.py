"""Reading many items in few calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from orderbridge.aws.items import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH_GET_LIMIT = 100


def batch_get(client: DynamoDBClient, table: str, wanted: Sequence[Item]) -> Iterator[Item]:
    """The items under these keys that exist, strongly consistent; what DynamoDB leaves unprocessed is asked again."""
    remaining = list(wanted)
    while remaining:
        batch, remaining = remaining[:BATCH_GET_LIMIT], remaining[BATCH_GET_LIMIT:]
        answer: Any = client.batch_get_item(RequestItems={table: {"Keys": batch, "ConsistentRead": True}})
        yield from answer["Responses"].get(table, [])
        remaining += answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])


def query_all(client: DynamoDBClient, **query: Any) -> Iterator[Item]:
    """Every item of a query, page after page."""
    for page in client.get_paginator("query").paginate(**query):
        yield from page["Items"]
