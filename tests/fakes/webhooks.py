"""Webhooks, the messages to them, their queue, and receivers, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from orderbridge.http.answer import Answer
from orderbridge.values.conflicts import LostRace
from orderbridge.values.sweeps import WHOLE, Part
from orderbridge.values.timeline import TimelineEntry
from orderbridge.webhooks.delivery import Delivery, DeliveryRef
from orderbridge.webhooks.ports import DeliveryRecord
from orderbridge.webhooks.signing import WebhookSecret
from orderbridge.webhooks.webhook import EVENTS, Webhook
from tests.fakes import samples
from tests.fakes.outward import one_by_one
from tests.fakes.steps import Clock, Steps
from tests.fakes.store import Store, by_shards

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def a_webhook(webhook_id: str = "wh_1", **changes: object) -> Webhook:
    webhook = Webhook(
        samples.CLIENT_ID, webhook_id, "https://partner.example.com/hook", EVENTS, "2025-01-01T00:00:00.000Z"
    )
    return replace(webhook, **changes)  # type: ignore[arg-type]


class Webhooks:
    """`WebhookDirectory`, `WebhookRegistry`, `DeliveryRecords` and `DueDeliveries` in memory.

    The messages lie in the `Store`, which writes them together with the order's change.
    """

    def __init__(self, store: Store, *webhooks: Webhook) -> None:
        self.store = store
        self.steps: Steps = store.steps
        self.by_id = {webhook.webhook_id: webhook for webhook in webhooks}
        self.suspended: set[str] = set()
        self.timeline: list[TimelineEntry] = []

    def active(self, client_id: str) -> Sequence[Webhook]:
        self.steps.pass_by("before active webhooks")
        return [webhook for webhook in self.of(client_id) if webhook.state == "active"]

    # --- messages -----------------------------------------------------------------------------------------------------

    def read(self, ref: DeliveryRef) -> DeliveryRecord | None:
        self.steps.pass_by("before read delivery")
        delivery = self.store.deliveries.get(ref)
        if delivery is None:
            return None
        return DeliveryRecord(delivery, self.by_id.get(ref.webhook_id), ref.client_id not in self.suspended)

    def save(self, delivery: Delivery) -> Delivery:
        self.steps.pass_by("before save delivery")
        if self.store.deliveries[delivery.ref].revision != delivery.revision:
            raise LostRace(delivery.ref.message_id)
        saved = replace(delivery, revision=delivery.revision + 1)
        self.store.deliveries[delivery.ref] = saved
        self.steps.pass_by("after save delivery")
        return saved

    def note_failures(self, webhook: Webhook, failures: int, rest_until: str | None) -> None:
        self.steps.pass_by("before note failures")
        if webhook.webhook_id in self.by_id:
            noted = replace(self.by_id[webhook.webhook_id], failures=failures, rest_until=rest_until)
            self.by_id[webhook.webhook_id] = noted

    def note_slow(self, webhook: Webhook, since: str | None) -> None:
        self.steps.pass_by("before note slow")
        if webhook.webhook_id in self.by_id:
            self.by_id[webhook.webhook_id] = replace(self.by_id[webhook.webhook_id], slow_since=since)

    def note_given_up(self, webhook: Webhook, at: str) -> None:
        self.steps.pass_by("before note given up")
        if webhook.webhook_id in self.by_id:
            self.by_id[webhook.webhook_id] = replace(self.by_id[webhook.webhook_id], failed_at=at)

    def note_replayed(self, webhook: Webhook) -> None:
        if self.by_id[webhook.webhook_id].failed_at == webhook.failed_at:
            self.by_id[webhook.webhook_id] = replace(self.by_id[webhook.webhook_id], failed_at=None)

    def disable(self, webhook: Webhook, reason: str, at: str) -> bool:
        self.steps.pass_by("before disable")
        present = self.by_id[webhook.webhook_id]
        if present.state == "disabled":
            return False
        self.by_id[webhook.webhook_id] = replace(present, state="disabled", reason=reason, since=at)
        return True

    def due(self, now: str, limit: int, part: Part = WHOLE) -> Iterator[DeliveryRef]:
        self.steps.pass_by("before due deliveries")
        found = [(d.due_at, d.ref, d.ref) for d in self.store.deliveries.values() if d.due_at is not None]
        yield from by_shards([each for each in found if each[0] <= now], now)[:limit]

    # --- the operator's side ------------------------------------------------------------------------------------------

    def of(self, client_id: str, webhook_id: str | None = None) -> Sequence[Any]:
        if webhook_id is None:
            return [webhook for webhook in self.by_id.values() if webhook.client_id == client_id]
        found = [d for d in self.store.deliveries.values() if d.ref.webhook_id == webhook_id]
        return sorted(found, key=lambda delivery: delivery.ref.message_id, reverse=True)

    def put(self, webhook: Webhook, entry: TimelineEntry) -> None:
        self.steps.pass_by("before put webhook")
        self.by_id[webhook.webhook_id] = webhook
        self.timeline.append(entry)

    def remove(self, webhook: Webhook, entry: TimelineEntry) -> None:
        self.by_id.pop(webhook.webhook_id, None)
        self.timeline.append(entry)

    def note(self, client_id: str, entry: TimelineEntry) -> None:
        self.timeline.append(entry)


class Vault:
    """`WebhookVault` in memory."""

    def __init__(self, steps: Steps | None = None, *webhooks: Webhook) -> None:
        self.steps = steps or Steps()
        self.kept: dict[str, Sequence[WebhookSecret]] = {each.webhook_id: (WebhookSecret(SECRET),) for each in webhooks}

    def secrets(self, client_id: str, webhook_id: str) -> Sequence[WebhookSecret]:
        self.steps.pass_by("before secrets")
        return self.kept.get(webhook_id, ())

    def store(self, client_id: str, webhook_id: str, secrets: Sequence[WebhookSecret]) -> None:
        self.steps.pass_by("before store secrets")
        self.kept[webhook_id] = tuple(secrets)

    def drop(self, client_id: str, webhook_id: str) -> None:
        self.kept.pop(webhook_id, None)


class DeliveryQueue:
    """`DeliveryQueue` in memory: messages with the time from which they are visible. Refuses what SQS refuses."""

    LONGEST_DELAY_SECONDS = 900

    def __init__(self, clock: Clock, steps: Steps | None = None) -> None:
        self.clock = clock
        self.steps = steps or Steps()
        self.sent: list[tuple[datetime, DeliveryRef]] = []

    def send(self, ref: DeliveryRef, delay_seconds: float = 0) -> None:
        self.steps.pass_by("before send delivery")
        if not 0 <= delay_seconds <= self.LONGEST_DELAY_SECONDS:
            raise ValueError(f"DelaySeconds {delay_seconds}")
        self.sent.append((self.clock() + timedelta(seconds=int(delay_seconds)), ref))

    def send_together(self, refs: Sequence[DeliveryRef]) -> Sequence[Exception | None]:
        return [one_by_one(self.send, ref) for ref in refs]

    def take(self) -> DeliveryRef | None:
        """The next visible message, acknowledged."""
        for index, (at, ref) in enumerate(self.sent):
            if at <= self.clock():
                del self.sent[index]
                return ref
        return None


@dataclass
class Receiver:
    """`WebhookPost` in memory: answers as it is set, and keeps what it was sent."""

    steps: Steps = field(default_factory=Steps)
    answer: Callable[[], Answer] = lambda: Answer(200)
    takes: Callable[[], float] = lambda: 0.0
    """How many seconds it takes to answer."""
    clock: Clock = field(default_factory=Clock)
    """The clock that moves meanwhile."""
    received: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        self.steps.pass_by("before post")
        answer = self.answer_in(seconds)
        self.received.append((url, headers, body))
        self.steps.pass_by("after post")
        return answer

    def answer_in(self, seconds: float) -> Answer:
        """What it answers in so many seconds."""
        takes = self.takes()
        self.clock.move(min(takes, seconds))
        return self.answer() if takes <= seconds else Answer(None, "ReadTimeout")
