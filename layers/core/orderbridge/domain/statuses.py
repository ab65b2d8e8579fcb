"""An order's own status, as partners see it, from the states of its forwards (docs/interfaces.md#states)."""

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


def order_status(forwards: Iterable[Forward]) -> OrderStatus:
    """The least advanced status among the channels that are still alive; DRAFT where there is none yet.

    A channel that holds the order and can never report on it counts only where no other one is alive: it would keep the
    order at SUBMITTED for good.
    """
    statuses = [(channel_status(forward), _cannot_report(forward)) for forward in forwards]
    alive = [(status, is_silent) for status, is_silent in statuses if status not in ENDED]
    if alive:
        reporting = [status for status, is_silent in alive if not is_silent]
        return min(reporting or [status for status, _ in alive], key=ADVANCING.index)
    if not statuses:
        return "DRAFT"
    return "REJECTED" if any(status == "REJECTED" for status, _ in statuses) else "CANCELLED"


def _cannot_report(forward: Forward) -> bool:
    """Whether its platform has the order under an id that was never learnt: platforms tell their orders by those."""
    return forward.state is ForwardState.SENT and forward.external_id is None
