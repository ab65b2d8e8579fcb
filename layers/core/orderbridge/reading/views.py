"""An order with everything that belongs to it, as a partner or an operator is shown it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orderbridge.forwarding.forward.states import UNROUTED, Forward
from orderbridge.forwarding.order_status import channel_status, order_status
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


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with everything that belongs to it, as it stands now."""

    order: Order
    forwards: Sequence[Forward]
    timeline: Sequence[TimelineEntry]

    def status(self) -> OrderStatus:
        return order_status(self.forwards)

    def body(self) -> dict[str, Any]:
        """The answer of GET /sales-orders/{code}."""
        content = self.order.content
        return {
            "message": "Sales order found",
            "data": {
                "code": self.order.code,
                "status": self.status(),
                "created_at": self.order.created_at,
                "purchase_order_no": content.purchase_order_no,
                "customer_code": content.customer_code,
                "site_code": content.site_code,
                "sales_name": content.sales_name,
                "address": content.address,
                "products": [{"product_code": p.product_code, "quantity": p.quantity} for p in content.products],
                "channels": [_at_channel(forward) for forward in self.forwards if forward.channel != UNROUTED],
                "timeline": [
                    {"at": self.order.created_at, "event": "OrderAccepted"},
                    *(
                        {"at": entry.at, "event": PARTNER_EVENTS[entry.event]}
                        for entry in self.timeline
                        if entry.event in PARTNER_EVENTS
                    ),
                ],
            },
        }


def _at_channel(forward: Forward) -> dict[str, Any]:
    return {
        "channel": forward.channel.name,
        "status": channel_status(forward),
        "external_id": forward.external_id,
        "awb_number": forward.awb_number,
        **{name: said for name, said in _platform_says(forward).items() if said is not None},
    }


def _platform_says(forward: Forward) -> dict[str, str | None]:
    return {"shipment_problem": forward.shipment_problem, "payment_status": forward.payment_status}
