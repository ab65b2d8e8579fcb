"""Orders as their partners and operators read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.reads import in_order, query_all
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order, OrderSummary
from orderbridge.reading.views import OrderView
from orderbridge.values.ids import OrderKey
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
        forwards: list[Forward] = []
        timeline: list[TimelineEntry] = []
        # Frozen requests (REQUEST#) sort last and are left out: they are large and nobody's to read.
        for item in self._belongings(key):
            sort_key: str = item["SK"]["S"]
            if sort_key == "ORDER":
                order = order_table.read_order(item)
            elif sort_key.startswith("FORWARD#"):
                forwards.append(forward_items.read_forward(item))
            elif sort_key.startswith("EVENT#"):
                timeline += forward_items.read_lines(item)
        timeline += (line for forward in forwards for line in forward.log)
        timeline.sort(key=lambda line: line.at)
        return OrderView(order, forwards, timeline) if order is not None else None

    def _belongings(self, key: OrderKey) -> Iterator[Mapping[str, Any]]:
        return query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="PK = :pk AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": order_table.order_pk(key)},
                ":first": {"S": "EVENT#"},
                ":last": {"S": "ORDER"},
            },
            ConsistentRead=True,
        )

    def of_day(self, client_id: str, day: date, after: str | None) -> Iterator[OrderSummary]:
        """A partner's orders of one business day, newest first, from behind `after` (a created_key)."""
        condition, values = "partner_day = :day", {":day": {"S": order_table.partner_day(client_id, day.isoformat())}}
        if after is not None:
            condition += " AND created_key < :after"
            values[":after"] = {"S": after}
        found = query_all(
            self._client,
            TableName=self._table,
            IndexName="by_partner_day",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
        )
        keys = (items.keys(item["PK"]["S"], item["SK"]["S"]) for item in found)
        return (order_table.read_order(item).summary() for item in in_order(self._client, self._table, keys))
