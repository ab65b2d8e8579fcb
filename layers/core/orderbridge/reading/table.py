"""Orders as their partners and operators read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from heapq import merge
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.reads import batch_get, in_order, query_all
from orderbridge.aws.timeline import read_timeline_entry
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.reading.views import OrderView
from orderbridge.values.ids import ForwardKey, OrderKey
from orderbridge.values.timeline import TimelineEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TableOrderReads:
    """`OrderReads` on the table and its indexes by code and by partner and day."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read_order(self, key: OrderKey) -> Order | None:
        answer = self._client.get_item(TableName=self._table, Key=items.keys(order_table.order_pk(key), "ORDER"))
        return order_table.read_order(answer["Item"]) if "Item" in answer else None

    def key_of_code(self, code: str) -> OrderKey | None:
        answer = self._client.query(
            TableName=self._table,
            IndexName="by_code",
            KeyConditionExpression="code = :code",
            ExpressionAttributeValues={":code": {"S": code}},
            Limit=1,
        )
        for item in answer["Items"]:
            return order_table.order_key(item["PK"]["S"])
        return None

    def view(self, key: OrderKey) -> OrderView | None:
        order: Order | None = None
        timeline: list[TimelineEntry] = []
        for item in self._partition(order_table.order_pk(key), "ORDER"):
            if item["SK"]["S"] == "ORDER":
                order = order_table.read_order(item)
            else:
                timeline.append(read_timeline_entry(item))
        if order is None:
            return None
        wanted = [forward_items.forward_keys(ForwardKey(key, channel)) for channel in order.channels]
        forwards = [forward_items.read_forward(item) for item in batch_get(self._client, self._table, wanted)]
        for forward in forwards:
            timeline += self._lines(forward)
        timeline.sort(key=lambda line: line.at)
        return OrderView(order, sorted(forwards, key=lambda forward: forward.channel.name), timeline)

    def _lines(self, forward: Forward) -> Iterator[TimelineEntry]:
        if forward.has_older_lines:
            for item in self._partition(forward_items.forward_pk(forward.forward_key), "EVENT$"):
                yield from forward_items.read_lines(item)
        yield from forward.log

    def _partition(self, pk: str, last: str) -> Iterator[Mapping[str, Any]]:
        """What is in a partition from its lines of the timeline to `last`; requests sort behind, and are nobody's."""
        return query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="PK = :pk AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues={":pk": {"S": pk}, ":first": {"S": "EVENT#"}, ":last": {"S": last}},
            ConsistentRead=True,
        )

    def of_day(self, client_id: str, day: date, after: str | None) -> Iterator[Order]:
        """A partner's orders of one business day, newest first, from behind `after` (a created_key)."""
        condition, values = "partner_day = :day", {}
        if after is not None:
            condition += " AND created_key < :after"
            values[":after"] = {"S": after}
        shards = [
            query_all(
                self._client,
                TableName=self._table,
                IndexName="by_partner_day",
                KeyConditionExpression=condition,
                ExpressionAttributeValues={":day": {"S": partner_day}, **values},
                ScanIndexForward=False,
            )
            for partner_day in order_table.partner_days(client_id, day.isoformat())
        ]
        found = merge(*shards, key=lambda item: item["created_key"]["S"], reverse=True)
        keys = (items.keys(item["PK"]["S"], item["SK"]["S"]) for item in found)
        return map(order_table.read_order, in_order(self._client, self._table, keys))
