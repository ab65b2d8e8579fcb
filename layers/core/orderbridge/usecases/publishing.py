"""Carry a stored order on: a forward per channel, then the events, and only then is nothing due (DESIGN section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orderbridge.domain.deliveries import new_delivery
from orderbridge.domain.events import forward_changed, forward_queued, order_created
from orderbridge.domain.forwards import Forward, ForwardState, Transition, new_forward, new_unrouted_forward
from orderbridge.domain.order_progress import progress
from orderbridge.domain.orders import Order, OrderKey
from orderbridge.domain.times import Clock, to_iso
from orderbridge.ports import EventBus, LostRace, OrderStore
from orderbridge.ports_webhooks import DeliveryQueue, WebhookDirectory

TRIES = 5


def first_forwards(order: Order, now: datetime, sweep_grace_seconds: float) -> Sequence[Transition]:
    """The forwards an order starts with: one per frozen channel, or the visible place of an order without one."""
    if not order.channels:
        return (new_unrouted_forward(order.key, order.code, order.content.site_code, now),)
    return tuple(new_forward(order.key, order.code, channel, now, sweep_grace_seconds) for channel in order.channels)


@dataclass(frozen=True, slots=True)
class PublishOrder:
    """Creates an order's forwards and announces them; idempotent, and raises on any failure so that it is repeated."""

    orders: OrderStore
    bus: EventBus
    clock: Clock
    sweep_grace_seconds: float

    def __call__(self, order: Order) -> None:
        transitions = first_forwards(order, self.clock(), self.sweep_grace_seconds)
        for transition in transitions:
            self.orders.create_forward(transition)
        queued = [forward_queued(t.forward) for t in transitions if t.forward.state is ForwardState.QUEUED]
        self.bus.publish([order_created(order), *queued])
        self.orders.mark_published(order)


@dataclass(frozen=True, slots=True)
class PublishForwardChange:
    """Announces the state that a forward has reached, and brings the order up to it.

    What the order's partner is to hear of is written together with the order's own change, so each change is told once
    to every webhook, however often this is repeated.
    """

    orders: OrderStore
    bus: EventBus
    webhooks: WebhookDirectory
    queue: DeliveryQueue
    clock: Clock
    sweep_grace_seconds: float

    def __call__(self, forward: Forward) -> None:
        self._bring_up(forward.key)
        event = forward_changed(forward)
        if event is not None:
            self.bus.publish([event])

    def _bring_up(self, key: OrderKey) -> None:
        for _ in range(TRIES):
            order = self.orders.read_order(key)
            if order is None:
                return
            now = self.clock()
            changed = progress(order, self.orders.list_forwards(key), to_iso(now))
            if changed is None:
                return
            deliveries = [
                new_delivery(webhook, changed.event, order.code, changed.body, now, self.sweep_grace_seconds)
                for webhook in self.webhooks.active(order.client_id)
                if changed.event in webhook.events
            ]
            try:
                self.orders.save_progress(changed.order, deliveries)
            except LostRace:
                continue
            for delivery in deliveries:
                # What does not arrive in the queue is found by its due time.
                self.queue.send(delivery.ref)
            return
        raise LostRace(key.reference)
