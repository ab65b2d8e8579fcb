"""Stock levels in the table, one item per channel and product, and the products that a channel maps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.channel_items import read_mapping_value
from orderbridge.aws.reads import batch_get
from orderbridge.domain.stock import StockLevel

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RUN_SK = "STATE"


def stock_pk(channel: str) -> str:
    return f"STOCK#{channel}"


def run_pk(channel: str) -> str:
    """What is kept of a channel's runs stands apart from its levels."""
    return f"STOCKRUN#{channel}"


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
            "unread_since": level.unread_since,
            "in_warehouses": level.in_warehouses or None,
            "warehouses": {str(each): here for each, here in (level.warehouses or {}).items()} or None,
            "pushed": level.pushed,
            "pushed_at": level.pushed_at,
            "drift_since": level.drift_since,
        }
    )


def read_stock_level(item: Mapping[str, Any]) -> StockLevel:
    values = items.from_item(item)
    pushed, warehouses = values.get("pushed"), values.get("warehouses")
    return StockLevel(
        channel=values["channel"],
        product_code=values["product_code"],
        available=int(values["available"]),
        as_of=values["as_of"],
        unread_since=values.get("unread_since"),
        in_warehouses=values.get("in_warehouses", False),
        warehouses=None if warehouses is None else {int(each): int(here) for each, here in warehouses.items()},
        pushed=None if pushed is None else int(pushed),
        pushed_at=values.get("pushed_at"),
        drift_since=values.get("drift_since"),
    )


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
        """These products' levels at these channels, each as of when it was last known to be so."""
        wanted = [items.keys(stock_pk(channel), product) for product in product_codes for channel in channels]
        runs = [items.keys(run_pk(channel), RUN_SK) for channel in channels] if wanted else []
        read_at: dict[str, str] = {}
        found: list[StockLevel] = []
        for item in batch_get(self._client, self._table, [*runs, *wanted]):
            if item["SK"]["S"] == RUN_SK and "read_at" in item:
                read_at[item["channel"]["S"]] = item["read_at"]["S"]
            elif item["PK"]["S"].startswith("STOCK#"):
                found.append(read_stock_level(item))
        return (replace(level, as_of=level.known_as_of(read_at.get(level.channel))) for level in found)

    def sites(self, channels: Collection[str], site_code: str) -> Mapping[str, Any]:
        by_pk = {items.mapping_pk(channel, "site"): channel for channel in channels}
        found = batch_get(self._client, self._table, [items.keys(pk, site_code) for pk in by_pk])
        return {by_pk[item["PK"]["S"]]: read_mapping_value(item) for item in found}
