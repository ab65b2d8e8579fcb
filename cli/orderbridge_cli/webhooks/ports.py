"""What an operator of webhooks needs of the world, as Protocols."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from orderbridge.webhooks.ports import DeliveryStore, WebhookSecrets

if TYPE_CHECKING:
    from orderbridge.values.timeline import TimelineEntry
    from orderbridge.webhooks.delivery import Delivery
    from orderbridge.webhooks.signing import WebhookSecret
    from orderbridge.webhooks.webhook import Webhook


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
