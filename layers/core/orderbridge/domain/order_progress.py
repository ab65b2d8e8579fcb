"""How far an order has come, as its partner's systems are told of it: one message for each change (webhooks).

A change is another status of the order or at one of its channels, or something new about a shipment: a waybill number,
a problem on the way. What differs from the last message is told, so several changes may be one message and the last one
is always told. Messages hold ids and statuses and no personal data. They are numbered, because they may arrive in
another order.
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

AtChannels = dict[str, list[str | None]]
"""By channel: status, waybill number, shipment problem."""


@dataclass(frozen=True, slots=True)
class Progress:
    """An order as it stands after a change, and the message that tells of it."""

    order: Order
    event: str
    body: str


def progress(order: Order, forwards: Sequence[Forward], at: str) -> Progress | None:
    """What has changed since the order's partner was last told, by the order's forwards; None where nothing has."""
    status, told = order_status(forwards), _at_channels(forwards)
    if status == order.status and told == _read(order.told):
        return None
    has_moved = status != order.status or _statuses(told) != _statuses(_read(order.told))
    event = STATUS_CHANGED if has_moved else SHIPMENT_CHANGED
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")) if told else ""
    changed = replace(order, status=status, told=text, changes=order.changes + 1)
    return Progress(changed, event, _body(order, changed, forwards, event, at))


def _at_channels(forwards: Sequence[Forward]) -> AtChannels:
    """How the order stands at each channel; nothing for a channel of which there is nothing to tell yet."""
    return {
        forward.channel.name: [channel_status(forward), forward.awb_number, forward.shipment_problem]
        for forward in sorted(forwards, key=lambda forward: forward.channel.name)
        if forward.channel != UNROUTED
        and (channel_status(forward), forward.awb_number, forward.shipment_problem) != ("DRAFT", None, None)
    }


def _read(told: str) -> AtChannels:
    return dict(json.loads(told)) if told else {}


def _statuses(told: AtChannels) -> dict[str, str | None]:
    return {channel: status for channel, (status, _, _) in told.items()}


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
