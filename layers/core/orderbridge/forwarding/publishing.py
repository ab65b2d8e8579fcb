"""Carry on what was stored: an order to its forwards and the bus, a forward's change to order, partner and bus.

Only when all of it is done is nothing due any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orderbridge.forwarding.events import ForwardMessage, forward_changed, forward_queued, order_created
from orderbridge.forwarding.forward.states import Forward, Transition, new_forward
from orderbridge.forwarding.order_status import progress
from orderbridge.forwarding.ports import OrderStore
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import despite_races
from orderbridge.values.events import EventBus
from orderbridge.values.ids import OrderKey
from orderbridge.values.times import Clock, after, from_iso, to_iso
from orderbridge.webhooks.delivery import KEPT_SECONDS, from_text, new_delivery, to_text
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
        self.created(order)
        self.announce(order)

    def created(self, order: Order) -> Sequence[Forward]:
        """Those of the order's first forwards that were not there; from now on all of them are."""
        transitions = first_forwards(order, self.clock(), self.sweep_grace_seconds)
        return [each.forward for each in transitions if self.orders.create_forward(each)]

    def announce(self, order: Order) -> None:
        """Announce the order and its forwards; from now on nothing is due for the order itself but its route."""
        queued = [forward_queued(ForwardMessage(order.key, order.code, channel)) for channel in order.channels]
        self.bus.publish([order_created(order), *queued])
        if order.channels:
            self.orders.mark_published(order)
        else:
            now = self.clock()
            self.orders.await_route(order, to_iso(now), after(now, UNROUTED_RECHECK_SECONDS))


REQUEST_KEPT = timedelta(days=30)
"""How long after the end a frozen request can still be looked up."""
LEFT_BEHIND = timedelta(seconds=KEPT_SECONDS * 0.8)
"""An older message that has no item has had one, which is forgotten: it is not brought again."""


@dataclass(frozen=True, slots=True)
class PublishForwardChange:
    """Announces the states that forwards of one order have reached, and projects the order to them, once for all.

    `of_order` does so for an order that has none.

    What the order's partner is to hear of is written in one with the order's own change, so each change goes once
    to every webhook, however often this is repeated. Each message then gets an item of its own; where that breaks off,
    whoever comes to the order next makes up for it, and it is due for that. Only when all of it is done is the change
    no longer due.
    """

    orders: OrderStore
    bus: EventBus
    webhooks: WebhookDirectory
    queue: DeliveryQueue
    clock: Clock
    sweep_grace_seconds: float

    def __call__(self, *changes: Forward) -> None:
        """`changes` of one order, in their order; each has its event, also where a forward has several."""
        despite_races(lambda: self._project(changes[0].key))
        events = [event for forward in changes if (event := forward_changed(forward)) is not None]
        if events:
            self.bus.publish(events)
        # It is an order's largest item and holds an address, and nothing is sent again from a final state. What a
        # platform says of the order afterwards comes often and changes nothing in that.
        ended = {each.channel: each for each in changes if each.is_final and not each.platform_status_raw}
        for forward in ended.values():
            self.orders.let_request_expire(forward, self.clock() + REQUEST_KEPT)
        for forward in {each.channel: each for each in changes}.values():
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
        self._deliver(order, now, perhaps_there=True)
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
        told = replace(changed.order, messages=to_text(deliveries))
        self.orders.save_progress(told)
        self._deliver(told, now, perhaps_there=False)

    def _deliver(self, order: Order, now: datetime, *, perhaps_there: bool) -> None:
        """Bring the messages of the order's last change on their way."""
        for delivery in from_text(order.messages, order.client_id, order.code):
            is_old = now - from_iso(delivery.created_at) > LEFT_BEHIND
            if perhaps_there and (is_old or self.orders.has_delivery(delivery.ref)):
                continue
            if self.orders.create_delivery(delivery):
                # What does not arrive in the queue is found by its due time.
                self.queue.send(delivery.ref)
