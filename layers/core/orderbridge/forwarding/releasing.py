"""Let go what waited: forwards whose mappings have come or whose channel takes orders again, orders of a route.

Whoever parks a forward looks once more after parking it, and is looked after again from time to time, so it does not
matter that the waiting index is a moment late. The forwards of a channel that has recovered go the longest waiting
first, in batches, at its rate: each batch ends with a message of the forward that is next, which begins the next batch.
Where that chain breaks, the sweeper takes it up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.ports import ChannelOverview
from orderbridge.channels.site_keys import helped, helps
from orderbridge.forwarding.events import message_of
from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.forwarding.forward.waiting import release
from orderbridge.forwarding.ports import ForwardQueues, ParkedOrders, WaitingForwards
from orderbridge.orders.order import Order
from orderbridge.partners.ports import PartnerDirectory
from orderbridge.values.conflicts import LostRace, despite_races
from orderbridge.values.ids import ChannelRef
from orderbridge.values.sweeps import WHOLE, Part
from orderbridge.values.times import Clock, to_iso

GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ReleaseForwards:
    """Makes waiting forwards QUEUED and tells their platforms' forwarders."""

    orders: ParkedOrders
    queues: ForwardQueues
    clock: Clock
    sweep_grace_seconds: float = GRACE_SECONDS

    def after_import(self, channel: ChannelRef | Channel, imported: Collection[MappingKey]) -> Iterator[Forward]:
        """Release exactly the forwards that wait for what one of these keys says, and yield each.

        One that needs more is parked again by its forwarder, with what is still missing.
        """
        keys = helped(imported)

        def listed(forward: Forward) -> bool:
            return any(helps(keys, need) for need in forward.missing)

        return self._release(channel, ForwardState.NEEDS_MAPPING, listed, "a mapping it waited for was imported")

    def after_resume(self, channel: ChannelRef | Channel) -> Iterator[Forward]:
        """Release every forward that is PAUSED with this channel, and yield each."""
        return self._release(channel, ForwardState.PAUSED, lambda _: True, "the channel was resumed")

    def after_recovery(self, seen: Forward, delay_seconds: float) -> Forward | None:
        """A PAUSED forward of a channel that has recovered, to be sent after so many seconds; None where it is not."""
        reason = "the channel takes orders again"
        return self._release_one(seen, ForwardState.PAUSED, lambda _: True, reason, delay_seconds)

    def _release(
        self, channel: ChannelRef | Channel, state: ForwardState, concerned: Callable[[Forward], bool], reason: str
    ) -> Iterator[Forward]:
        # Listed first: one that is parked again meanwhile would come round once more.
        for seen in list(self.orders.waiting(channel, state)):
            if concerned(seen):
                released = self._release_one(seen, state, concerned, reason)
                if released is not None:
                    yield released

    def _release_one(
        self,
        seen: Forward,
        state: ForwardState,
        concerned: Callable[[Forward], bool],
        reason: str,
        delay_seconds: float = 0,
    ) -> Forward | None:
        def attempt() -> Forward | None:
            record = self.orders.read_forward(seen.forward_key)
            if record is None or record.forward.state is not state or not concerned(record.forward):
                return None
            released = self.orders.save(release(record.forward, reason, self.clock(), self.sweep_grace_seconds))
            self.queues.send(message_of(released), delay_seconds=delay_seconds)
            return released

        try:
            return despite_races(attempt)
        except LostRace:
            # So many others at work on one forward: whoever wins looks at the mappings as they are now.
            return None


@dataclass(frozen=True, slots=True)
class RouteOrders:
    """Gives orders that no channel takes their channels, once, when a route for their site has come."""

    orders: ParkedOrders
    partners: PartnerDirectory
    queues: ForwardQueues
    clock: Clock
    sweep_grace_seconds: float = GRACE_SECONDS

    def __call__(self, client_id: str, imported: Collection[MappingKey]) -> Iterator[Forward]:
        """The forwards of every order of this partner that waited for one of these routes, as they are created."""
        for order in list(self.orders.unrouted()):
            if order.client_id == client_id and route_of(order) in imported:
                yield from self.route_one(order)

    def route_one(self, order: Order) -> Iterator[Forward]:
        """The forwards of one order that waits for a route, as they are created; none where there is no route yet."""
        # Read now and not before, so that of two imports at once the order follows what is stored.
        partner = self.partners.find(order.client_id)
        channels = () if partner is None else partner.channels_for(order.content.site_code)
        if not channels:
            return
        now, routed = self.clock(), replace(order, channels=channels)
        created = [new_forward(order.key, order.code, each, now, self.sweep_grace_seconds) for each in channels]
        try:
            self.orders.route(routed, to_iso(now), created)
        except LostRace:
            # Another import has routed it, or its partner has cancelled it.
            return
        for transition in created:
            self.queues.send(message_of(transition.forward))
            yield transition.forward


def route_of(order: Order) -> MappingKey:
    """The route that an order without channels waits for."""
    return MappingKey.of("route", order.content.site_code)


BATCH = 50
BATCH_SECONDS = 60
"""How long a batch may take at the channel's rate."""


@dataclass(frozen=True, slots=True)
class ReleaseInBatches:
    """Makes a channel's PAUSED forwards QUEUED, batch by batch."""

    waiting: WaitingForwards
    releasing: ReleaseForwards
    queues: ForwardQueues

    def __call__(self, channel: ChannelRef | Channel, per_second: Decimal | None) -> None:
        """Release the next batch, and come back for the one after it once this one has had its time."""
        size = BATCH if per_second is None else min(BATCH, max(int(per_second * BATCH_SECONDS), 1))
        between = 0.0 if per_second is None else float(1 / per_second)
        seen = list(islice(self.waiting.waiting(channel, ForwardState.PAUSED), size + 1))
        for number, forward in enumerate(seen[:size]):
            self.releasing.after_recovery(forward, delay_seconds=number * between)
        if len(seen) > size:
            self.queues.send(message_of(seen[size]), delay_seconds=size * between)

    def wake(self, channel: ChannelRef | Channel, delay_seconds: float = 0) -> Forward | None:
        """Send the message of the forward that has waited longest, so that a worker looks after the channel.

        Nothing comes of it where that forward has been let go by the time the message arrives.
        """
        longest = next(iter(self.waiting.waiting(channel, ForwardState.PAUSED)), None)
        if longest is not None:
            self.queues.send(message_of(longest), delay_seconds=delay_seconds)
        return longest


@dataclass(frozen=True, slots=True)
class ReleaseRecovered:
    """For every channel that may be asked now and that forwards wait for: has a worker look after it.

    The message takes as long as a batch may, so that a chain that goes on has passed that forward by then.
    """

    channels: ChannelOverview
    release_in_batches: ReleaseInBatches
    clock: Clock

    def __call__(self, part: Part = WHOLE) -> Counter[str]:
        """How many channels were looked after; whoever sweeps the first part does so for all."""
        now, woken = self.clock(), Counter[str]()
        if not part.is_first:
            return woken
        for channel in self.channels.list_channels():
            may_be_asked = channel.state == "active" and not channel.breaker.blocks_at(now)
            if may_be_asked and self.release_in_batches.wake(channel, BATCH_SECONDS) is not None:
                woken["woken"] += 1
        return woken
