"""EventBridge in memory: what was put on the bus, and the rules that bring it into queues."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evidence.aws.patterns import matches
from evidence.aws.queues import Queue

ENTRIES_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: which events, the queue they go into, the member of the event that is sent."""

    pattern: Mapping[str, Any]
    queue: Queue
    member: str


@dataclass
class Bus:
    """The bus, and everything that was put on it. `drops` says whether an accepted event gets lost on its way."""

    rules: Sequence[Rule]
    clock: Callable[[], datetime]
    drops: Callable[[], bool] = lambda: False
    published: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    """Detail type and detail of each event that was accepted."""

    def put(self, entry: Mapping[str, Any]) -> None:
        event = _event(entry)
        self.published.append((event["detail-type"], event["detail"]))
        if self.drops():
            return
        for rule in self.matching(entry):
            rule.queue.send(json.dumps(event[rule.member]), self.clock())

    def matching(self, entry: Mapping[str, Any]) -> list[Rule]:
        """The rules that an entry is for."""
        event = _event(entry)
        return [rule for rule in self.rules if matches(rule.pattern, event)]


def _event(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}


@dataclass
class EventBridge:
    """A client of the bus with botocore's names. `fails` says whether an entry is refused while others are not."""

    bus: Bus
    exceptions: Any
    call: Callable[[str, Mapping[str, Any], Callable[[], Any]], Any]
    fails: Callable[[], bool] = lambda: False

    def put_events(self, **asked: Any) -> Any:
        entries = asked["Entries"]
        if not 0 < len(entries) <= ENTRIES_LIMIT:
            raise AssertionError(f"{len(entries)} entries")
        return self.call("PutEvents", asked, lambda: self._put(entries))

    def _put(self, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        results: list[dict[str, str]] = []
        for entry in entries:
            if not isinstance(_read(entry["Detail"]), dict):
                results.append({"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."})
            elif self.fails():
                results.append({"ErrorCode": "InternalFailure", "ErrorMessage": ""})
            else:
                self.bus.put(entry)
                results.append({"EventId": "put"})
        return {"Entries": results, "FailedEntryCount": sum("ErrorCode" in each for each in results)}


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
