"""What forwarding needs of the world, as Protocols; `platforms`, the tables and the tests' fakes implement them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from orderbridge.values.times import from_iso

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel, CommonSettings
    from orderbridge.channels.lookups import Finding, FoundMappings
    from orderbridge.channels.mapping import MappingKey, Mappings
    from orderbridge.channels.outcomes import Outcome
    from orderbridge.forwarding.answers import KeptAnswer
    from orderbridge.forwarding.events import ForwardMessage
    from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition
    from orderbridge.orders.order import Order
    from orderbridge.values.ids import ChannelRef, ForwardKey, OrderKey
    from orderbridge.values.sweeps import Part
    from orderbridge.webhooks.delivery import Delivery, DeliveryRef


@dataclass(frozen=True, slots=True)
class FrozenRequest:
    """A create call as it will be sent, every time, byte for byte. Tokens and MACs are added on the wire."""

    method: str
    path: str
    body: bytes

    @property
    def body_hash(self) -> str:
        """What names these bytes: the forward's, and the item's that holds them."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Sought:
    """An order that is looked for at a platform.

    `request` is the create call as it was sent, by which an order of somebody else's under our mark is recognized.
    No create call of it left before `attempted_at`, or before it was accepted, where that is None.
    """

    order: Order
    request: FrozenRequest | None = None
    attempted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ForwardRecord:
    """What a forwarder needs to know of one forward.

    The request is there where an attempt has begun and another may follow: of no forward that is final.
    """

    order: Order
    forward: Forward
    request: FrozenRequest | None

    def sought(self) -> Sought:
        return Sought(self.order, self.request, from_iso(self.forward.created_at))


class OrderStore(Protocol):
    """Orders and their forwards."""

    def read_order(self, key: OrderKey) -> Order | None: ...

    def read_forward(self, key: ForwardKey) -> ForwardRecord | None: ...

    def list_forwards(self, order: Order) -> Sequence[Forward]:
        """The forwards to the order's channels, as far as they are there."""
        ...

    def create_forward(self, transition: Transition) -> bool:
        """Create the forward; False where it exists already, which changes nothing."""
        ...

    def freeze(self, forward: Forward, request: FrozenRequest) -> None:
        """Keep a request, under the hash of its bytes, before the forward names it; one that is kept stays."""
        ...

    def save(self, transition: Transition) -> Forward:
        """Write the forward with its timeline entry.

        A change that is news is due from then on, until it is `relayed`.

        Raises `LostRace` where the forward is no longer at the revision that was read.
        """
        ...

    def keep_answer(self, forward: Forward, answer: KeptAnswer) -> None:
        """Keep what an attempt of this forward brought, for a while."""
        ...

    def save_progress(self, order: Order) -> None:
        """Write an order's status, what was announced of it and how often, and the messages that tell of it.

        One write; raises `LostRace` where the order has not as many changes as before this one. The status is for
        lists; whoever needs it exactly derives it from the forwards.
        """
        ...

    def has_delivery(self, ref: DeliveryRef) -> bool:
        """Whether a message that was written with its order's change has got its own item, too."""
        ...

    def create_delivery(self, delivery: Delivery) -> bool:
        """Give a message its own item, by which it is due; False where it has one already, which changes nothing."""
        ...

    def mark_published(self, order: Order) -> None:
        """Nothing is due for this order any more: its forwards look after themselves, or its news are told."""
        ...

    def await_route(self, order: Order, at: str, due_at: str) -> None:
        """An order without channels is among the `unrouted` from now on, with a line on its timeline, and is due then.

        Changes nothing where it is there already, has got channels or was cancelled.
        """
        ...

    def relayed(self, forward: Forward) -> None:
        """The news of this forward are relayed, unless it has changed since it was read; then they stay due."""
        ...

    def let_request_expire(self, forward: Forward, at: datetime) -> None:
        """The forward's frozen request, where there is one, is deleted some time after `at`."""
        ...


class CancelStore(OrderStore, Protocol):
    """Orders whose partner may take them back."""

    def request_cancel(self, order: Order, at: str, reason: str | None, due_at: str) -> None:
        """Record on the order and its timeline that its partner wants it cancelled; the first time counts.

        So does the first reason, which may come with a later wish. An order without channels is cancelled with that:
        it is news, and due at `due_at`. Raises `LostRace` where the order's channels or the wish are not as read.
        """
        ...


class DueIndex(Protocol):
    """What is past its due time; eventually consistent, so every claim is checked on the item itself."""

    def due(self, now: str, limit: int, part: Part) -> Iterable[OrderKey | ForwardKey]:
        """Up to `limit` orders and forwards of this part whose time has come by `now`."""
        ...

    def claim_order(self, order: Order, due_at: str) -> None:
        """Move an order's due time; raises `LostRace` where it is no longer as read."""
        ...

    def claim_forward(self, forward: Forward, due_at: str) -> None:
        """Move the time by which a forward is swept, and no more: whoever works on it notices nothing.

        Raises `LostRace` where it is no longer as read.
        """
        ...


class WaitingForwards(Protocol):
    """The forwards that wait for somebody or something, found by an index that is a moment late."""

    def waiting(self, channel: ChannelRef | Channel, state: ForwardState) -> Iterable[Forward]:
        """The forwards in one of the `LISTED_STATES`, the longest there first, as they are now."""
        ...


class ParkedOrders(OrderStore, WaitingForwards, Protocol):
    """Orders and forwards that wait, and may go on."""

    def unrouted(self) -> Iterable[Order]:
        """The orders that wait for a route, the longest there first, as they are now."""
        ...

    def route(self, order: Order, at: str, forwards: Sequence[Transition]) -> None:
        """Give an order that waits for a route its channels and their forwards, all or nothing.

        `order` holds the channels it is to have. Raises `LostRace` where it has got some, or was cancelled.
        """
        ...


class ForwardQueues(Protocol):
    """The queue of each platform."""

    def send(self, message: ForwardMessage, delay_seconds: float = 0) -> None: ...

    def send_together(self, messages: Sequence[ForwardMessage]) -> Sequence[Exception | None]:
        """Send them in few calls: for each in turn why it is not in its queue, or None where it is."""
        ...


class Platform(Protocol):
    """A commerce platform: a pure mapper and a thin adapter."""

    name: str
    can_look: bool
    """Whether `look_for` can find an order at this platform."""
    can_cancel: bool
    """Whether this platform has a call that cancels an order."""

    def require_usable(self, channel: Channel, credentials: Mapping[str, Any]) -> None:
        """Raises `ChannelUnusable` where the settings or the credentials are not what this platform needs."""
        ...

    def settings(self, channel: Channel) -> CommonSettings: ...

    def take_turn(self, channel: Channel) -> float:
        """Wait a little for this worker's turn at the channel: 0, or in how many seconds it is, if that is longer."""
        ...

    def mapping_keys(self, order: Order, channel: Channel) -> Collection[MappingKey]:
        """Every key whose value `to_request` may ask for."""
        ...

    def to_request(self, order: Order, channel: Channel, mappings: Mappings) -> FrozenRequest:
        """The create call for this order; raises `MissingMappings` with everything that is missing."""
        ...

    def create_order(self, request: FrozenRequest, channel: Channel, credentials: Mapping[str, Any]) -> Outcome:
        """Send the request once and say what became of it; never raises for what a platform or network does."""
        ...

    def look_for(self, sought: Sought, channel: Channel, credentials: Mapping[str, Any]) -> Finding:
        """Search the platform for an order whose create call had no answer; never raises for what a platform does."""
        ...

    def cancel_order(
        self, order: Order, external_id: str | None, channel: Channel, credentials: Mapping[str, Any]
    ) -> Outcome:
        """Ask the platform to cancel an order that it holds; asking twice does no harm."""
        ...

    def find_mappings(
        self, wanted: Collection[MappingKey], known: Mappings, channel: Channel, credentials: Mapping[str, Any]
    ) -> FoundMappings:
        """What the platform itself tells of mappings that are missing, by exactly our codes; `known` are the others.

        Never raises for what a platform does.
        """
        ...

    def probe(self, channel: Channel, credentials: Mapping[str, Any]) -> str | None:
        """Log in and read one page of stock: None where the platform answers as it should, else what is wrong."""
        ...
