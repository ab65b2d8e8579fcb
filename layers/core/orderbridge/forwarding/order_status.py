"""An order's own status, as partners see it, from the states of its forwards (docs/interfaces.md#states)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.orders.codes import business_day
from orderbridge.orders.order import Order, OrderStatus

ADVANCING: tuple[OrderStatus, ...] = ("DRAFT", "SUBMITTED", "ACCEPTED", "IN_PROCESS", "SHIPPED", "COMPLETED")
ENDED: frozenset[OrderStatus] = frozenset({"CANCELLED", "REJECTED"})


def channel_status(forward: Forward) -> OrderStatus:
    """How far the order has come at one channel."""
    match forward.state:
        case ForwardState.SENT:
            return forward.platform_status or "SUBMITTED"
        case ForwardState.REJECTED:
            return "REJECTED"
        case ForwardState.CANCELLED:
            return "CANCELLED"
        case _:
            return "DRAFT"


def order_status(order: Order, forwards: Iterable[Forward]) -> OrderStatus:
    """The least advanced status among the channels that are still alive; DRAFT where there is none yet.

    An order that was cancelled before a channel took it is CANCELLED. A channel that has the order and can never report
    on it counts only where no other one is alive: it would keep the order at SUBMITTED for good.
    """
    statuses = [(channel_status(forward), _cannot_report(forward)) for forward in forwards]
    alive = [(status, is_silent) for status, is_silent in statuses if status not in ENDED]
    if alive:
        reporting = [status for status, is_silent in alive if not is_silent]
        return min(reporting or [status for status, _ in alive], key=ADVANCING.index)
    if not statuses:
        return "DRAFT" if order.channels or order.awaits_route else "CANCELLED"
    return "REJECTED" if any(status == "REJECTED" for status, _ in statuses) else "CANCELLED"


def _cannot_report(forward: Forward) -> bool:
    """Whether its platform has the order under an id that was never learnt: platforms tell their orders by those."""
    return forward.state is ForwardState.SENT and forward.external_id is None


STATUS_CHANGED = "order.status_changed"
SHIPMENT_CHANGED = "order.shipment_changed"

AtChannels = dict[str, list[str | None]]
"""By channel: status, waybill number, shipment problem."""


@dataclass(frozen=True, slots=True)
class Progress:
    """An order as it is after a change, and the message that tells of it."""

    order: Order
    event: str
    body: str


def progress(order: Order, forwards: Sequence[Forward], at: str) -> Progress | None:
    """What has changed since the last message to the order's partner, by its forwards; None where nothing has."""
    status, announced = order_status(order, forwards), _at_channels(forwards)
    if status == order.status and announced == _read(order.announced):
        return None
    has_moved = status != order.status or _statuses(announced) != _statuses(_read(order.announced))
    event = STATUS_CHANGED if has_moved else SHIPMENT_CHANGED
    text = json.dumps(announced, ensure_ascii=False, separators=(",", ":")) if announced else ""
    changed = replace(order, status=status, announced=text, changes=order.changes + 1)
    return Progress(changed, event, _body(order, changed, forwards, event, at))


def _at_channels(forwards: Sequence[Forward]) -> AtChannels:
    """How the order is at each channel; nothing for a channel of which there is nothing to tell yet."""
    return {
        forward.channel.name: [channel_status(forward), forward.awb_number, forward.shipment_problem]
        for forward in sorted(forwards, key=lambda forward: forward.channel.name)
        if (channel_status(forward), forward.awb_number, forward.shipment_problem) != ("DRAFT", None, None)
    }


def _read(announced: str) -> AtChannels:
    return dict(json.loads(announced)) if announced else {}


def _statuses(announced: AtChannels) -> dict[str, str | None]:
    return {channel: status for channel, (status, _, _) in announced.items()}


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
            ],
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


FINAL_STATUSES: frozenset[OrderStatus] = frozenset({"COMPLETED", "CANCELLED", "REJECTED"})
"""After these a platform is not asked in every round any more; after COMPLETED still once a day, for a while."""


def platform_status(forward: Forward) -> OrderStatus:
    """How far a SENT forward has come; SUBMITTED until its platform has said more."""
    return forward.platform_status or "SUBMITTED"


def is_open(forward: Forward) -> bool:
    """Whether the forward's platform can be asked about it, and it is not at its end.

    Platforms tell their orders by their own ids, so one whose id was never learnt cannot be asked about.
    """
    return _can_be_asked_about(forward) and platform_status(forward) not in FINAL_STATUSES


def is_completed(forward: Forward) -> bool:
    """Whether the forward's platform can be asked about it, and has called it COMPLETED."""
    return _can_be_asked_about(forward) and platform_status(forward) == "COMPLETED"


def _can_be_asked_about(forward: Forward) -> bool:
    return forward.state is ForwardState.SENT and forward.external_id is not None


def open_since(forward: Forward) -> str:
    """By what the open forwards of a channel are sorted: the order's business date, then its code."""
    return f"{business_day(forward.code).isoformat()}#{forward.code}"
