"""Stock levels in the table, one item per channel and product, and the products that a channel maps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.reads import batch_get
from orderbridge.domain.stock import StockLevel

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def stock_pk(channel: str) -> str:
    return f"STOCK#{channel}"


def stock_item(level: StockLevel) -> items.Item:
    """A level as a sync writes it; the sort key is the product code as mappings have it."""
    return items.to_item(
        {
            "PK": stock_pk(level.channel),
            "SK": level.product_code,
            "channel": level.channel,
            "product_code": level.product_code,
            "available": level.available,
            "as_of": level.as_of,
        }
    )


def read_stock_level(item: Mapping[str, Any]) -> StockLevel:
    values = items.from_item(item)
    return StockLevel(values["channel"], values["product_code"], values["available"], values["as_of"])


class TableStockReads:
    """`StockReads` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def mapped_products(self, channel: str, after: str | None, limit: int) -> Sequence[str]:
        condition, values = "PK = :pk", {":pk": {"S": items.mapping_pk(channel, "product")}}
        if after is not None:
            condition += " AND SK > :after"
            values[":after"] = {"S": after}
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ProjectionExpression": "SK",
            "Limit": limit,
        }
        products: list[str] = []
        while len(products) < limit:
            answer = self._client.query(**query)
            products += [item["SK"]["S"] for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return products[:limit]

    def is_mapped(self, channels: Collection[str], product_code: str) -> bool:
        keys = [items.keys(items.mapping_pk(channel, "product"), product_code) for channel in channels]
        return any(True for _ in batch_get(self._client, self._table, keys))

    def levels(self, channels: Collection[str], product_codes: Collection[str]) -> Iterator[StockLevel]:
        keys = [items.keys(stock_pk(channel), product) for product in product_codes for channel in channels]
        return (read_stock_level(item) for item in batch_get(self._client, self._table, keys))
