"""Orders in the table: idempotency record, outbox row and what the indexes read, in one item; the counter of codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.items import Item, channel_refs, due_shard, from_item, to_item
from orderbridge.orders.order import Order, SalesOrder
from orderbridge.values.ids import OrderKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def order_pk(key: OrderKey) -> str:
    return f"ORDER#{key.client_id}#{key.reference_hash}"


def order_key(pk: str) -> OrderKey:
    """The order that a partition is of."""
    _, client_id, reference_hash = pk.split("#")
    return OrderKey(client_id, reference_hash)


DAY_SHARDS = 2
"""Over how many keys of the index by partner and day those of one day are spread; a key takes 1,000 writes a second."""


def partner_days(client_id: str, order_date: str) -> list[str]:
    """The keys of the index by partner and day under which a partner's orders of a business day are."""
    return [f"{client_id}#{order_date}#{shard}" for shard in range(DAY_SHARDS)]


NEWS, ALONE = "news", "alone"
"""Attribute and value of an order that has news: as of a forward, whose only reason to be due they are."""
UNROUTED_SHARDS = 4


def unrouted_places() -> list[str]:
    """The keys of the waiting index under which the orders are that no channel takes."""
    return [f"ORDER#UNROUTED#{shard}" for shard in range(UNROUTED_SHARDS)]


def unrouted_place(key: OrderKey) -> str:
    return unrouted_places()[int(due_shard(order_pk(key))) % UNROUTED_SHARDS]


def order_item(order: Order) -> Item:
    """The order: idempotency record, outbox row and what the indexes by code, partner-day and due time read."""
    pk = order_pk(order.key)
    return to_item(
        {
            "PK": pk,
            "SK": "ORDER",
            "code": order.code,
            "content": order.content.canonical_json(),
            "content_hash": order.content_hash,
            "created_at": order.created_at,
            "order_date": order.order_date,
            "status": order.status,
            "channels": [{"name": c.name, "platform": c.platform} for c in order.channels],
            "signed_by": order.signed_by,
            "cancel_requested_at": order.cancel_requested_at,
            "cancel_reason": order.cancel_reason,
            "changes": order.changes or None,
            "told": order.announced or None,
            "messages": order.messages or None,
            "partner_day": partner_days(order.client_id, order.order_date)[int(due_shard(pk)) % DAY_SHARDS],
            "created_key": f"{order.created_at}#{order.code}",
            "due_at": order.due_at,
            "due_shard": due_shard(pk) if order.due_at is not None else None,
            "waiting": unrouted_place(order.key) if order.unrouted_since is not None else None,
            "waiting_since": order.unrouted_since,
            NEWS: ALONE if order.has_news else None,
        }
    )


def read_order(item: Mapping[str, Any]) -> Order:
    values = from_item(item)
    return Order(
        key=order_key(values["PK"]),
        code=values["code"],
        content=SalesOrder.as_stored(values["content"]),
        content_hash=values["content_hash"],
        created_at=values["created_at"],
        order_date=values["order_date"],
        status=values["status"],
        channels=channel_refs(values["channels"]),
        signed_by=values["signed_by"],
        due_at=values.get("due_at"),
        cancel_requested_at=values.get("cancel_requested_at"),
        cancel_reason=values.get("cancel_reason"),
        changes=int(values.get("changes", 0)),
        announced=values.get("told", ""),
        unrouted_since=values.get("waiting_since"),
        has_news=NEWS in values,
        messages=values.get("messages", ""),
    )


class TableOrderIntake:
    """`OrderIntakeStore` on one conditional PutItem."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def put_if_absent(self, order: Order) -> Order | None:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=order_item(order),
                ConditionExpression="attribute_not_exists(PK)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            return read_order(refused.response["Item"])  # type: ignore[typeddict-item]
        return None


class TableCodeCounter:
    """`CodeCounter` on one item per business day."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def reserve(self, day: date, count: int) -> int:
        answer = self._client.update_item(
            TableName=self._table,
            Key=items.keys(f"CODES#{day.isoformat()}", "COUNTER"),
            UpdateExpression="ADD last_number :count",
            ExpressionAttributeValues={":count": {"N": str(count)}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["last_number"]["N"])
