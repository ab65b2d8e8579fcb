"""What webhooks need of the world, as Protocols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orderbridge.http.answer import Answer
    from orderbridge.values.sweeps import Part
    from orderbridge.webhooks.delivery import Delivery, DeliveryRef
    from orderbridge.webhooks.signing import WebhookSecret
    from orderbridge.webhooks.webhook import Webhook


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What the sender needs to know of one message, read in one call. The webhook is None where it was removed."""

    delivery: Delivery
    webhook: Webhook | None
    partner_is_active: bool


class WebhookDirectory(Protocol):
    """The webhooks, as the publisher sees them; may be seconds old."""

    def active(self, client_id: str) -> Sequence[Webhook]: ...


class DeliveryQueue(Protocol):
    """The queue of one of the webhook sender's lanes."""

    def send(self, ref: DeliveryRef, delay_seconds: float = 0) -> None: ...

    def send_together(self, refs: Sequence[DeliveryRef]) -> Sequence[Exception | None]:
        """Send them in few calls: for each in turn why it is not in the queue, or None where it is."""
        ...


class DeliveryStore(Protocol):
    """The messages on their way, and what their receivers are like."""

    def read(self, ref: DeliveryRef) -> DeliveryRecord | None: ...

    def save(self, delivery: Delivery) -> Delivery:
        """Write the message; raises `LostRace` where it is no longer at the revision that was read."""
        ...

    def note_failures(self, webhook: Webhook, failures: int, rest_until: str | None) -> None:
        """Keep how often in a row a webhook has failed; nothing happens where it was removed."""
        ...

    def note_slow(self, webhook: Webhook, since: str | None) -> None:
        """Keep that a webhook has been slow, or None: that it is so no more; nothing happens where it was removed."""
        ...

    def note_given_up(self, webhook: Webhook, at: str) -> None:
        """Keep that a message to a webhook was given up; nothing happens where it was removed."""
        ...

    def disable(self, webhook: Webhook, reason: str, at: str) -> bool:
        """Send nothing there any more; False where it was disabled already."""
        ...


class DueDeliveries(Protocol):
    """The messages past their due time; eventually consistent, so every claim is checked on the message itself."""

    def due(self, now: str, limit: int, part: Part) -> Iterable[DeliveryRef]: ...


class WebhookSecrets(Protocol):
    def secrets(self, client_id: str, webhook_id: str) -> Sequence[WebhookSecret]:
        """The secrets of a webhook, the newest first; none where it was removed."""
        ...


class WebhookPost(Protocol):
    def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Send once and say what came of it in so many seconds; never raises for what a receiver or network does."""
        ...
