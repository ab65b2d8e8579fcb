"""An order's own status, as partners see it, from the states of its forwards (INTERFACES section 3)."""

from __future__ import annotations

from collections.abc import Iterable

from orderbridge.domain.forwards import Forward, ForwardState
from orderbridge.domain.orders import OrderStatus

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


def order_status(channel_statuses: Iterable[OrderStatus]) -> OrderStatus:
    """The least advanced status among the channels that are still alive; DRAFT where there is none yet."""
    statuses = list(channel_statuses)
    alive = [status for status in statuses if status not in ENDED]
    if alive:
        return min(alive, key=ADVANCING.index)
    if not statuses:
        return "DRAFT"
    return "REJECTED" if "REJECTED" in statuses else "CANCELLED"
