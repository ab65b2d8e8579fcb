"""Carry on what was stored: an order to its forwards and the bus, a forward's change to order, partner and bus.

Only when all of it is done is nothing due any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orderbridge.forwarding.events import forward_changed, forward_queued, order_created
from orderbridge.forwarding.forward.states import Forward, Transition, new_forward
from orderbridge.forwarding.order_status import progress
from orderbridge.forwarding.ports import OrderStore
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import despite_races
from orderbridge.values.events import EventBus
from orderbridge.values.ids import OrderKey
from orderbridge.values.times import Clock, after, to_iso
from orderbridge.webhooks.delivery import new_delivery
from orderbridge.webhooks.ports import DeliveryQueue, WebhookDirectory

UNROUTED_RECHECK_SECONDS = 120
"""Longer than a partner's routes may be remembered at intake."""


def first_forwards(order: Order, now: datetime, sweep_grace_seconds: float) -> Sequence[Transition]:
    """The forwards an order starts with: one per frozen channel."""
    return tuple(new_forward(order.key, order.code, channel, now, sweep_grace_seconds) for channel in order.channels)


@dataclass(frozen=True, slots=True)
class PublishOrder:
    """Creates an order's forwards and announces them; idempotent, and raises on any failure so that it is repeated.

    An order that no channel takes waits for a route from then on.
    """

    orders: OrderStore
    bus: EventBus
    clock: Clock
    sweep_grace_seconds: float

    def __call__(self, order: Order) -> None:
        transitions = first_forwards(order, self.clock(), self.sweep_grace_seconds)
        for transition in transitions:
            self.orders.create_forward(transition)
        self.bus.publish([order_created(order), *(forward_queued(each.forward) for each in transitions)])
        if order.channels:
            self.orders.mark_published(order)
        else:
            now = self.clock()
            self.orders.await_route(order, to_iso(now), after(now, UNROUTED_RECHECK_SECONDS))


REQUEST_KEPT = timedelta(days=30)
"""How long after the end a frozen request can still be looked up."""


@dataclass(frozen=True, slots=True)
class PublishForwardChange:
    """Announces the state that a forward has reached, and projects the order to it; `of_order` where it has none.

    What the order's partner is to hear of is written together with the order's own change, so each change goes once
    to every webhook, however often this is repeated. Only when all of it is done is the change no longer due for it.
    """

    orders: OrderStore
    bus: EventBus
    webhooks: WebhookDirectory
    queue: DeliveryQueue
    clock: Clock
    sweep_grace_seconds: float

    def __call__(self, forward: Forward) -> None:
        despite_races(lambda: self._project(forward.key))
        event = forward_changed(forward)
        if event is not None:
            self.bus.publish([event])
        if forward.is_final and not forward.platform_status_raw:
            # It is an order's largest item and holds an address, and nothing is sent again from a final state. What a
            # platform says of the order afterwards comes often and changes nothing in that.
            self.orders.let_request_expire(forward, self.clock() + REQUEST_KEPT)
        self.orders.relayed(forward)

    def of_order(self, order: Order) -> None:
        """Tells of an order that was cancelled while no channel took it."""
        despite_races(lambda: self._project(order.key))
        self.orders.mark_published(order)

    def _project(self, key: OrderKey) -> None:
        order = self.orders.read_order(key)
        if order is None:
            return
        now = self.clock()
        changed = progress(order, self.orders.list_forwards(order), to_iso(now))
        if changed is None:
            return
        deliveries = [
            new_delivery(webhook, changed.event, order.code, changed.body, now, self.sweep_grace_seconds)
            for webhook in self.webhooks.active(order.client_id)
            if changed.event in webhook.events
        ]
        if changed.order.status == order.status and not deliveries:
            # Nobody is told, and lists show the same: whoever is told next hears of this, too.
            return
        self.orders.save_progress(changed.order, deliveries)
        for delivery in deliveries:
            # What does not arrive in the queue is found by its due time.
            self.queue.send(delivery.ref)
