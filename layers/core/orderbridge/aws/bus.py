"""The event bus and the queues."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orderbridge.domain.events import SOURCE, Event, ForwardMessage

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

PUT_EVENTS_LIMIT = 10
PUT_EVENTS_TRIES = 3


class EventsNotPublished(Exception):
    """Some entries failed every time; the caller's batch must be repeated."""


class EventBridgeBus:
    """`EventBus` on PutEvents, with every entry's own answer read."""

    def __init__(self, client: EventBridgeClient, bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish(self, events: Sequence[Event]) -> None:
        for start in range(0, len(events), PUT_EVENTS_LIMIT):
            self._put([self._entry(event) for event in events[start : start + PUT_EVENTS_LIMIT]])

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


def forward_queue_name(stack: str, platform: str) -> str:
    """The queue of a platform's forwards, by the name that the template gives it."""
    return f"{stack}-forward-{platform}"


class PlatformQueues:
    """`ForwardQueues` on SQS: one queue per platform, found by its name. `known` are URLs that need no looking up."""

    def __init__(self, client: SQSClient, stack: str, known: Mapping[str, str] | None = None) -> None:
        self._client = client
        self._stack = stack
        self._urls = dict(known or {})

    def url(self, platform: str) -> str:
        """A queue's URL, asked for once."""
        if platform not in self._urls:
            name = forward_queue_name(self._stack, platform)
            self._urls[platform] = self._client.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[platform]

    def send(self, message: ForwardMessage, delay_seconds: float = 0) -> None:
        self._client.send_message(
            QueueUrl=self.url(message.channel.platform),
            MessageBody=json.dumps(message.detail(), separators=(",", ":")),
            DelaySeconds=int(delay_seconds),
        )
