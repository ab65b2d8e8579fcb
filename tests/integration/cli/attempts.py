"""Orders as the tests of the command move them."""

from __future__ import annotations

from collections.abc import Callable

from orderbridge.channels.outcomes import Outcome
from orderbridge.forwarding.forward.attempts import begin_attempt, settle_attempt
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.orders.order import Order
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import utc_now
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
    forward = next(f for f in desk.list_forwards(order) if f.channel.name == channel)
    desk.freeze(forward, REQUEST)
    sending = desk.save(begin_attempt(forward, "attempt", REQUEST.body_hash, utc_now(), 60))
    return desk.save(settle_attempt(sending, outcome, utc_now(), 0.5, 60, None))
