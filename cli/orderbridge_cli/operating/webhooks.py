"""The life of a webhook: registered, its secret rotated, its messages looked at and sent again, removed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from orderbridge.http.public_urls import BadWebhookUrl, check_url
from orderbridge.values.conflicts import LostRace, despite_races
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import Clock, to_iso
from orderbridge.webhooks.delivery import Delivery, DeliveryRef, DeliveryState, replay
from orderbridge.webhooks.ports import DeliveryQueue
from orderbridge.webhooks.signing import WebhookSecret, new_webhook_secret, rotated
from orderbridge.webhooks.webhook import EVENTS, MAX_WEBHOOKS, Webhook, new_webhook_id
from orderbridge_cli.operating.ports import DeliveryRecords, PartnerRegistry, WebhookRegistry, WebhookVault
from orderbridge_cli.operating.refusals import OperationRefused


@dataclass(frozen=True, slots=True)
class IssuedWebhook:
    """A webhook and its newest secret, which is shown this once."""

    webhook: Webhook
    secret: str


@dataclass(frozen=True, slots=True)
class OperateWebhooks:
    """What an operator does with webhooks. Every method raises `OperationRefused` where it cannot be done."""

    partners: PartnerRegistry
    registry: WebhookRegistry
    vault: WebhookVault
    deliveries: DeliveryRecords
    queue: DeliveryQueue
    clock: Clock
    allow_loopback_http: bool
    sweep_grace_seconds: float
    new_secret: Callable[[], str] = new_webhook_secret
    new_id: Callable[[], str] = new_webhook_id

    def add(self, client_id: str, url: str, events: Sequence[str] = EVENTS) -> IssuedWebhook:
        """Send a partner's changes to one more address, from now on."""
        self._require_partner(client_id)
        unknown = [event for event in events if event not in EVENTS]
        if unknown or not events:
            raise OperationRefused(f"There is no event {', '.join(unknown) or 'given'}; there are {', '.join(EVENTS)}.")
        try:
            check_url(url, allow_loopback_http=self.allow_loopback_http)
        except BadWebhookUrl as bad:
            raise OperationRefused(f"The url {bad}.") from bad
        present = self.registry.of(client_id)
        if any(webhook.url == url for webhook in present):
            raise OperationRefused(f"{client_id} has a webhook with this very url already.")
        if len(present) >= MAX_WEBHOOKS:
            raise OperationRefused(f"{client_id} has {MAX_WEBHOOKS} webhooks, and may have no more.")
        webhook = Webhook(client_id, self.new_id(), url, tuple(events), to_iso(self.clock()))
        secret = self.new_secret()
        # The secret first: a webhook without one could send nothing.
        self.vault.store(client_id, webhook.webhook_id, [WebhookSecret(secret)])
        self.registry.put(webhook, self._entry("WebhookAdded", f"{webhook.webhook_id} to {url}"))
        return IssuedWebhook(webhook, secret)

    def of(self, client_id: str | None) -> Sequence[Webhook]:
        """The webhooks of one partner, or of all."""
        if client_id is not None:
            self._require_partner(client_id)
        clients = self.partners.client_ids() if client_id is None else [client_id]
        return [webhook for each in clients for webhook in self.registry.of(each)]

    def find(self, client_id: str, webhook_id: str) -> Webhook:
        for webhook in self.of(client_id):
            if webhook.webhook_id == webhook_id:
                return webhook
        raise OperationRefused(f"{client_id} has no webhook {webhook_id}.")

    def rotate(self, client_id: str, webhook_id: str, overlap_seconds: float) -> IssuedWebhook:
        """A new secret. For the overlap the one before signs as well, so that the receiver can change over."""
        webhook = self.find(client_id, webhook_id)
        secret = self.new_secret()
        kept = self.vault.secrets(client_id, webhook_id)
        self.vault.store(client_id, webhook_id, rotated(kept, secret, self.clock(), overlap_seconds))
        detail = f"{webhook_id}, the one before signs for {overlap_seconds:.0f} s more"
        self.registry.note(client_id, self._entry("WebhookSecretRotated", detail))
        return IssuedWebhook(webhook, secret)

    def enable(self, client_id: str, webhook_id: str) -> Webhook:
        """Send messages to a disabled webhook again; those that have failed meanwhile want a replay."""
        webhook = self.find(client_id, webhook_id)
        enabled = replace(webhook, state="active", reason=None, since=to_iso(self.clock()), failures=0, rest_until=None)
        if webhook.state == "disabled":
            self.registry.put(enabled, self._entry("WebhookEnabled", webhook_id))
        return enabled

    def remove(self, client_id: str, webhook_id: str) -> Webhook:
        """Send nothing there any more, and forget its secret; what is under way is given up."""
        webhook = self.find(client_id, webhook_id)
        self.registry.remove(webhook, self._entry("WebhookRemoved", f"{webhook_id} to {webhook.url}"))
        self.vault.drop(client_id, webhook_id)
        return webhook

    def records(self, client_id: str, webhook_id: str | None, state: DeliveryState | None) -> Iterator[Delivery]:
        """The messages on record, the newest first per webhook."""
        webhooks = self.of(client_id) if webhook_id is None else [self.find(client_id, webhook_id)]
        found = itertools.chain.from_iterable(self.deliveries.of(client_id, each.webhook_id) for each in webhooks)
        return (delivery for delivery in found if state is None or delivery.state == state)

    def replay(self, client_id: str, message_ids: Sequence[str]) -> Iterator[Delivery]:
        """Send these messages once more, each under its old id; yields each that is on its way."""
        refs = {message_id: self._ref(client_id, message_id) for message_id in dict.fromkeys(message_ids)}
        unknown = [message_id for message_id, ref in refs.items() if ref is None]
        if unknown:
            raise OperationRefused(f"{client_id} has no message {' and no message '.join(unknown)} on record.")
        return (self._replay_one(ref) for ref in refs.values() if ref is not None)

    def replay_failed(self, client_id: str, webhook_id: str | None) -> Iterator[Delivery]:
        """Send every failed message once more, the oldest first."""
        webhooks = self.of(client_id) if webhook_id is None else [self.find(client_id, webhook_id)]
        failed = sorted(self.records(client_id, webhook_id, "FAILED"), key=lambda delivery: delivery.ref.message_id)

        def replayed() -> Iterator[Delivery]:
            for delivery in failed:
                yield self._replay_one(delivery.ref)
            for webhook in webhooks:
                if webhook.failed_at is not None:
                    self.registry.note_replayed(webhook)

        return replayed()

    def _ref(self, client_id: str, message_id: str) -> DeliveryRef | None:
        for webhook in self.of(client_id):
            ref = DeliveryRef(client_id, webhook.webhook_id, message_id)
            if self.deliveries.read(ref) is not None:
                return ref
        return None

    def _replay_one(self, ref: DeliveryRef) -> Delivery:
        def attempt() -> Delivery:
            record = self.deliveries.read(ref)
            if record is None:
                raise OperationRefused(f"The message {ref.message_id} is not on record any more.")
            return self.deliveries.save(replay(record.delivery, self.clock(), self.sweep_grace_seconds))

        try:
            saved = despite_races(attempt)
        except LostRace:
            words = f"The message {ref.message_id} changes at this very moment; look at it and try again."
            raise OperationRefused(words) from None
        self.queue.send(ref)
        return saved

    def _require_partner(self, client_id: str) -> None:
        if self.partners.find(client_id) is None:
            raise OperationRefused(f"There is no partner {client_id}.")

    def _entry(self, event: str, detail: str) -> TimelineEntry:
        return TimelineEntry(to_iso(self.clock()), event, None, detail)
