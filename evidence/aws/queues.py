"""SQS in memory: queues with delays, visibility, receive counts and dead letters, on the machine's clock."""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

LONGEST_DELAY_SECONDS = 900
ENTRIES_LIMIT = 10
_SIMULATED = {"QueueUrl", "MessageBody", "DelaySeconds", "MessageGroupId"}
_GROUP = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
"""A message group's name, on a standard queue as on others: "alphanumeric characters and punctuation", at most 128."""


@dataclass(slots=True)
class Message:
    """One message; `receives` counts how often somebody has been given it."""

    message_id: str
    body: str
    sent_at: datetime
    receives: int = 0
    is_deleted: bool = False
    group: str | None = None
    """Whose message it is. A fair queue orders by it at its own discretion; this one never does, which is the worst."""


@dataclass(slots=True)
class Queue:
    """A queue: what is in it, by the time from which it can be seen."""

    name: str
    visibility_seconds: float
    max_receives: int | None = None
    dead_letters: Queue | None = None
    keeps_seconds: float = 4 * 86_400
    waiting: list[tuple[datetime, int, Message]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def send(self, body: str, now: datetime, delay_seconds: float = 0, group: str | None = None) -> None:
        number = next(self._numbers)
        self._put(
            Message(f"{self.name}-{number}", body, now, group=group), now + timedelta(seconds=delay_seconds), number
        )

    def take(self, message: Message, now: datetime) -> None:
        """Take over another queue's message, which keeps its id and the time from which its retention is counted."""
        taken = Message(message.message_id, message.body, message.sent_at, group=message.group)
        self._put(taken, now, next(self._numbers))

    def delay(self, message: Message, seconds: float, now: datetime) -> None:
        """Let a message that was received, and given to nobody, come so much later."""
        message.is_deleted = True
        later = replace(message, is_deleted=False, receives=message.receives - 1)
        self._put(later, now + timedelta(seconds=seconds), next(self._numbers))

    def _put(self, message: Message, visible_at: datetime, number: int) -> None:
        heapq.heappush(self.waiting, (visible_at, number, message))

    @property
    def next_at(self) -> datetime | None:
        """When the next message can be seen."""
        while self.waiting and self.waiting[0][2].is_deleted:
            heapq.heappop(self.waiting)
        return self.waiting[0][0] if self.waiting else None

    def receive(self, now: datetime) -> Message | None:
        """The next message that can be seen, hidden from now on; one received too often goes to the dead letters."""
        while self.waiting and self.waiting[0][0] <= now:
            _, number, message = heapq.heappop(self.waiting)
            if message.is_deleted or (now - message.sent_at).total_seconds() > self.keeps_seconds:
                continue
            if (
                self.max_receives is not None
                and self.dead_letters is not None
                and message.receives >= self.max_receives
            ):
                self.dead_letters.take(message, now)
                continue
            message.receives += 1
            self._put(message, now + timedelta(seconds=self.visibility_seconds), number)
            return message
        return None


def _require_simulated(asked: Mapping[str, Any], *besides: str) -> None:
    """Raises where a message is asked for that SQS would refuse, or that is not simulated."""
    if unknown := asked.keys() - _SIMULATED - set(besides):
        raise AssertionError(f"a message with {unknown} is not simulated")
    delay, group = asked.get("DelaySeconds", 0), asked.get("MessageGroupId")
    if not 0 <= delay <= LONGEST_DELAY_SECONDS:
        raise AssertionError(f"a delay of {delay} s")
    if group is not None and not _GROUP.fullmatch(group):
        raise AssertionError(f"a message group {group!r}")


@dataclass
class Sqs:
    """A client of the queues with botocore's names. `fails` says whether a batch's entry is refused, others not."""

    queues: Mapping[str, Queue]
    clock: Callable[[], datetime]
    exceptions: Any
    call: Callable[[str, Mapping[str, Any], Callable[[], Any]], Any]
    fails: Callable[[], bool] = lambda: False

    def get_queue_url(self, **asked: Any) -> Any:
        return self.call(
            "GetQueueUrl", asked, lambda: {"QueueUrl": self._queue("GetQueueUrl", asked["QueueName"]).name}
        )

    def send_message(self, **asked: Any) -> Any:
        _require_simulated(asked)
        delay, group = asked.get("DelaySeconds", 0), asked.get("MessageGroupId")

        def send() -> dict[str, Any]:
            self._queue("SendMessage", asked["QueueUrl"]).send(asked["MessageBody"], self.clock(), delay, group)
            return {"MessageId": "sent"}

        return self.call("SendMessage", asked, send)

    def send_message_batch(self, **asked: Any) -> Any:
        entries = asked["Entries"]
        if not 0 < len({each["Id"] for each in entries}) == len(entries) <= ENTRIES_LIMIT:
            raise AssertionError(f"a batch of {[each['Id'] for each in entries]}")
        for each in entries:
            _require_simulated({"QueueUrl": asked["QueueUrl"], **each}, "Id")

        def send() -> dict[str, Any]:
            queue = self._queue("SendMessageBatch", asked["QueueUrl"])
            answer: dict[str, list[dict[str, Any]]] = {"Successful": [], "Failed": []}
            for each in entries:
                if self.fails():
                    answer["Failed"].append({"Id": each["Id"], "SenderFault": False, "Code": "InternalError"})
                else:
                    queue.send(
                        each["MessageBody"], self.clock(), each.get("DelaySeconds", 0), each.get("MessageGroupId")
                    )
                    answer["Successful"].append({"Id": each["Id"], "MessageId": "sent"})
            return answer

        return self.call("SendMessageBatch", asked, send)

    def _queue(self, operation: str, name: str) -> Queue:
        if name not in self.queues:
            response = {"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue", "Message": name}}
            raise self.exceptions.QueueDoesNotExist(response, operation)
        return self.queues[name]
