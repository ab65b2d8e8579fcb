"""How far an order has come, as its partner's systems are told of it: one message for each change (webhooks).

A change is another status of the order, or something new about a shipment: a waybill number, a problem on the way.
Messages hold ids and statuses and no personal data. They are numbered, because they may arrive in another order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from orderbridge.domain.forwards import UNROUTED, Forward
from orderbridge.domain.orders import Order
from orderbridge.domain.statuses import channel_status, order_status

STATUS_CHANGED = "order.status_changed"
SHIPMENT_CHANGED = "order.shipment_changed"


@dataclass(frozen=True, slots=True)
class Progress:
    """An order as it stands after a change, and the message that tells of it."""

    order: Order
    event: str
    body: str


def progress(order: Order, forwards: Sequence[Forward], at: str) -> Progress | None:
    """What has changed since the order's partner was last told, by the order's forwards; None where nothing has."""
    status = order_status(channel_status(forward) for forward in forwards)
    shipments = _shipments(forwards)
    if status == order.status and shipments == order.shipments:
        return None
    changed = replace(order, status=status, shipments=shipments, changes=order.changes + 1)
    event = STATUS_CHANGED if status != order.status else SHIPMENT_CHANGED
    return Progress(changed, event, _body(order, changed, forwards, event, at))


def _shipments(forwards: Sequence[Forward]) -> str:
    """What is known of the order's shipments, as one text; empty where nothing is."""
    told = [
        [forward.channel.name, forward.awb_number, forward.shipment_problem]
        for forward in sorted(forwards, key=lambda forward: forward.channel.name)
        if forward.awb_number is not None or forward.shipment_problem is not None
    ]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) if told else ""


def _body(before: Order, order: Order, forwards: Sequence[Forward], event: str, at: str) -> str:
    document = {
        "type": event,
        "timestamp": at,
        "data": {
            "code": order.code,
            "purchase_order_no": order.content.purchase_order_no,
            "sequence": order.changes,
            "status": order.status,
            "previous_status": before.status,
            "channels": [
                {
                    "channel": forward.channel.name,
                    "status": channel_status(forward),
                    "external_id": forward.external_id,
                    "awb_number": forward.awb_number,
                    "shipment_problem": forward.shipment_problem,
                }
                for forward in sorted(forwards, key=lambda forward: forward.channel.name)
                if forward.channel != UNROUTED
            ],
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
