"""What webhooks need from the world, as Protocols (the rest stands in `ports`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orderbridge.domain.deliveries import Answer, Delivery, DeliveryRef
    from orderbridge.domain.forwards import Forward, TimelineEntry
    from orderbridge.domain.orders import OrderKey
    from orderbridge.domain.webhook_signing import WebhookSecret
    from orderbridge.domain.webhooks import Webhook


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What the sender needs to know of one message, read in one call. The webhook is None where it was removed."""

    delivery: Delivery
    webhook: Webhook | None
    partner_is_active: bool


@dataclass(frozen=True, slots=True)
class UntoldChange:
    """A forward whose change its order's partner may not have been told of, and when it is looked after next."""

    key: OrderKey
    channel: str
    due_at: str


class UntoldChanges(Protocol):
    """The changes of forwards that nobody has told of yet.

    `OrderStore.save` puts every change to a final state, or within one, among them, together with the change itself.
    """

    def due(self, now: str, limit: int) -> Iterable[UntoldChange]:
        """Those whose time has come by `now`; eventually consistent, so each is claimed before it is told."""
        ...

    def claim(self, change: UntoldChange, due_at: str) -> None:
        """Move a change's time; raises `LostRace` where it is no longer as found."""
        ...

    def told(self, forward: Forward) -> None:
        """Nobody need look after the changes of this forward, up to the revision that is given."""
        ...


class WebhookDirectory(Protocol):
    """The webhooks, as the publisher sees them; may be seconds old."""

    def active(self, client_id: str) -> Sequence[Webhook]: ...


class DeliveryQueue(Protocol):
    """The queue of the webhook sender."""

    def send(self, ref: DeliveryRef, delay_seconds: float = 0) -> None: ...


class DeliveryStore(Protocol):
    """The messages on their way, and what their receivers are like."""

    def read(self, ref: DeliveryRef) -> DeliveryRecord | None: ...

    def save(self, delivery: Delivery) -> Delivery:
        """Write the message; raises `LostRace` where it is no longer at the revision that was read."""
        ...

    def note_failures(self, webhook: Webhook, failures: int, rest_until: str | None) -> None:
        """Keep how often in a row a webhook has failed; nothing happens where it was removed."""
        ...

    def disable(self, webhook: Webhook, reason: str, at: str) -> bool:
        """Send nothing there any more; False where it was disabled already."""
        ...


class DueDeliveries(Protocol):
    """The messages past their due time; eventually consistent, so every claim is checked on the message itself."""

    def due(self, now: str, limit: int) -> Iterable[DeliveryRef]: ...


class WebhookSecrets(Protocol):
    def secrets(self, client_id: str, webhook_id: str) -> Sequence[WebhookSecret]:
        """The secrets of a webhook, the newest first; none where it was removed."""
        ...


class WebhookPost(Protocol):
    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send once and say what came of it; never raises for what a receiver or network does."""
        ...


# --- The operator's side ----------------------------------------------------------------------------------------------


class WebhookRegistry(Protocol):
    """The webhooks as an operator changes them; every read is strongly consistent, every change on the timeline."""

    def of(self, client_id: str) -> Sequence[Webhook]: ...

    def put(self, webhook: Webhook, entry: TimelineEntry) -> None: ...

    def remove(self, webhook: Webhook, entry: TimelineEntry) -> None: ...

    def note(self, client_id: str, entry: TimelineEntry) -> None:
        """Put a line on the partner's timeline for what is kept elsewhere."""
        ...


class WebhookVault(WebhookSecrets, Protocol):
    def store(self, client_id: str, webhook_id: str, secrets: Sequence[WebhookSecret]) -> None: ...

    def drop(self, client_id: str, webhook_id: str) -> None: ...


class DeliveryRecords(DeliveryStore, Protocol):
    """The messages as an operator finds them."""

    def of(self, client_id: str, webhook_id: str) -> Iterable[Delivery]:
        """The messages of a webhook that are on record, the newest first."""
        ...
