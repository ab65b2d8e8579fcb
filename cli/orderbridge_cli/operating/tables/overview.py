"""What an overview reads of the table: indexes, and the items that they name."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from orderbridge.aws import items
from orderbridge.aws.reads import BATCH_GET_LIMIT, batch_get, query_all
from orderbridge.channels.channel import Channel
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.values.ids import ForwardKey, OrderKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TableOverviewReads:
    """`OverviewReads` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def waiting(
        self, channel: Channel, state: ForwardState, *, newest_first: bool = False
    ) -> Iterator[tuple[ForwardKey, str]]:
        shards = [
            self._index("waiting", "waiting", place, newest_first=newest_first)
            for place in forward_items.waiting_places(channel, state.value)
        ]
        found = heapq.merge(*shards, key=lambda item: item["waiting_since"]["S"], reverse=newest_first)
        return ((forward_items.forward_key(item["PK"]["S"]), item["waiting_since"]["S"]) for item in found)

    def due(self) -> Iterator[OrderKey | ForwardKey]:
        for shard in range(items.DUE_SHARDS):
            for item in self._index("due", "due_shard", f"{shard:02d}"):
                if item["SK"]["S"] == forward_items.FORWARD_SK:
                    yield forward_items.forward_key(item["PK"]["S"])
                elif item["SK"]["S"] == "ORDER":
                    yield order_table.order_key(item["PK"]["S"])

    def of_day(self, client_id: str, day: date) -> Iterator[OrderKey]:
        for partner_day in order_table.partner_days(client_id, day.isoformat()):
            for item in self._index("by_partner_day", "partner_day", partner_day):
                yield order_table.order_key(item["PK"]["S"])

    def forwards(self, keys: Iterable[ForwardKey]) -> Iterator[Forward]:
        return map(forward_items.read_forward, self._items(map(forward_items.forward_keys, keys)))

    def orders(self, keys: Iterable[OrderKey]) -> Iterator[Order]:
        wanted = (items.keys(order_table.order_pk(key), "ORDER") for key in keys)
        return map(order_table.read_order, self._items(wanted))

    def _items(self, wanted: Iterable[items.Item]) -> Iterator[items.Item]:
        keys = iter(wanted)
        while batch := list(itertools.islice(keys, BATCH_GET_LIMIT)):
            yield from batch_get(self._client, self._table, batch)

    def _index(self, index: str, key: str, value: str, *, newest_first: bool = False) -> Iterator[items.Item]:
        return query_all(
            self._client,
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression=f"{key} = :value",
            ExpressionAttributeValues={":value": {"S": value}},
            ScanIndexForward=not newest_first,
        )
