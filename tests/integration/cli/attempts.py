"""Orders as the tests of the command move them."""

from __future__ import annotations

from collections.abc import Callable

from orderbridge.domain.attempts import begin_attempt, settle_attempt
from orderbridge.domain.forwards import Forward
from orderbridge.domain.orders import ChannelRef, Order
from orderbridge.domain.outcomes import Outcome
from orderbridge.domain.times import utc_now
from orderbridge.ports import FrozenRequest
from tests.integration.cli.conftest import Operator

SALESMANIA = ChannelRef("salesmania", "salesmania")
SIRCLO = ChannelRef("sirclo", "sirclo")
NGORDER = ChannelRef("ngorder", "ngorder")
REQUEST = FrozenRequest("POST", "/v1/order", b'{"order_id":"x"}')

Place = Callable[..., Order]
Move = Callable[..., Forward]


def attempt(operator: Operator, order: Order, channel: str, outcome: Outcome) -> Forward:
    """One attempt as the forwarder makes it, its request frozen."""
    desk = operator.stack.desk
    forward = next(f for f in desk.list_forwards(order.key) if f.channel.name == channel)
    sending = desk.save(begin_attempt(forward, "attempt", "hash", utc_now(), 60), freeze=REQUEST)
    return desk.save(settle_attempt(sending, outcome, utc_now(), 0.5, 60, None))
