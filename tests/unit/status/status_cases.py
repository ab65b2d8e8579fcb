"""A forward that a platform holds, and what the platform says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.orders.order import OrderStatus
from orderbridge.platforms.names import platform_names
from orderbridge.platforms.status_reads import status_platform
from orderbridge.status.changes import STATUS_TRANSITIONS, StatusReading, take_in
from tests.fakes import samples

TABLES = {name: status_platform(name, lambda _: {}).table for name in platform_names()}
NGORDER, SALESMANIA, SIRCLO = (TABLES[name] for name in ("ngorder", "salesmania", "sirclo"))
"""Those whose ways tests follow."""

PLATFORM_STATUSES = tuple(STATUS_TRANSITIONS)
LATER = samples.NOW + timedelta(hours=1)


def sent(status: OrderStatus | None = None, **changes: Any) -> Forward:
    order = samples.order()
    queued = new_forward(order.key, order.code, samples.SIRCLO, samples.NOW, 60).forward
    values = {"state": ForwardState.SENT, "external_id": "1201", "due_at": None, "platform_status": status, **changes}
    return replace(queued, **values)


def reading(awb: object = None, **says: object) -> StatusReading:
    return StatusReading("1201", says, awb)


def after(forward: Forward, *readings: StatusReading, table: Any = NGORDER) -> Forward:
    """The forward once these readings were taken in, one after the other."""
    for each in readings:
        news = take_in(forward, each, table, LATER)
        forward = forward if news is None else news.transition.forward
    return forward
