"""What the functions ask of AWS, counted: a layer around the simulated AWS of the evidence and its functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from benchmarks.dynamodb_units import TABLE, IndexShape, Item, item_bytes, read_units, write_units
from evidence.aws.table import Key, key_of
from evidence.processes.functions import Function
from evidence.system.world import World
from orderbridge.entrypoints import log as entry_log

_WRITE = entry_log._write  # noqa: SLF001 - before the evidence silences it
SQS_CHUNK = EVENT_CHUNK = 64 * 1024
"""SQS and EventBridge charge what is larger as several."""
ROUND = "status_sync"
"""The function whose reads, and whose own record, are a round's over all open orders and of no single one's life."""
ROUND_RECORDS = "STATUS#"
LAMBDA_LINES = (
    "START RequestId: 8f5b1c0a-6a0f-4d7e-9d53-0b8f6f3a2c11 Version: $LATEST\n",
    "END RequestId: 8f5b1c0a-6a0f-4d7e-9d53-0b8f6f3a2c11\n",
    (
        "REPORT RequestId: 8f5b1c0a-6a0f-4d7e-9d53-0b8f6f3a2c11\tDuration: 123.45 ms\tBilled Duration: 124 ms\t"
        "Memory Size: 512 MB\tMax Memory Used: 123 MB\t\n"
    ),
)
"""What Lambda writes into a log group beside a function's own lines, at each invocation of a warm environment."""


@dataclass(frozen=True, slots=True)
class Written:
    """A write as it was made: the item before and after; the same twice where its condition failed."""

    key: Key
    before: Item | None
    after: Item | None


@dataclass(slots=True)
class Count:
    """What was asked of AWS. Names of functions are the template's."""

    write_units: Counter[str] = field(default_factory=Counter)
    """By ``table`` and the names of the indexes."""
    key_units: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The same by ``table`` or index, and partition key there."""
    round_write_units: int = 0
    read_units: Decimal = Decimal()
    round_read_units: Decimal = Decimal()
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By function and operation."""
    outside_calls: Counter[str] = field(default_factory=Counter)
    """By function: calls to platforms, and posts to receivers."""
    invocations: Counter[str] = field(default_factory=Counter)
    sqs_requests: Counter[str] = field(default_factory=Counter)
    """send, receive, delete."""
    events: int = 0
    event_bytes: int = 0
    deliveries: int = 0
    """Events that a rule put into a queue."""
    log_bytes: Counter[str] = field(default_factory=Counter)
    """By function."""

    @property
    def units(self) -> int:
        return self.write_units.total()

    def of_operations(self, *operations: str) -> int:
        return sum(times for (_, operation), times in self.calls.items() if operation in operations)

    def of_function(self, function: str) -> int:
        return sum(times for (by, _), times in self.calls.items() if by == function)

    def __add__(self, other: Count) -> Count:
        return Count(**{name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__})

    def __sub__(self, other: Count) -> Count:
        return Count(**{name: getattr(self, name) - getattr(other, name) for name in self.__dataclass_fields__})


def chunks(size: int, of: int) -> int:
    """For how many requests one of this size is charged."""
    return max(-(-size // of), 1)


class Counting:
    """Counts what goes on in a `World` into `count`, which may be replaced at any time."""

    def __init__(self, world: World) -> None:
        self.count = Count()
        self._world = world
        self._writes: list[Written] = []
        self._indexes = [
            IndexShape(name, tuple(filter(None, (index.hash_name, index.range_name))), index.projected)
            for name, index in world.aws.table.indexes.items()
        ]
        self._watch_writes()
        for service, client in world.aws.clients.items():
            client.call = partial(self._around, service, client.call)
        for function in world.functions.values():
            function.invoke = partial(self._invoked, function, function.invoke)  # type: ignore[method-assign]
        before_step = world.machine.before_step

        def step(name: str, worker: Any) -> None:
            if name.endswith(("before call", "before post")):
                self.count.outside_calls[worker.name] += 1
            before_step(name, worker)

        world.machine.before_step = step

    def taken(self) -> Count:
        """What was counted since the last time."""
        taken, self.count = self.count, Count()
        return taken

    # --- calls --------------------------------------------------------------------------------------------------------

    def _around(
        self, service: str, call: Callable[..., Any], operation: str, asked: Mapping[str, Any], act: Callable[[], Any]
    ) -> Any:
        return call(operation, asked, partial(self._counted, service, operation, asked, act))

    def _counted(self, service: str, operation: str, asked: Mapping[str, Any], act: Callable[[], Any]) -> Any:
        worker = self._world.machine.current
        if worker is None:
            return act()  # the operator's
        self.count.calls[worker.name, operation] += 1
        match service, operation:
            case "dynamodb", "GetItem" | "BatchGetItem" | "Query" | "Scan":
                self._read(operation, asked)
            case "dynamodb", _:
                return self._written(operation, asked, act)
            case "sqs", "SendMessage":
                self.count.sqs_requests["send"] += chunks(len(asked["MessageBody"].encode()), SQS_CHUNK)
            case "sqs", "SendMessageBatch":
                size = sum(len(each["MessageBody"].encode()) for each in asked["Entries"])
                self.count.sqs_requests["send"] += chunks(size, SQS_CHUNK)
            case "sqs", _:
                self.count.sqs_requests[operation] += 1
            case "events", "PutEvents":
                for entry in asked["Entries"]:
                    self._published(entry)
        return act()

    def _published(self, entry: Mapping[str, Any]) -> None:
        size = sum(len(entry[part].encode()) for part in ("Source", "DetailType", "Detail"))
        self.count.events += chunks(size, EVENT_CHUNK)
        self.count.event_bytes += size
        into = self._world.aws.bus.matching(entry)
        self.count.deliveries += len(into)
        self.count.sqs_requests["send"] += len(into)

    # --- the table ----------------------------------------------------------------------------------------------------

    def _watch_writes(self) -> None:
        table = self._world.aws.table
        write = table.write

        def watched(key: Key, item: dict[str, Any] | None) -> None:
            self._writes.append(Written(key, table.get(key), item))
            write(key, item)

        table.write = watched  # type: ignore[method-assign]

    def _written(self, operation: str, asked: Mapping[str, Any], act: Callable[[], Any]) -> Any:
        self._writes.clear()
        is_transaction = operation == "TransactWriteItems"
        try:
            return act()
        finally:
            parts = [next(iter(each.values())) for each in asked["TransactItems"]] if is_transaction else [asked]
            keys = {key_of(part["Key"] if "Key" in part else part["Item"]) for part in parts}
            for key in sorted(keys - {each.key for each in self._writes}):
                # Its condition failed, or it is nothing but a condition.
                found = self._world.aws.table.get(key)
                self._writes.append(Written(key, found, found))
            for each in self._writes:
                self._charge(each, transactional=is_transaction)

    def _charge(self, written: Written, *, transactional: bool) -> None:
        units = write_units(written.before, written.after, self._indexes, transactional=transactional)
        if written.key[0].startswith(ROUND_RECORDS):
            self.count.round_write_units += units.total()
        else:
            self.count.write_units += units
            self.count.key_units += self._by_key(written, units)

    def _by_key(self, written: Written, units: Counter[str]) -> Counter[tuple[str, str]]:
        """Write units by partition key; what leaves one key of an index for another is paid half at each."""
        found = Counter({(TABLE, written.key[0]): units[TABLE]})
        for index in self._indexes:
            entries = [index.entry(each) for each in (written.before, written.after)]
            keys = [entry[index.keys[0]]["S"] for entry in entries if entry is not None]
            for key in keys if len(set(keys)) > 1 else keys[:1]:
                found[index.name, key] += units[index.name] // len(set(keys))
        return +found

    def _read(self, operation: str, asked: Mapping[str, Any]) -> None:
        table, client = self._world.aws.table, self._world.aws.dynamodb
        consistent = bool(asked.get("ConsistentRead"))
        if operation == "GetItem":
            sizes = [item_bytes(table.get(key_of(asked["Key"])) or {})]
        elif operation == "BatchGetItem":
            (wanted,) = asked["RequestItems"].values()
            consistent = bool(wanted.get("ConsistentRead"))
            sizes = [item_bytes(table.get(key_of(key)) or {}) for key in wanted["Keys"]]
        else:
            sizes = [sum(map(item_bytes, client.examined(operation, asked)))]
        units = read_units(sizes, consistent=consistent)
        worker = self._world.machine.current
        if worker is not None and worker.name == ROUND:
            self.count.round_read_units += units
        else:
            self.count.read_units += units

    # --- functions ----------------------------------------------------------------------------------------------------

    def _invoked(self, function: Function, invoke: Callable[[Any], Any], event: Mapping[str, Any]) -> Any:
        self.count.invocations[function.name] += 1
        self.count.log_bytes[function.name] += sum(len(line) for line in LAMBDA_LINES)
        if any(record.get("eventSource") == "aws:sqs" for record in event.get("Records", ())):
            # One message at a time, whatever the batch size: what a busy queue saves is not counted on.
            self.count.sqs_requests["receive"] += 1
            self.count.sqs_requests["delete"] += 1
        return invoke(event)

    @contextmanager
    def logged(self) -> Iterator[None]:
        """In this block functions write their log lines, into the count alone."""
        with patch.object(entry_log, "_write", _WRITE), patch.object(entry_log, "sys", SimpleNamespace(stderr=self)):
            yield

    def write(self, text: str) -> None:
        """Take a log line, as a stream does."""
        worker = self._world.machine.current
        self.count.log_bytes["" if worker is None else worker.name] += len(text.encode())

    def flush(self) -> None:
        """There is nothing to flush."""
