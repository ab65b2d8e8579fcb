"""Reading many items in few calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from orderbridge.aws.items import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


BATCH_GET_LIMIT = 100
IN_ORDER_AT_ONCE = 25
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0


def batch_get(
    client: DynamoDBClient, table: str, wanted: Sequence[Item], sleep: Callable[[float], None] = time.sleep
) -> Iterator[Item]:
    """The items under these keys that exist, strongly consistent.

    What DynamoDB leaves unprocessed, because it is throttled, is asked again after a pause.
    """
    remaining = list(wanted)
    pause = FIRST_PAUSE_SECONDS
    while remaining:
        batch, remaining = remaining[:BATCH_GET_LIMIT], remaining[BATCH_GET_LIMIT:]
        answer: Any = client.batch_get_item(RequestItems={table: {"Keys": batch, "ConsistentRead": True}})
        yield from answer["Responses"].get(table, [])
        unprocessed = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        if unprocessed:
            remaining += unprocessed
            sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def in_order(client: DynamoDBClient, table: str, wanted: Iterable[Item]) -> Iterator[Item]:
    """The items under these keys that exist, in the order of the keys, read not much further than they are taken."""
    keys = iter(wanted)
    while batch := list(islice(keys, IN_ORDER_AT_ONCE)):
        found = {(item["PK"]["S"], item["SK"]["S"]): item for item in batch_get(client, table, batch)}
        for key in batch:
            item = found.get((key["PK"]["S"], key["SK"]["S"]))
            if item is not None:
                yield item


def query_all(client: DynamoDBClient, **query: Any) -> Iterator[Item]:
    """Every item of a query, page after page."""
    for page in client.get_paginator("query").paginate(**query):
        yield from page["Items"]
