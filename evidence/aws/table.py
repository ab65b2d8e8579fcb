"""DynamoDB in memory: one table with its indexes and its stream, every write under its condition.

A call is one step, so calls never overlap; what happens between two calls of one worker is for the machine to say.
Reads of a query come in small pages, since large ones hide what a caller forgets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from evidence.aws.expressions import Scope, condition, keys_asked, projected, updated
from evidence.aws.parameters import require_simulated
from evidence.aws.values import Invalid, bytes_of, normal, sortable

Item = dict[str, Any]
Key = tuple[str, str]
TRANSACTION_LIMIT = 100
BATCH_LIMIT = 100
ROWS_PER_PAGE = 40
HASH_BYTES = 2048
RANGE_BYTES = 1024
ITEM_BYTES = 400 * 1024


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
        self._longest = {"PK": HASH_BYTES, "SK": RANGE_BYTES}
        for index in self.indexes.values():
            self._longest.setdefault(index.hash_name, HASH_BYTES)
            if index.range_name is not None:
                self._longest.setdefault(index.range_name, RANGE_BYTES)

    def items(self, beginning: str = "") -> Iterator[Item]:
        """Every item whose partition key begins so."""
        for pk, rows in self.rows.items():
            if pk.startswith(beginning):
                yield from rows.values()

    def get(self, key: Key) -> Item | None:
        return self.rows.get(key[0], {}).get(key[1])

    def kept(self, item: Mapping[str, Any]) -> Item:
        """An item as it is kept; raises `Invalid` where a key has no place, or the item is too large."""
        for name, longest in self._longest.items():
            value = item.get(name)
            if value is None and name not in ("PK", "SK"):
                continue
            if value is None or not 0 < len(value.get("S", "").encode()) <= longest:
                raise Invalid(f"{name} is {value}")
        kept = {name: normal(value) for name, value in item.items()}
        if sum(len(name.encode()) + bytes_of(value) for name, value in kept.items()) > ITEM_BYTES:
            raise Invalid("Item size has exceeded the maximum allowed size")
        return kept

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
        require_simulated("GetItem", asked)

        def read() -> dict[str, Any]:
            found = self.table.get(key_of(asked["Key"]))
            return {} if found is None else {"Item": _shown(found, asked)}

        return self._called("GetItem", asked, read)

    def batch_get_item(self, **asked: Any) -> dict[str, Any]:
        def read() -> dict[str, Any]:
            answer: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
            for table, wanted in asked["RequestItems"].items():
                require_simulated("Keys", wanted)
                keys = [key_of(key) for key in wanted["Keys"]]
                if not 0 < len(keys) <= BATCH_LIMIT or len(set(keys)) < len(keys):
                    raise AssertionError(f"{len(keys)} keys in a batch, {len(set(keys))} different")
                found = (self.table.get(key) for key in keys)
                answer["Responses"][table] = [dict(item) for item in found if item is not None]
            return answer

        return self._called("BatchGetItem", asked, read)

    def query(self, **asked: Any) -> dict[str, Any]:
        require_simulated("Query", asked)
        return self._called("Query", asked, lambda: self._query(asked))

    def scan(self, **asked: Any) -> dict[str, Any]:
        require_simulated("Scan", asked)
        return self._called("Scan", asked, lambda: self._scan(asked))

    def _scan(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if "IndexName" not in asked:
            return {"Items": [dict(item) for item in self.table.items()]}
        index = self.table.indexes[asked["IndexName"]]
        return {"Items": [index.shown(item) for rows in index.rows.values() for item in rows.values()]}

    def examined(self, operation: str, asked: Mapping[str, Any]) -> Sequence[Item]:
        """What a query or scan reads, whatever its filter leaves out and its projection shows."""
        whole = {
            name: value for name, value in asked.items() if name not in ("FilterExpression", "ProjectionExpression")
        }
        found: Sequence[Item] = (self._query(whole) if operation == "Query" else self._scan(whole))["Items"]
        return found

    def _query(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        names, values = asked.get("ExpressionAttributeNames", {}), asked["ExpressionAttributeValues"]
        hash_asked, value, range_asked = keys_asked(asked["KeyConditionExpression"], names, values)
        index = self.table.indexes[asked["IndexName"]] if "IndexName" in asked else None
        if index is None:
            source: Mapping[Any, Item] = self.table.rows.get(value, {})
            hash_name, range_name = "PK", "SK"
        else:
            source = index.rows.get(value, {})
            hash_name, range_name = index.hash_name, index.range_name or "PK"
            if asked.get("ConsistentRead"):
                raise AssertionError("an index cannot be read consistently")
        has_range = index is None or index.range_name is not None
        if hash_asked != hash_name or range_asked not in (None, range_name if has_range else None):
            raise AssertionError(f"{asked['KeyConditionExpression']} at {asked.get('IndexName', 'the table')}")
        is_backwards = not asked.get("ScanIndexForward", True)
        holds = condition(asked["KeyConditionExpression"])
        found = [item for item in source.values() if holds(Scope(item, names, values))]
        found.sort(key=lambda item: _place(item, range_name), reverse=is_backwards)
        start = asked.get("ExclusiveStartKey")
        if start is not None:
            found = _behind(found, start, range_name, backwards=is_backwards)
        page, rest = _page(found, asked.get("Limit"))
        answer: dict[str, Any] = {"ScannedCount": len(page)}
        # Where the limit is reached DynamoDB does not look whether there is more, so a last page may be empty.
        if rest or len(page) == asked.get("Limit"):
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in {"PK", "SK", hash_name, range_name}}
        shown = page if index is None else [index.shown(item) for item in page]
        if "FilterExpression" in asked:
            wanted = condition(asked["FilterExpression"])
            shown = [item for item in shown if wanted(Scope(item, names, values))]
        return {**answer, "Items": [_shown(item, asked) for item in shown], "Count": len(shown)}

    def get_paginator(self, operation: str) -> _Paginator:
        return _Paginator(getattr(self, operation))

    # --- writes -------------------------------------------------------------------------------------------------------

    def put_item(self, **asked: Any) -> dict[str, Any]:
        return self._called("PutItem", asked, lambda: self._write("Put", asked))

    def update_item(self, **asked: Any) -> dict[str, Any]:
        return self._called("UpdateItem", asked, lambda: self._write("Update", asked))

    def delete_item(self, **asked: Any) -> dict[str, Any]:
        return self._called("DeleteItem", asked, lambda: self._write("Delete", asked))

    def transact_write_items(self, **asked: Any) -> dict[str, Any]:
        if asked.keys() != {"TransactItems"}:
            raise AssertionError(f"a transaction with {asked.keys()} is not simulated")
        return self._called("TransactWriteItems", asked, lambda: self._transact(asked["TransactItems"]))

    def _write(self, kind: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        require_simulated(kind, asked)
        try:
            if kind == "Put":
                self.table.kept(asked["Item"])  # looked at before the condition, as all is that needs no item
            key = key_of(asked["Item"] if kind == "Put" else asked["Key"])
            before = self.table.get(key)
            if not _holds(before, asked):
                response: dict[str, Any] = {"Error": {"Code": "ConditionalCheckFailedException", "Message": FAILED}}
                if asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before is not None:
                    response["Item"] = dict(before)
                raise self.exceptions.ConditionalCheckFailedException(response, f"{kind}Item")
            after, touched = self._after(kind, asked, before)
        except Invalid as invalid:
            raise _refusal(f"{kind}Item", invalid) from None
        self.table.write(key, after)
        return _returned(asked.get("ReturnValues", "NONE"), before or {}, after or {}, touched)

    def _after(self, kind: str, asked: Mapping[str, Any], before: Item | None) -> tuple[Item | None, Sequence[str]]:
        """What is there after a write, and the names of what it changes; raises `Invalid`."""
        match kind:
            case "Put":
                return self.table.kept(asked["Item"]), ()
            case "Update":
                base = before if before is not None else dict(asked["Key"])
                names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
                item, touched = updated(asked["UpdateExpression"], base, names, values)
                if {"PK", "SK"} & {*touched}:
                    raise AssertionError(f"{asked['UpdateExpression']} changes a key")
                return self.table.kept(item), touched
            case "Delete":
                return None, ()
        return before, ()

    def _transact(self, writes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        parts = [next(iter(write.items())) for write in writes]
        for kind, asked in parts:
            require_simulated(kind, asked)
        try:
            for kind, asked in parts:
                if kind == "Put":
                    self.table.kept(asked["Item"])
        except Invalid as invalid:
            raise _refusal("TransactWriteItems", invalid) from None
        keys = [key_of(asked["Item"] if kind == "Put" else asked["Key"]) for kind, asked in parts]
        if not 0 < len(keys) <= TRANSACTION_LIMIT or len(set(keys)) < len(keys):
            raise AssertionError(f"{len(keys)} writes in a transaction, {len(set(keys))} different items")
        found = [self.table.get(key) for key in keys]
        tried = [self._tried(kind, asked, before) for (kind, asked), before in zip(parts, found, strict=True)]
        reasons = [reason for reason, _ in tried]
        if any(reason["Code"] != "None" for reason in reasons):
            raise self.cancelled(reasons)
        for key, (kind, _), (_, after) in zip(keys, parts, tried, strict=True):
            if kind != "ConditionCheck":
                self.table.write(key, after)
        return {}

    def _tried(self, kind: str, asked: Mapping[str, Any], before: Item | None) -> tuple[dict[str, Any], Item | None]:
        """Why one write of a transaction cannot be made ("None": it can), and what would be there after it."""
        if not _holds(before, asked):
            reason: dict[str, Any] = {"Code": "ConditionalCheckFailed", "Message": FAILED}
            if asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before is not None:
                reason["Item"] = dict(before)
            return reason, None
        try:
            return {"Code": "None"}, self._after(kind, asked, before)[0]
        except Invalid as invalid:
            return {"Code": "ValidationError", "Message": str(invalid)}, None

    def cancelled(self, reasons: Sequence[Mapping[str, Any]]) -> Exception:
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


FAILED = "The conditional request failed"


def _holds(item: Item | None, asked: Mapping[str, Any]) -> bool:
    if "ConditionExpression" not in asked:
        return True
    names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
    return condition(asked["ConditionExpression"])(Scope(item or {}, names, values))


def _refusal(operation: str, invalid: Invalid) -> ClientError:
    """botocore has no class of its own for these."""
    return ClientError({"Error": {"Code": "ValidationException", "Message": str(invalid)}}, operation)


def _returned(wanted: str, before: Item, after: Item, touched: Sequence[str]) -> dict[str, Any]:
    """What a single write answers, for its `ReturnValues`."""
    match wanted:
        case "NONE":
            return {}
        case "ALL_OLD":
            found = dict(before)
        case "ALL_NEW":
            found = dict(after)
        case "UPDATED_OLD":
            found = {name: before[name] for name in touched if name in before}
        case "UPDATED_NEW":
            found = {name: after[name] for name in touched if name in after}
        case _:
            raise AssertionError(wanted)
    return {"Attributes": found} if found else {}


def _shown(item: Item, asked: Mapping[str, Any]) -> Item:
    """An item, or what a projection names of it."""
    if "ProjectionExpression" not in asked:
        return dict(item)
    return projected(asked["ProjectionExpression"], item, asked.get("ExpressionAttributeNames", {}))


def _page(found: list[Item], limit: int | None) -> tuple[list[Item], list[Item]]:
    """One page of what was found, and the rest; a page may be shorter than its limit, as one of a megabyte is."""
    if limit is not None and limit < 1:
        raise AssertionError(f"a limit of {limit}")
    rows = ROWS_PER_PAGE if limit is None else min(limit, ROWS_PER_PAGE)
    return found[:rows], found[rows:]


def _place(item: Mapping[str, Any], range_name: str) -> tuple[Any, ...]:
    ((kind, value),) = item[range_name].items()
    return sortable(kind, value), item["PK"]["S"].encode(), item["SK"]["S"].encode()


def _behind(found: Sequence[Item], start: Mapping[str, Any], range_name: str, *, backwards: bool) -> list[Item]:
    end = _place(start, range_name)
    places = ((item, _place(item, range_name)) for item in found)
    return [item for item, place in places if (place < end if backwards else place > end)]
