"""What an operator's use cases need of the world, as Protocols; what functions need too is in the layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from orderbridge.channels.ports import ChannelDirectory, CredentialSource
from orderbridge.webhooks.ports import DeliveryStore, WebhookSecrets

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel
    from orderbridge.channels.mapping import MappingKey
    from orderbridge.values.ids import ChannelRef
    from orderbridge.values.timeline import TimelineEntry
    from orderbridge.webhooks.delivery import Delivery
    from orderbridge.webhooks.signing import WebhookSecret
    from orderbridge.webhooks.webhook import Webhook


class ChannelRegistry(ChannelDirectory, Protocol):
    """The channels as an operator changes them."""

    def find_named(self, name: str) -> Channel | None:
        """The channel of this name, on whichever platform it is."""
        ...

    def list_channels(self) -> Sequence[Channel]: ...

    def put(self, channel: Channel) -> bool:
        """Store or replace a channel's settings; False where its name is on another platform, which changes nothing."""
        ...

    def resume(self, channel: ChannelRef | Channel, at: str) -> bool:
        """Make a paused channel active; False where it was active already."""
        ...


class CredentialVault(CredentialSource, Protocol):
    def store(self, channel: Channel, credentials: Mapping[str, Any]) -> None:
        """Keep the credentials, for the host of the channel's base_url alone, where no other platform's role reads."""
        ...


class MappingTable(Protocol):
    """A channel's mappings as texts, exactly as they were imported."""

    def found(self, channel: str) -> Iterable[MappingKey]:
        """The keys of the rows that the platform itself told."""
        ...

    def rows(self, channel: str) -> Iterable[tuple[MappingKey, str]]: ...

    def write(self, channel: str, rows: Sequence[tuple[MappingKey, str]]) -> Iterable[int]:
        """Write the rows, up to 100 at a time all or nothing; yields how many are written after each step."""
        ...


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


class TokenKeyVault(Protocol):
    """The secret with the token keys (`partners.token_keys`)."""

    def read(self) -> Mapping[str, Any]: ...

    def write(self, document: Mapping[str, Any]) -> None: ...
