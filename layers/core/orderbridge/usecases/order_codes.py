"""Find the order of a code in an index that is late at times: an order that was just accepted must not be unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orderbridge.domain.orders import OrderKey
    from orderbridge.ports import OrderReads

LATE_INDEX_SECONDS = 1.0
LATE_INDEX_POLL_SECONDS = 0.1


def key_of_code(orders: OrderReads, code: str, sleep: Callable[[float], None]) -> OrderKey | None:
    """An order's key, looked up again for up to a second; None where no order has this code."""
    waited = 0.0
    while (key := orders.key_of_code(code)) is None and waited < LATE_INDEX_SECONDS:
        sleep(LATE_INDEX_POLL_SECONDS)
        waited += LATE_INDEX_POLL_SECONDS
    return key
