"""What the use cases need from the world, as Protocols. `aws`, `platforms` and the tests' fakes implement them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from orderbridge.domain.breakers import Breaker
    from orderbridge.domain.channels import Channel, CommonSettings
    from orderbridge.domain.deliveries import Delivery
    from orderbridge.domain.events import Event, ForwardMessage
    from orderbridge.domain.forwards import Forward, ForwardState, Transition
    from orderbridge.domain.limits import RateLimit, Taking
    from orderbridge.domain.lookups import Finding, FoundMappings
    from orderbridge.domain.mapping import MappingKey, Mappings
    from orderbridge.domain.orders import ChannelRef, Order, OrderKey, OrderSummary
    from orderbridge.domain.outcomes import Outcome
    from orderbridge.domain.partners import Partner
    from orderbridge.domain.stock import StockLevel
    from orderbridge.domain.tokens import SigningKeys
    from orderbridge.domain.views import OrderView


class LostRace(Exception):
    """Another writer changed the item first; the caller reads again or leaves it to the winner."""


class ChannelUnusable(Exception):
    """Nothing can be asked of a channel as it is set up; the message tells an operator what is wrong with it."""


@dataclass(frozen=True, slots=True)
class FrozenRequest:
    """A create call as it will be sent, every time, byte for byte. Tokens and MACs are added on the wire."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ForwardRecord:
    """What a forwarder needs to know of one forward, read in one call."""

    order: Order
    forward: Forward
    request: FrozenRequest | None


class PartnerDirectory(Protocol):
    """The partners, as the API sees them; may be seconds old."""

    def find(self, client_id: str) -> Partner | None: ...


class KeyRing(Protocol):
    """The token keys; a ring that was read once is there from then on."""

    def current(self) -> SigningKeys: ...

    def refreshed(self) -> SigningKeys:
        """The ring read anew, at most once a minute; fails where it cannot be read."""
        ...


class PepperSource(Protocol):
    """The pepper under which client secrets are hashed."""

    def pepper(self) -> bytes: ...


class CodeCounter(Protocol):
    """The numbers of a business day."""

    def reserve(self, day: date, count: int) -> int:
        """Reserve `count` consecutive numbers and return the last of them."""
        ...


class OrderIntakeStore(Protocol):
    """The one write of acceptance."""

    def put_if_absent(self, order: Order) -> Order | None:
        """Store the order and return None, or return the order that already stands under its reference."""
        ...


class OrderStore(Protocol):
    """Orders and their forwards."""

    def read_order(self, key: OrderKey) -> Order | None: ...

    def read_forward(self, message: ForwardMessage) -> ForwardRecord | None: ...

    def list_forwards(self, key: OrderKey) -> Sequence[Forward]: ...

    def create_forward(self, transition: Transition) -> bool:
        """Create the forward; False where it exists already, which changes nothing."""
        ...

    def save(self, transition: Transition, *, freeze: FrozenRequest | None = None) -> Forward:
        """Write the forward and its timeline entry, and the frozen request where it is new, all or nothing.

        A change that `must_be_told` is among the `UntoldChanges` from then on.

        Raises `LostRace` where the forward is no longer at the revision that was read.
        """
        ...

    def save_progress(self, order: Order, deliveries: Sequence[Delivery] = ()) -> None:
        """Write an order's status, what was told of it and how often, and the messages that tell of it.

        All or nothing; raises `LostRace` where the order has not as many changes as before this one. The status is for
        lists; whoever needs it exactly derives it from the forwards.
        """
        ...

    def mark_published(self, order: Order) -> None:
        """Nothing is due for this order any more: its forwards look after themselves."""
        ...

    def let_request_expire(self, forward: Forward, at: datetime) -> None:
        """The forward's frozen request, where there is one, is deleted some time after `at`."""
        ...


class OrderReads(Protocol):
    """Orders as their partners read them; what comes from an index may be a moment late."""

    def read_order(self, key: OrderKey) -> Order | None: ...

    def key_of_code(self, code: str) -> OrderKey | None: ...

    def view(self, key: OrderKey) -> OrderView | None: ...

    def of_day(self, client_id: str, day: date, after: str | None) -> Iterable[OrderSummary]:
        """A partner's orders of one business day, newest first, from behind the order with this created key."""
        ...


class CancelStore(OrderStore, Protocol):
    """Orders whose partner may take them back."""

    def request_cancel(self, key: OrderKey, at: str, reason: str | None = None) -> None:
        """Record on the order and its timeline that its partner wants it cancelled; the first time counts.

        So does the first reason, which may come with a later wish.
        """
        ...


class DueIndex(Protocol):
    """What is past its due time; eventually consistent, so every claim is checked on the item itself."""

    def due(self, now: str, limit: int) -> Iterable[DueItem]: ...

    def claim_order(self, order: Order, due_at: str) -> None:
        """Move an order's due time; raises `LostRace` where it is no longer as read."""
        ...

    def claim_forward(self, forward: Forward) -> Forward:
        """Move a forward's due time; raises `LostRace` where it is no longer as read."""
        ...


@dataclass(frozen=True, slots=True)
class DueItem:
    """A key found in the due index: an order, or one of its forwards (`channel` given)."""

    key: OrderKey
    channel: str | None


class EventBus(Protocol):
    def publish(self, events: Sequence[Event]) -> None:
        """Put every event on the bus; raises where any entry failed, after retrying the failed ones."""
        ...


class WaitingForwards(Protocol):
    """The forwards that wait for somebody or something, from an index that is a moment late."""

    def waiting(self, channel: str, state: ForwardState) -> Iterable[Forward]:
        """The forwards in one of the `LISTED_STATES`, the longest there first; each may be older than its item."""
        ...


class ForwardQueues(Protocol):
    """The queue of each platform."""

    def send(self, message: ForwardMessage, delay_seconds: float = 0) -> None: ...


class ChannelDirectory(Protocol):
    """The channels with their breakers, strongly consistent: a forward that parks looks here once more.

    Pauses and breakers are kept under the platform's name, so that a platform's functions change those of no other.
    """

    def find(self, channel: ChannelRef) -> Channel | None:
        """The channel of this name on this platform; None also where the name is a channel on another platform."""
        ...

    def pause(self, channel: ChannelRef | Channel, reason: str, at: str) -> bool:
        """Pause an active channel; False where it was paused already, so that only one caller raises the alarm."""
        ...

    def save_breaker(self, channel: Channel, breaker: Breaker) -> Channel:
        """Write the breaker and no more; raises `LostRace` where it is no longer as in `channel`."""
        ...


class MappingStore(Protocol):
    def read(self, channel: str, keys: Collection[MappingKey]) -> Mappings:
        """The values of those keys that are mapped, strongly consistent.

        For a key of `site_keys.any_site` True, where none of the others of its customer is mapped and some site's is.
        """
        ...

    def keep_found(self, channel: str, values: Mappings, found_at: str) -> None:
        """Keep what the platform told, marked as such; a row that somebody imported meanwhile stays as it is."""
        ...


class CredentialSource(Protocol):
    """What to log in with at each channel; may be seconds old."""

    def credentials(self, channel: Channel) -> Mapping[str, Any]:
        """Raises `ChannelUnusable` where there are none, none that can be read, or those of another host."""
        ...

    def refreshed(self, channel: Channel) -> Mapping[str, Any]:
        """As `credentials`, read anew."""
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

    def look_for(
        self, order: Order, channel: Channel, credentials: Mapping[str, Any], request: FrozenRequest | None = None
    ) -> Finding:
        """Search the platform for an order whose create call had no answer; never raises for what a platform does.

        `request` is the create call as it was sent, by which an order of somebody else's under our mark is told.
        """
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


class CallBuckets(Protocol):
    """The token bucket of each partner, one for all environments."""

    def take(self, client_id: str, tokens: int, limit: RateLimit, now: float) -> Taking:
        """Take this many tokens, or none where fewer are there; `now` is unix time."""
        ...


class FailureCounter(Protocol):
    """Failures by scope and window; what is over is forgotten."""

    def add(self, scope: str, window: int, seconds: int) -> int:
        """Count one failure in the window of `seconds` that began at `window` (unix time); how many there are now."""
        ...


class ChannelOverview(Protocol):
    """All channels with their breakers, as they were some seconds ago."""

    def list_channels(self) -> Sequence[Channel]: ...


class StockReads(Protocol):
    """What the channels map, and the stock levels that a sync has written."""

    def mapped_products(self, channel: str, after: str | None, limit: int) -> Sequence[str]:
        """Codes of products that a channel maps, in their order, from behind this one."""
        ...

    def is_mapped(self, channels: Collection[str], product_code: str) -> bool:
        """Whether one of these channels maps this product."""
        ...

    def levels(self, channels: Collection[str], product_codes: Collection[str]) -> Iterable[StockLevel]:
        """The levels of these products at these channels, as far as they are known."""
        ...

    def sites(self, channels: Collection[str], site_code: str) -> Mapping[str, Any]:
        """The values of this site's mappings, by channel."""
        ...
