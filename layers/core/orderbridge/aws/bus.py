"""The event bus."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from orderbridge.values.events import OPTIONAL_EVENTS, SOURCE, Event

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


PUT_EVENTS_LIMIT = 10
PUT_EVENTS_TRIES = 3


class EventsNotPublished(Exception):
    """Some entries failed every time; the caller's batch must be repeated."""


class EventBridgeBus:
    """`EventBus` on PutEvents, with every entry's own answer read; of `OPTIONAL_EVENTS` it publishes the wanted."""

    def __init__(self, client: EventBridgeClient, bus: str, wanted: Collection[str] = OPTIONAL_EVENTS) -> None:
        self._client = client
        self._bus = bus
        self._unwanted = OPTIONAL_EVENTS.difference(wanted)

    def publish(self, events: Sequence[Event]) -> None:
        entries = [self._entry(event) for event in events if event.detail_type not in self._unwanted]
        for start in range(0, len(entries), PUT_EVENTS_LIMIT):
            self._put(entries[start : start + PUT_EVENTS_LIMIT])

    def _entry(self, event: Event) -> dict[str, Any]:
        return {
            "Source": SOURCE,
            "DetailType": event.detail_type,
            "Detail": json.dumps(event.detail, separators=(",", ":")),
            "EventBusName": self._bus,
        }

    def _put(self, entries: list[dict[str, Any]]) -> None:
        codes: set[str] = set()
        for _ in range(PUT_EVENTS_TRIES):
            answer = self._client.put_events(Entries=entries)  # type: ignore[arg-type]
            results = answer["Entries"]
            codes = {result["ErrorCode"] for result in results if "ErrorCode" in result}
            entries = [entry for entry, result in zip(entries, results, strict=True) if "ErrorCode" in result]
            if not entries:
                return
        raise EventsNotPublished(f"{len(entries)} entries failed: {', '.join(sorted(codes))}")
