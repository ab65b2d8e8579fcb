"""What an operator's use cases need of the world, as Protocols; what functions need too is in the layer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from orderbridge.channels.ports import ChannelDirectory, CredentialSource
from orderbridge.forwarding.ports import ParkedOrders
from orderbridge.partners.ports import PartnerDirectory
from orderbridge.webhooks.ports import DeliveryStore, WebhookSecrets

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel
    from orderbridge.channels.mapping import MappingKey
    from orderbridge.forwarding.answers import KeptAnswer
    from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition
    from orderbridge.forwarding.ports import FrozenRequest
    from orderbridge.orders.order import Order
    from orderbridge.partners.partner import Partner, PartnerKey
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

    def found(self, channel: ChannelRef | Channel) -> Iterable[MappingKey]:
        """The keys of the rows that the platform itself reported."""
        ...

    def rows(self, channel: ChannelRef | Channel) -> Iterable[tuple[MappingKey, str]]: ...

    def write(self, channel: ChannelRef | Channel, rows: Sequence[tuple[MappingKey, str]]) -> Iterable[int]:
        """Write the rows, up to 100 at a time all or nothing; yields how many are written after each step."""
        ...


class WebhookRegistry(Protocol):
    """The webhooks as an operator changes them; every read is strongly consistent, every change on the timeline."""

    def of(self, client_id: str) -> Sequence[Webhook]: ...

    def put(self, webhook: Webhook, entry: TimelineEntry) -> None: ...

    def remove(self, webhook: Webhook, entry: TimelineEntry) -> None: ...

    def note_replayed(self, webhook: Webhook) -> None:
        """Keep that what was given up is sent again; nothing happens where more was given up since it was read."""
        ...

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


class OperatorOrders(ParkedOrders, Protocol):
    """Orders and forwards as an operator finds and moves them."""

    def waiting(
        self, channel: ChannelRef | Channel, state: ForwardState, *, newest_first: bool = False
    ) -> Iterable[Forward]:
        """The forwards in one of the `LISTED_STATES`, the longest there first; each may be older than its item."""
        ...

    def unrouted(self, *, newest_first: bool = False) -> Iterable[Order]: ...

    def on_their_way(self) -> Iterable[Forward]:
        """The forwards that have a due time."""
        ...

    def unpublished(self) -> Iterable[Order]:
        """The orders that nobody has published yet."""
        ...

    def forwards_of(self, orders: Collection[Order], channels: Collection[str]) -> Iterable[Forward]:
        """The forwards of these orders to those of their channels that have one of these names, in no order."""
        ...

    def answers_of(self, forward: Forward) -> Sequence[KeptAnswer]:
        """What is kept of the forward's attempts that did not end as SENT, oldest first."""
        ...

    def requests_of(self, forward: Forward) -> Sequence[FrozenRequest]:
        """The create calls that were frozen for a forward, in no order, as long as they are kept."""
        ...

    def save_unfrozen(self, transition: Transition) -> Forward:
        """As `save`, and the frozen request is dropped, so that the order is mapped again."""
        ...


class PartnerRegistry(PartnerDirectory, Protocol):
    """The partners as an operator changes them; every read is strongly consistent, every change is on the timeline."""

    def client_ids(self) -> Sequence[str]: ...

    def add(self, partner: Partner, entry: TimelineEntry) -> bool:
        """Store a new partner with its keys, all or nothing; False where one exists, which changes nothing."""
        ...

    def save_profile(self, read: Partner, changed: Partner, entry: TimelineEntry) -> None:
        """Write secret, credential version, state and profile; raises `LostRace` where they are no longer as read."""
        ...

    def add_key(self, client_id: str, key: PartnerKey, entry: TimelineEntry) -> bool:
        """Store a further key; False where this very key is there, active or revoked."""
        ...

    def revoke_key(self, client_id: str, kid: str, entry: TimelineEntry) -> None:
        """Revoke an active key; raises `LostRace` where it is not active any more."""
        ...

    def save_routes(self, client_id: str, routes: Mapping[str, tuple[ChannelRef, ...]], entry: TimelineEntry) -> None:
        """Write the routes of these sites, up to 90 at a time all or nothing."""
        ...

    def timeline(self, client_id: str) -> Sequence[TimelineEntry]: ...
