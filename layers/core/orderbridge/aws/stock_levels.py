"""Stock levels as the sync reads and writes them: by product code, and only while it holds the channel's run."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orderbridge.aws import channel_items, items, stock
from orderbridge.aws.reads import batch_get, query_all
from orderbridge.domain.leases import LeaseLost
from orderbridge.domain.stock import StockLevel
from orderbridge.domain.stock_runs import StockRun

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
        return (stock.read_stock_level(item) for item in self._partition(stock.stock_pk(channel)))

    def find(self, channel: str, codes: Collection[str]) -> Mapping[str, StockLevel]:
        found = self._items(stock.stock_pk(channel), codes)
        return {item["SK"]["S"]: stock.read_stock_level(item) for item in found}

    def products(self, channel: str) -> Iterator[tuple[str, Any]]:
        return (_mapped(item) for item in self._partition(items.mapping_pk(channel, "product")))

    def mapped(self, channel: str, codes: Collection[str]) -> Mapping[str, Any]:
        return dict(_mapped(item) for item in self._items(items.mapping_pk(channel, "product"), codes))

    def sites(self, channel: str) -> Iterator[Any]:
        return (_mapped(item)[1] for item in self._partition(items.mapping_pk(channel, "site")))

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
                "Key": items.keys(stock.run_pk(run.channel), stock.RUN_SK),
                "ConditionExpression": "holder = :run",
                "ExpressionAttributeValues": {":run": {"S": run.lease.holder or ""}},
            }
        }

    def _put(self, level: StockLevel) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._table,
                "Item": stock.stock_item(level),
                "ConditionExpression": "attribute_not_exists(PK) OR as_of <= :as_of",
                "ExpressionAttributeValues": {":as_of": {"S": level.as_of}},
            }
        }

    def _delete(self, channel: str, code: str) -> dict[str, Any]:
        return {"Delete": {"TableName": self._table, "Key": items.keys(stock.stock_pk(channel), code)}}


def _mapped(item: Mapping[str, Any]) -> tuple[str, Any]:
    return item["SK"]["S"], channel_items.read_mapping_value(item)
