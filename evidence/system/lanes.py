"""What wakes the functions: the stream, the queues and the schedules, as the template's event sources have it."""

from __future__ import annotations

import itertools
import json
import zlib
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from evidence.aws.patterns import matches
from evidence.aws.queues import LONGEST_DELAY_SECONDS, Message, Queue
from evidence.aws.table import Record
from evidence.processes.functions import STACK, Function
from evidence.processes.machine import Machine, Worker
from evidence.system.aws import SimulatedAws
from evidence.system.harm import Harm
from orderbridge.values.times import from_iso
from tests.contract.template import template

SHARDS = 4
WEBHOOKS_AT_ONCE = {"WebhookQueue": 5, "SlowWebhookQueue": 2}
DARK_AFTER = timedelta(seconds=1)
AT_ONCE = datetime.min.replace(tzinfo=UTC)


@dataclass
class Shard:
    """A shard of the stream: what its publisher has not handled yet, and how often it has failed at the first of it."""

    batch: int
    records: deque[tuple[datetime, Record]] = field(default_factory=deque)
    tries: int = 0
    not_before: datetime = AT_ONCE
    is_busy: bool = False


class Lanes:
    """Gives each function what there is for it, to so many workers at once as the template allows."""

    def __init__(
        self,
        machine: Machine,
        harm: Harm,
        aws: SimulatedAws,
        functions: Mapping[str, Function],
        began: datetime,
        batch: int | None = None,
    ) -> None:
        """`batch`: how many records the publisher is given at once at most; None: as many as the template says."""
        self._machine, self._harm, self._aws, self._functions = machine, harm, aws, functions
        self._dark_from = began + DARK_AFTER
        self._dark_until = self._dark_from + timedelta(hours=harm.row.stream_dark_hours)
        self._stream = template().functions()["event_publisher"]["Events"]["TableChanges"]["Properties"]
        self.filters = [json.loads(each["Pattern"]) for each in self._stream["FilterCriteria"]["Filters"]]
        self.batch = int(self._stream["BatchSize"]) if batch is None else batch
        self._shards = [Shard(batch=self.batch) for _ in range(SHARDS)]
        self._busy: Counter[str] = Counter()

    def fill(self) -> None:
        """Begin whatever can be begun now."""
        self._take_stream()
        for shard in self._shards:
            self._publish(shard)
        for queue, function, at_once in self._queues():
            self._receive(queue, function, at_once)

    def begin_one(self) -> bool:
        """Begin one thing alone, the stream's before the queues'; whether there was one."""
        self._take_stream()
        for shard in self._shards:
            self._publish(shard)
            if shard.is_busy:
                return True
        for queue, function, _ in self._queues():
            self._receive(queue, function, 1)
            if self._busy[queue.name]:
                return True
        return False

    def next_times(self) -> Iterator[datetime]:
        """When there will be something to begin."""
        for queue, _, at_once in self._queues():
            if self._busy[queue.name] < at_once and queue.next_at is not None:
                yield queue.next_at
        for shard in self._shards:
            if shard.records and not shard.is_busy:
                yield max(shard.not_before, self._dark_until)

    @property
    def is_streamed(self) -> bool:
        """Whether nothing of the stream is left."""
        return not any(shard.records for shard in self._shards) and not self._aws.table.stream

    @property
    def is_empty(self) -> bool:
        """Whether no message is left."""
        return all(queue.next_at is None for queue, _, _ in self._queues())

    def sweep(self) -> None:
        """The sweeper's schedule; where nothing is due it would find nothing."""
        due = self._aws.table.earliest_due()
        if due is not None and from_iso(due) <= self._machine.now:
            self.invoke("sweeper", {})

    def invoke(self, name: str, event: Mapping[str, Any]) -> Worker:
        """Invoke a function as a schedule does."""
        function = self._functions[name]
        return self._machine.start(name, partial(function.invoke, event), seconds=function.timeout_seconds)

    # --- queues -------------------------------------------------------------------------------------------------------

    def _queues(self) -> Iterator[tuple[Queue, Function, int]]:
        for name, function in self._functions.items():
            if name.startswith("forward_"):
                queue = self._aws.queues[function.variables["QUEUE_URL"]]
                yield queue, function, int(function.variables["WORKERS"])
        for name, at_once in WEBHOOKS_AT_ONCE.items():
            yield self._aws.queue(name), self._functions["webhook_sender"], at_once

    def _receive(self, queue: Queue, function: Function, at_once: int) -> None:
        row, strikes = self._harm.row, self._harm.strikes
        while self._busy[queue.name] < at_once:
            message = queue.receive(self._machine.now)
            if message is None:
                return
            if strikes(row.messages_lost, "messages lost"):
                message.is_deleted = True
                continue
            if strikes(row.messages_delayed, "messages delayed"):
                queue.delay(message, self._machine.draw.uniform(1, LONGEST_DELAY_SECONDS), self._machine.now)
                continue
            for _ in range(row.copies if strikes(row.messages_repeated, "messages repeated") else 1):
                self._busy[queue.name] += 1
                act, on_end = partial(function.invoke, sqs_event(message)), partial(self._received, queue, message)
                self._machine.start(function.name, act, on_end, seconds=function.timeout_seconds)

    def _received(self, queue: Queue, message: Message, worker: Worker) -> None:
        self._busy[queue.name] -= 1
        if worker.failure is None and not worker.result["batchItemFailures"]:
            message.is_deleted = True

    # --- the stream ---------------------------------------------------------------------------------------------------

    def _take_stream(self) -> None:
        for record in self._aws.table.stream:
            event = stream_record(record)
            if any(matches(pattern, event) for pattern in self.filters):
                shard = zlib.crc32(record.keys["PK"]["S"].encode()) % SHARDS
                self._shards[shard].records.append((self._machine.now, record))
        self._aws.table.stream.clear()

    def _publish(self, shard: Shard) -> None:
        now = self._machine.now
        if shard.is_busy or not shard.records or now < shard.not_before:
            return
        if self._dark_from <= now < self._dark_until:
            self._machine.struck["stream dark"] += 1
            return
        oldest = timedelta(seconds=self._stream["MaximumRecordAgeInSeconds"])
        while shard.records and now - shard.records[0][0] > oldest:
            self._give_up(shard)
        if not shard.records:
            return
        shard.is_busy = True
        batch = [record for _, record in itertools.islice(shard.records, shard.batch)]
        function = self._functions["event_publisher"]
        act = partial(function.invoke, {"Records": [stream_record(record) for record in batch]})
        on_end = partial(self._published, shard, batch)
        self._machine.start(function.name, act, on_end, seconds=function.timeout_seconds)

    def _published(self, shard: Shard, batch: Sequence[Record], worker: Worker) -> None:
        shard.is_busy = False
        if worker.failure is not None:
            # BisectBatchOnFunctionError: half of it next, and one record by itself is tried so many times.
            shard.batch = max(len(batch) // 2, 1)
            shard.tries += len(batch) == 1
            shard.not_before = self._machine.now + timedelta(seconds=1)
            if shard.tries <= self._stream["MaximumRetryAttempts"]:
                return
            self._give_up(shard)
        else:
            for _ in batch:
                shard.records.popleft()
        shard.batch, shard.tries = self.batch, 0

    def _give_up(self, shard: Shard) -> None:
        """Into the stream's dead letters, as a position and nothing else."""
        shard.records.popleft()
        self._machine.struck["records given up"] += 1


def sqs_event(message: Message) -> dict[str, Any]:
    """The event that a queue's message is to a function."""
    return {
        "Records": [
            {
                "messageId": message.message_id,
                "receiptHandle": "handle",
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": str(message.receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:ap-southeast-3:123456789012:{STACK}",
                "awsRegion": "ap-southeast-3",
            }
        ]
    }


def stream_record(record: Record) -> dict[str, Any]:
    """A record as the publisher gets it, and as the template's filters see it."""
    return {
        "eventName": record.event_name,
        "eventSource": "aws:dynamodb",
        "dynamodb": {"Keys": record.keys, "NewImage": record.image},
    }
