"""DynamoDB in memory: one table with its indexes and its stream, every write under its condition.

A call is one step, so calls never overlap; what happens between two calls of one worker is for the machine to say.
Queries are answered in small pages, since large ones hide what a caller forgets.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evidence.aws.expressions import Scope, condition, hash_value, sortable, updated

Item = dict[str, Any]
Key = tuple[str, str]
TRANSACTION_LIMIT = 100
BATCH_LIMIT = 100
ROWS_PER_PAGE = 40


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the stream: what was written under a key."""

    event_name: str
    keys: Item
    image: Item


@dataclass(slots=True)
class Index:
    """A sparse index: the items that have its attributes, by its hash key."""

    hash_name: str
    range_name: str | None
    projected: frozenset[str] | None
    """None: all attributes."""
    rows: dict[str, dict[Key, Item]] = field(default_factory=lambda: defaultdict(dict))

    def forget(self, key: Key, item: Item) -> None:
        if self._holds(item):
            self.rows[item[self.hash_name]["S"]].pop(key, None)

    def keep(self, key: Key, item: Item) -> None:
        if self._holds(item):
            self.rows[item[self.hash_name]["S"]][key] = item

    def _holds(self, item: Item) -> bool:
        return self.hash_name in item and (self.range_name is None or self.range_name in item)

    def shown(self, item: Item) -> Item:
        if self.projected is None:
            return dict(item)
        return {name: value for name, value in item.items() if name in self.projected}


class Table:
    """The items, and what is read and written of them. `properties` are the template's."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self.rows: dict[str, dict[str, Item]] = defaultdict(dict)
        self.stream: list[Record] = []
        self.indexes = {each["IndexName"]: _index(each) for each in properties["GlobalSecondaryIndexes"]}

    def items(self, beginning: str = "") -> Iterator[Item]:
        """Every item whose partition key begins so."""
        for pk, rows in self.rows.items():
            if pk.startswith(beginning):
                yield from rows.values()

    def get(self, key: Key) -> Item | None:
        return self.rows.get(key[0], {}).get(key[1])

    def write(self, key: Key, item: Item | None) -> None:
        """Put an item in the place of the one before, or take it away; the stream and the indexes follow."""
        before = self.get(key)
        if before is not None:
            for index in self.indexes.values():
                index.forget(key, before)
        if item is None:
            self.rows[key[0]].pop(key[1], None)
            return
        self.rows[key[0]][key[1]] = item
        for index in self.indexes.values():
            index.keep(key, item)
        if before != item:
            keys = {name: item[name] for name in ("PK", "SK")}
            self.stream.append(Record("INSERT" if before is None else "MODIFY", keys, item))

    def earliest_due(self) -> str | None:
        """The soonest due time of all."""
        due = self.indexes["due"].rows.values()
        return min((item["due_at"]["S"] for rows in due for item in rows.values()), default=None)


def _index(properties: Mapping[str, Any]) -> Index:
    names = [each["AttributeName"] for each in properties["KeySchema"]]
    projection = properties["Projection"]
    kept = {"PK", "SK", *names, *projection.get("NonKeyAttributes", ())}
    projected = None if projection["ProjectionType"] == "ALL" else frozenset(kept)
    return Index(names[0], names[1] if len(names) > 1 else None, projected)


def key_of(keys: Mapping[str, Any]) -> Key:
    return keys["PK"]["S"], keys["SK"]["S"]


@dataclass
class DynamoDb:
    """A client of the table with botocore's names. `call` is asked around each operation, and may fail it."""

    table: Table
    exceptions: Any
    call: Callable[[str, Mapping[str, Any], Callable[[], Any]], Any]

    # --- reads --------------------------------------------------------------------------------------------------------

    def get_item(self, **asked: Any) -> dict[str, Any]:
        def read() -> dict[str, Any]:
            found = self.table.get(key_of(asked["Key"]))
            return {} if found is None else {"Item": dict(found)}

        return self._called("GetItem", asked, read)

    def batch_get_item(self, **asked: Any) -> dict[str, Any]:
        def read() -> dict[str, Any]:
            answer: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
            for table, wanted in asked["RequestItems"].items():
                keys = [key_of(key) for key in wanted["Keys"]]
                if not 0 < len(keys) <= BATCH_LIMIT or len(set(keys)) < len(keys):
                    raise AssertionError(f"{len(keys)} keys in a batch, {len(set(keys))} different")
                found = (self.table.get(key) for key in keys)
                answer["Responses"][table] = [dict(item) for item in found if item is not None]
            return answer

        return self._called("BatchGetItem", asked, read)

    def query(self, **asked: Any) -> dict[str, Any]:
        return self._called("Query", asked, lambda: self._query(asked))

    def scan(self, **asked: Any) -> dict[str, Any]:
        return self._called("Scan", asked, lambda: {"Items": [dict(item) for item in self.table.items()]})

    def _query(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        names, values = asked.get("ExpressionAttributeNames", {}), asked["ExpressionAttributeValues"]
        name, value = hash_value(asked["KeyConditionExpression"], names, values)
        index = self.table.indexes.get(asked.get("IndexName", ""))
        if index is None:
            source: Mapping[Any, Item] = self.table.rows.get(value, {})
            hash_name, range_name = "PK", "SK"
        else:
            source = index.rows.get(value, {})
            hash_name, range_name = index.hash_name, index.range_name or "PK"
            if asked.get("ConsistentRead"):
                raise AssertionError("an index cannot be read consistently")
        if name != hash_name:
            raise AssertionError(f"{name} is not the key of {asked.get('IndexName', 'the table')}")
        holds = condition(asked["KeyConditionExpression"])
        found = [item for item in source.values() if holds(Scope(item, names, values))]
        found.sort(key=lambda item: _place(item, range_name), reverse=not asked.get("ScanIndexForward", True))
        start = asked.get("ExclusiveStartKey")
        if start is not None:
            found = _behind(found, start, range_name, backwards=not asked.get("ScanIndexForward", True))
        limit = asked.get("Limit", ROWS_PER_PAGE)
        page, rest = found[:limit], found[limit:]
        answer: dict[str, Any] = {}
        if rest:
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in {"PK", "SK", hash_name, range_name}}
        if "FilterExpression" in asked:
            wanted = condition(asked["FilterExpression"])
            page = [item for item in page if wanted(Scope(item, names, values))]
        answer["Items"] = [dict(item) if index is None else index.shown(item) for item in page]
        answer["Count"] = len(page)
        return answer

    def get_paginator(self, operation: str) -> _Paginator:
        return _Paginator(getattr(self, operation))

    # --- writes -------------------------------------------------------------------------------------------------------

    def put_item(self, **asked: Any) -> dict[str, Any]:
        return self._called("PutItem", asked, lambda: self._put(asked))

    def update_item(self, **asked: Any) -> dict[str, Any]:
        return self._called("UpdateItem", asked, lambda: self._update(asked))

    def delete_item(self, **asked: Any) -> dict[str, Any]:
        return self._called("DeleteItem", asked, lambda: self._write("Delete", asked))

    def transact_write_items(self, **asked: Any) -> dict[str, Any]:
        return self._called("TransactWriteItems", asked, lambda: self._transact(asked["TransactItems"]))

    def _put(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return self._write("Put", asked)

    def _update(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return self._write("Update", asked)

    def _write(self, kind: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        key = key_of(asked["Item"] if kind == "Put" else asked["Key"])
        before = self.table.get(key)
        if not _holds(before, asked):
            response: dict[str, Any] = {"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}
            if asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before is not None:
                response["Item"] = dict(before)
            raise self.exceptions.ConditionalCheckFailedException(response, kind)
        return self._written(kind, asked, key, before)

    def _written(self, kind: str, asked: Mapping[str, Any], key: Key, before: Item | None) -> dict[str, Any]:
        match kind:
            case "Put":
                self.table.write(key, dict(asked["Item"]))
            case "Delete":
                self.table.write(key, None)
            case "Update":
                base = before if before is not None else dict(asked["Key"])
                names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
                item, touched = updated(asked["UpdateExpression"], base, names, values)
                self.table.write(key, item)
                match asked.get("ReturnValues", "NONE"):
                    case "ALL_NEW":
                        return {"Attributes": dict(item)}
                    case "UPDATED_NEW":
                        return {"Attributes": {name: item[name] for name in touched if name in item}}
        return {}

    def _transact(self, writes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        parts = [next(iter(write.items())) for write in writes]
        keys = [key_of(asked["Item"] if kind == "Put" else asked["Key"]) for kind, asked in parts]
        if not 0 < len(keys) <= TRANSACTION_LIMIT or len(set(keys)) < len(keys):
            raise AssertionError(f"{len(keys)} writes in a transaction, {len(set(keys))} different items")
        held = [_holds(self.table.get(key), asked) for key, (_, asked) in zip(keys, parts, strict=True)]
        if not all(held):
            reasons = [{"Code": "None" if each else "ConditionalCheckFailed"} for each in held]
            raise self.cancelled(reasons)
        for key, (kind, asked) in zip(keys, parts, strict=True):
            if kind != "ConditionCheck":
                self._written(kind, asked, key, self.table.get(key))
        return {}

    def cancelled(self, reasons: Sequence[Mapping[str, str]]) -> Exception:
        """What a transaction is cancelled with."""
        response = {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons}
        failure: Exception = self.exceptions.TransactionCanceledException(response, "TransactWriteItems")
        return failure

    def _called(self, operation: str, asked: Mapping[str, Any], act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        answer: dict[str, Any] = self.call(operation, asked, act)
        return answer


class _Paginator:
    def __init__(self, read: Callable[..., dict[str, Any]]) -> None:
        self._read = read

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        while True:
            page = self._read(**asked)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _holds(item: Item | None, asked: Mapping[str, Any]) -> bool:
    if "ConditionExpression" not in asked:
        return True
    names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
    return condition(asked["ConditionExpression"])(Scope(item or {}, names, values))


def _place(item: Mapping[str, Any], range_name: str) -> tuple[Any, ...]:
    ((kind, value),) = item[range_name].items()
    return sortable(kind, value), item["PK"]["S"].encode(), item["SK"]["S"].encode()


def _behind(found: Sequence[Item], start: Mapping[str, Any], range_name: str, *, backwards: bool) -> list[Item]:
    end = _place(start, range_name)

    def is_before(item: Item) -> bool:
        place = _place(item, range_name)
        return place >= end if backwards else place <= end

    return list(itertools.dropwhile(is_before, found))
