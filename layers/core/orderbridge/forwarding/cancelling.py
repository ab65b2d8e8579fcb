"""Cancel an order for its partner: at once where nothing was sent, by asking the platform where it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orderbridge.forwarding.events import message_of
from orderbridge.forwarding.forward.cancelling import (
    ChannelCancellation,
    await_platform_cancel,
    cancel_unsent,
    describe_cancellation,
)
from orderbridge.forwarding.forward.states import UNROUTED, Forward, ForwardState
from orderbridge.forwarding.ports import CancelStore, ForwardQueues
from orderbridge.forwarding.publishing import first_forwards
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import LostRace, despite_races
from orderbridge.values.times import Clock, to_iso


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Records the partner's wish on the order first, so that whoever settles an attempt later finds it there.

    `can_cancel` says of a platform whether it can be asked to take an order back.
    """

    orders: CancelStore
    queues: ForwardQueues
    can_cancel: Callable[[str], bool]
    clock: Clock
    sweep_grace_seconds: float

    def __call__(self, order: Order, reason: str | None = None) -> Sequence[ChannelCancellation]:
        """What cancelling came to, channel by channel; `reason` is the partner's own, in one line."""
        self.orders.request_cancel(order.key, to_iso(self.clock()), reason)
        for transition in first_forwards(order, self.clock(), self.sweep_grace_seconds):
            # An order that was not published yet gets its forwards here, so that there is something to cancel.
            self.orders.create_forward(transition)
        cancelled = [self._cancel(order, name) for name in sorted(f.channel.name for f in self._forwards(order))]
        # The place of an order that no channel takes is cancelled like the others, and is no channel.
        return [each for each in cancelled if each.channel != UNROUTED.name]

    def _forwards(self, order: Order) -> Sequence[Forward]:
        return self.orders.list_forwards(order.key)

    def _cancel(self, order: Order, channel: str) -> ChannelCancellation:
        try:
            return despite_races(lambda: self._cancel_as_read(order, channel))
        except LostRace:
            detail = "The order is changing at this moment; the wish is recorded."
            return ChannelCancellation(channel, "requested", detail)

    def _cancel_as_read(self, order: Order, channel: str) -> ChannelCancellation:
        forward = next(f for f in self._forwards(order) if f.channel.name == channel)
        cancels = self.can_cancel(forward.channel.platform)
        if forward.is_unsent:
            forward = self.orders.save(cancel_unsent(forward, self.clock()))
        elif forward.state is ForwardState.SENT and cancels and forward.cancel_answer is None:
            forward = self.orders.save(await_platform_cancel(forward, self.clock(), self.sweep_grace_seconds))
            self.queues.send(message_of(forward))
        return describe_cancellation(forward, platform_cancels=cancels)
