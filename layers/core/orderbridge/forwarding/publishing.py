"""Carry a stored order on: a forward per channel, then the events, and only then is nothing due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orderbridge.forwarding.events import forward_queued, order_created
from orderbridge.forwarding.forward.states import ForwardState, Transition, new_forward, new_unrouted_forward
from orderbridge.forwarding.ports import OrderStore
from orderbridge.orders.order import Order
from orderbridge.values.events import EventBus
from orderbridge.values.times import Clock


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
