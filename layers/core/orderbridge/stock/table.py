"""Stock levels in the table, one item per channel and product, and the products that a channel maps."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.reads import batch_get, query_all
from orderbridge.channels import table as channel_table
from orderbridge.channels.mapping import value_of
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.runs import StockRun
from orderbridge.values.leases import LeaseLost

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from orderbridge.channels.channel import Channel
    from orderbridge.values.ids import ChannelRef


RUN_SK = "STATE"


def stock_pk(channel: str) -> str:
    return f"STOCK#{channel}"


def run_pk(channel: str) -> str:
    """What is kept of a channel's runs is apart from its levels."""
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

    def mapped_products(self, channel: ChannelRef, after: str | None, limit: int) -> Sequence[str]:
        condition, values = "PK = :pk", {":pk": {"S": channel_table.mapping_pk(channel, "product")}}
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

    def is_mapped(self, channels: Collection[ChannelRef], product_code: str) -> bool:
        keys = [items.keys(channel_table.mapping_pk(channel, "product"), product_code) for channel in channels]
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

    def sites(self, channels: Collection[Channel], site_code: str) -> Mapping[str, Any]:
        by_pk = {channel_table.mapping_pk(channel, "site"): channel.name for channel in channels}
        found = batch_get(self._client, self._table, [items.keys(pk, site_code) for pk in by_pk])
        return {by_pk[item["PK"]["S"]]: value_of(item["value"]["S"]) for item in found}


_AT_ONCE = 99
"""A transaction takes 100 writes, and one of them is the look at the run."""

_CONFLICT_TRIES = 5
_CONFLICT_PAUSE_SECONDS = 0.2


class TableStockLevels:
    """`StockLevels` on the table: levels under ``STOCK#<channel>``, products from the mappings."""

    def __init__(self, client: DynamoDBClient, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def levels(self, channel: str) -> Iterator[StockLevel]:
        return (read_stock_level(item) for item in self._partition(stock_pk(channel)))

    def find(self, channel: str, codes: Collection[str]) -> Mapping[str, StockLevel]:
        found = self._items(stock_pk(channel), codes)
        return {item["SK"]["S"]: read_stock_level(item) for item in found}

    def products(self, channel: Channel) -> Iterator[tuple[str, Any]]:
        return (_mapped(item) for item in self._partition(channel_table.mapping_pk(channel, "product")))

    def mapped(self, channel: Channel, codes: Collection[str]) -> Mapping[str, Any]:
        return dict(_mapped(item) for item in self._items(channel_table.mapping_pk(channel, "product"), codes))

    def sites(self, channel: Channel) -> Iterator[Any]:
        return (_mapped(item)[1] for item in self._partition(channel_table.mapping_pk(channel, "site")))

    def _partition(self, pk: str) -> Iterator[items.Item]:
        return query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )

    def _items(self, pk: str, codes: Collection[str]) -> Iterator[items.Item]:
        return batch_get(self._client, self._table, [items.keys(pk, code) for code in dict.fromkeys(codes)])

    def write(self, run: StockRun, levels: Sequence[StockLevel], gone: Sequence[str] = ()) -> None:
        writes = [*map(self._put, levels), *(self._delete(run.channel, code) for code in gone)]
        for start in range(0, len(writes), _AT_ONCE):
            self._transact(run, writes[start : start + _AT_ONCE])

    def _transact(self, run: StockRun, writes: list[dict[str, Any]]) -> None:
        """Make these writes; those whose level a later read has stored are left out, and the rest is tried again."""
        tries_left = _CONFLICT_TRIES
        while writes:
            try:
                self._client.transact_write_items(TransactItems=[self._held(run), *writes])  # type: ignore[list-item]
            except self._client.exceptions.TransactionCanceledException as cancelled:
                codes = [reason.get("Code", "None") for reason in cancelled.response["CancellationReasons"]]
                if codes[0] == "ConditionalCheckFailed":
                    raise LeaseLost(run.channel) from cancelled
                kept = [
                    write for write, code in zip(writes, codes[1:], strict=True) if code != "ConditionalCheckFailed"
                ]
                tries_left -= len(kept) == len(writes)
                if not tries_left:
                    raise
                self._sleep(0 if len(kept) < len(writes) else _CONFLICT_PAUSE_SECONDS)
                writes = kept
            else:
                return

    def _held(self, run: StockRun) -> dict[str, Any]:
        """Holds where the channel is still this run's."""
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": items.keys(run_pk(run.channel), RUN_SK),
                "ConditionExpression": "holder = :run",
                "ExpressionAttributeValues": {":run": {"S": run.lease.holder or ""}},
            }
        }

    def _put(self, level: StockLevel) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._table,
                "Item": stock_item(level),
                "ConditionExpression": "attribute_not_exists(PK) OR as_of <= :as_of",
                "ExpressionAttributeValues": {":as_of": {"S": level.as_of}},
            }
        }

    def _delete(self, channel: str, code: str) -> dict[str, Any]:
        return {"Delete": {"TableName": self._table, "Key": items.keys(stock_pk(channel), code)}}


def _mapped(item: Mapping[str, Any]) -> tuple[str, Any]:
    return item["SK"]["S"], value_of(item["value"]["S"])
