"""An order with everything that belongs to it, as a partner or an operator is shown it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.order_status import order_status
from orderbridge.orders.order import Order, OrderStatus
from orderbridge.values.timeline import TimelineEntry

# What a partner sees of an order's timeline, and under which name; the rest is ours.
PARTNER_EVENTS = {
    "ForwardSent": "OrderForwarded",
    "ForwardRejected": "OrderRejected",
    "ForwardCancelled": "OrderCancelled",
    "CancelRejected": "CancelNotPossible",
    "CancelUnconfirmed": "CancelNotConfirmed",
    "StatusChanged": "StatusChanged",
    "ShipmentChanged": "ShipmentChanged",
}
ACCEPTED = "OrderAccepted"
EVENTS = (ACCEPTED, *dict.fromkeys(PARTNER_EVENTS.values()))
"""Every event that a partner sees of an order."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with everything that belongs to it, as it is now."""

    order: Order
    forwards: Sequence[Forward]
    timeline: Sequence[TimelineEntry]

    def status(self) -> OrderStatus:
        return order_status(self.order, self.forwards)

    def told_to_partner(self) -> list[tuple[str, str]]:
        """When what happened, oldest first, in the names that a partner knows."""
        said = [(entry.at, PARTNER_EVENTS[entry.event]) for entry in self.timeline if entry.event in PARTNER_EVENTS]
        return [(self.order.created_at, ACCEPTED), *said]
