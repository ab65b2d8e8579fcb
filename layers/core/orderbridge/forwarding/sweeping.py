"""Find what was left behind: orders never published and forwards past their due time (invariant 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from orderbridge.forwarding.events import ForwardMessage, message_of
from orderbridge.forwarding.forward.attempts import AFTER_LEASE_SECONDS
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.forward.waiting import PARKED_RECHECK_SECONDS
from orderbridge.forwarding.ports import DueIndex, ForwardQueues, OrderStore
from orderbridge.forwarding.publishing import PublishForwardChange, PublishOrder
from orderbridge.orders.order import Order
from orderbridge.values.ids import ForwardKey, OrderKey
from orderbridge.values.sweeps import CLAIM_SECONDS, LIMIT, WHOLE, CarriedOn, Part, sweep_each
from orderbridge.values.times import Clock, after, from_iso, to_iso

LONGEST_CLAIM_SECONDS = 900
SWEEP_SECONDS = 50
"""How long a sweep goes on beginning new items."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep of the due index.

    It needs neither stream nor bus to be right: what it finds it claims on the item itself and sends straight to the
    platform's queue. An order's events are published afterwards; where the bus is down the order stays due and the
    sweep says so, with its forwards on their way already. A forward's news are relayed first, as they are older than
    what is next for it, and hold it up in nothing.
    """

    due_index: DueIndex
    orders: OrderStore
    queues: ForwardQueues
    publish: PublishOrder
    relay: PublishForwardChange
    """Publishes what is news of a forward, or of an order without one."""
    route: Callable[[Order], Iterable[Forward]]
    """Gives an order that no channel takes its channels, if a route has come; yields its new forwards."""
    clock: Clock
    limit: int = LIMIT
    at_once: int = 1

    def __call__(self, part: Part = WHOLE) -> Counter[str]:
        """How many items were found, by what became of them.

        order, forward, relayed, early, routed, unrouted, lost_race, gone.
        """
        items = self.due_index.due(to_iso(self.clock()), self.limit, part)
        return sweep_each(items, self._carry_on, self.queues.send_together, self.clock, SWEEP_SECONDS, self.at_once)

    def _carry_on(self, key: OrderKey | ForwardKey) -> CarriedOn[ForwardMessage]:
        return self._order(key) if isinstance(key, OrderKey) else self._forward(key)

    def _order(self, key: OrderKey) -> CarriedOn[ForwardMessage]:
        order = self.orders.read_order(key)
        if order is None or not self._is_due(order.due_at):
            return "gone"
        if order.awaits_route and order.unrouted_since is not None:
            # Intake may remember a partner for a while: an order of that time finds here the route it had not there.
            self.due_index.claim_order(order, after(self.clock(), PARKED_RECHECK_SECONDS))
            return "routed" if list(self.route(order)) else "unrouted"
        self.due_index.claim_order(order, after(self.clock(), CLAIM_SECONDS))
        yield [message_of(forward) for forward in self.publish.created(order)]
        self.publish.announce(order)
        if order.has_news:
            self.relay.of_order(order)
        return "order"

    def _forward(self, key: ForwardKey) -> CarriedOn[ForwardMessage]:
        record = self.orders.read_forward(key)
        if record is None or not self._is_due(record.forward.sweep_at):
            return "gone"
        forward = record.forward
        self.due_index.claim_forward(forward, after(self.clock(), self._claim_seconds(forward)))
        try:
            if forward.news_due_at is not None:
                self.relay(forward)
        finally:
            outcome = yield from self._next_of(forward)
        return outcome

    def _next_of(self, forward: Forward) -> CarriedOn[ForwardMessage]:
        if forward.due_at is None:
            return "relayed"
        if forward.waits_until(self.clock()) is not None:
            return "early"
        yield [message_of(forward)]
        return "forward"

    def _claim_seconds(self, forward: Forward) -> float:
        waits_until = forward.waits_until(self.clock())
        if waits_until is not None:
            return (from_iso(waits_until) - self.clock()).total_seconds() + AFTER_LEASE_SECONDS
        # The longer nothing has happened, the longer until the next sweep: behind a slow platform every forward is due,
        # and another message for each of them every two minutes would make the queue ever longer.
        idle = (self.clock() - from_iso(forward.updated_at)).total_seconds()
        return min(max(idle, CLAIM_SECONDS), LONGEST_CLAIM_SECONDS)

    def _is_due(self, due_at: str | None) -> bool:
        return due_at is not None and from_iso(due_at) <= self.clock()
