"""Publisher, forwarder and sweeper of one platform on fakes: everything behind the API."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from orderbridge.channels.breaker import probed_now
from orderbridge.channels.channel import Channel
from orderbridge.channels.lookups import CannotLook, Finding
from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.cancelling import CancelOrder
from orderbridge.forwarding.channel_gate import ChannelGate
from orderbridge.forwarding.events import FORWARD_QUEUED, ForwardMessage
from orderbridge.forwarding.forward.cancelling import ChannelCancellation
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.forwarding.ports import ForwardRecord
from orderbridge.forwarding.publishing import PublishForwardChange, PublishOrder
from orderbridge.forwarding.recently_asked import RecentlyAsked
from orderbridge.forwarding.releasing import ReleaseForwards, ReleaseInBatches, ReleaseRecovered, RouteOrders
from orderbridge.forwarding.sending import ForwardOrder
from orderbridge.forwarding.sweeping import Sweep
from orderbridge.orders.order import Order
from orderbridge.values.sweeps import SweepAll
from orderbridge_cli.operating.forwards import MoveForward
from tests.fakes.directories import Channels, Credentials, Mappings, Partners
from tests.fakes.outward import Bus, FakePlatform, Queues
from tests.fakes.samples import NOW, SIRCLO, partner
from tests.fakes.steps import Clock, Steps
from tests.fakes.store import Store
from tests.fakes.webhooks import DeliveryQueue, Webhooks

GRACE_SECONDS = 60.0
FUNCTION_TIMEOUT_SECONDS = 60.0
SETTLE_SECONDS = 30
MOST_MESSAGES = 1000


class Pipeline:
    """The channel of `SIRCLO` on a platform that can be looked at (or not), with every mapping of the sample order."""

    def __init__(self, *, can_look: bool = True, can_cancel: bool = False) -> None:
        self.clock = Clock(NOW)
        self.sweep_every = 0.0
        self._swept_at = NOW - timedelta(days=1)
        self.steps = Steps()
        self.store = Store(self.steps)
        self.bus = Bus(self.steps)
        self.queues = Queues(self.clock, self.steps)
        self.channels = Channels(
            self.steps,
            Channel(SIRCLO.name, SIRCLO.platform, {"base_url": "https://sirclo.test", "settle_s": SETTLE_SECONDS}),
        )
        self._as_set_up = self.channels.by_name[SIRCLO.name]
        self.mappings = Mappings(self.steps)
        self.platform = FakePlatform(self.clock, self.steps, can_look=can_look, can_cancel=can_cancel)
        self.credentials = Credentials(self.steps)
        self.credentials.stored[SIRCLO.name] = {"api_key": "the first"}
        self.failures: list[Exception] = []
        attempt_ids = itertools.count(1)
        self.watch = ChannelGate(self.channels, self.platform, self.credentials, self.clock)
        self.release = ReleaseForwards(self.store, self.queues, self.clock, GRACE_SECONDS)
        release_in_batches = ReleaseInBatches(self.store, self.release, self.queues)
        self.forward_order = ForwardOrder(
            orders=self.store,
            channels=self.watch,
            mappings=self.mappings,
            platform=self.platform,
            queues=self.queues,
            release_in_batches=release_in_batches,
            asked=RecentlyAsked(self.clock),
            note_failure=lambda failure, _: self.failures.append(failure),
            clock=self.clock,
            new_attempt_id=lambda: f"attempt-{next(attempt_ids)}",
            jitter=lambda: 0.5,
            function_timeout_seconds=FUNCTION_TIMEOUT_SECONDS,
            sweep_grace_seconds=GRACE_SECONDS,
        )
        self.publish = PublishOrder(self.store, self.bus, self.clock, GRACE_SECONDS)
        self.publish_change = PublishForwardChange(
            orders=self.store,
            bus=self.bus,
            webhooks=Webhooks(self.store),
            queue=DeliveryQueue(self.clock, self.steps),
            clock=self.clock,
            sweep_grace_seconds=GRACE_SECONDS,
        )
        self.partners = Partners(partner(channels=()))
        self.route_orders = RouteOrders(self.store, self.partners, self.queues, self.clock, GRACE_SECONDS)
        self.sweep = Sweep(
            due_index=self.store,
            orders=self.store,
            queues=self.queues,
            publish=self.publish,
            relay=self.publish_change,
            route=self.route_orders.route_one,
            clock=self.clock,
        )
        self.release_recovered = ReleaseRecovered(self.channels, release_in_batches, self.clock)
        self.sweep_all = SweepAll((self.release_recovered, self.sweep))
        self.map("customer", "CUST-001", "customer 1")
        self.map("product", "PROD-001", "product 1")

    # --- what is there --------------------------------------------------------------------------------------------

    def accept(self, order: Order) -> Order:
        """The order as intake stores it, not yet published."""
        assert self.store.put_if_absent(order) is None
        return order

    def queue(self, order: Order) -> ForwardMessage:
        """The order as the publisher leaves it: with its forwards and their messages, nothing due on itself."""
        self.accept(order)
        self.publish(order)
        self.deliver_events()
        return self.message_of(order)

    def message_of(self, order: Order) -> ForwardMessage:
        return ForwardMessage(order.key, order.code, order.channels[0])

    def forward_of(self, order: Order) -> Forward:
        return self.store.forwards[order.key, order.channels[0].name]

    def state_of(self, order: Order) -> ForwardState:
        return self.forward_of(order).state

    def events_of(self, order: Order) -> list[str]:
        return [entry.event for entry in self.store.timeline.get(order.key, [])]

    def channel(self) -> Channel:
        return self.channels.by_name[SIRCLO.name]

    # --- what happens -------------------------------------------------------------------------------------------------

    def map(self, kind: Any, key: str, value: Any) -> MappingKey:
        need = MappingKey.of(kind, key)
        self.mappings.values[SIRCLO.name, need] = value
        return need

    def unmap(self, kind: Any, key: str) -> None:
        del self.mappings.values[SIRCLO.name, MappingKey.of(kind, key)]

    def import_mapping(self, kind: Any, key: str, value: Any) -> None:
        """What `mappings import` does: write, then let go what waited."""
        list(self.release.after_import(SIRCLO, [self.map(kind, key, value)]))

    def resume(self) -> None:
        """What `channels resume` does."""
        self.channels.resume(SIRCLO, "")
        list(self.release.after_resume(SIRCLO))

    def cancel(self, order: Order, cancelling: Collection[str]) -> Sequence[ChannelCancellation]:
        """What the partner's `POST .../cancel` does; `cancelling` are the platforms that can be asked to cancel."""
        cancel = CancelOrder(self.store, self.queues, cancelling.__contains__, self.clock, GRACE_SECONDS)
        return cancel(self.store.orders[order.key])

    def mover(self, operator: str = "an operator") -> MoveForward:
        """What `forwards retry` and `forwards resolve` do."""
        return MoveForward(
            desk=self.store,
            queues=self.queues,
            can_cancel=lambda name: name == self.platform.name and self.platform.can_cancel,
            can_look=lambda name: name == self.platform.name and self.platform.can_look,
            look=self._look,
            hasten=self._hasten,
            clock=self.clock,
            sweep_grace_seconds=GRACE_SECONDS,
            operator=operator,
        )

    def _look(self, record: ForwardRecord) -> Finding:
        if not self.platform.can_look:
            return CannotLook("it has no list")
        channel = self.channel()
        return self.platform.look_for(record.sought(), channel, self.credentials.credentials(channel))

    def _hasten(self, name: str) -> None:
        channel = self.channels.by_name.get(name)
        if channel is not None:
            self.channels.save_breaker(channel, probed_now(channel.breaker, self.clock()))

    def set_up(self) -> None:
        """What `channels add` does, with new credentials."""
        self.credentials.stored[SIRCLO.name] = {"api_key": f"of {self.clock()}"}
        breaker = self.channels.by_name.get(SIRCLO.name, self._as_set_up).breaker
        self.channels.by_name[SIRCLO.name] = replace(self._as_set_up, breaker=breaker)
        list(self.release.after_resume(SIRCLO))

    def take_away_credentials(self) -> None:
        """As if somebody deleted the secret, and every environment was new."""
        self.credentials.forget(SIRCLO.name)

    def deliver_events(self) -> None:
        """The bus: each ForwardQueued becomes a message."""
        for event in self.bus.of_type(FORWARD_QUEUED):
            self.queues.sent.append((self.clock(), ForwardMessage.from_detail(event.detail)))
        self.bus.events.clear()

    def run_queue(self) -> None:
        """Handle every visible message, once each, until none is visible."""
        for _ in range(MOST_MESSAGES):
            visible = self.queues.visible()
            if not visible:
                return
            self.forward_order(visible[0])
            self.queues.remove(visible[0])
        raise AssertionError("messages without end")

    def pass_time(self, seconds: float, step: float = 30) -> None:
        """Let time pass with queue and sweeper at work; the sweeper `sweep_every` seconds, or at each step."""
        for _ in range(int(seconds / step)):
            self.run_queue()
            if (self.clock() - self._swept_at).total_seconds() >= self.sweep_every:
                self._swept_at = self.clock()
                self.sweep_all()
            self.deliver_events()
            self.clock.move(step)
        self.run_queue()
