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
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.ports import CancelStore, ForwardQueues
from orderbridge.forwarding.publishing import first_forwards
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import LostRace, despite_races
from orderbridge.values.times import Clock, after, to_iso


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
        wanted = despite_races(lambda: self._wish(order, reason))
        for transition in first_forwards(wanted, self.clock(), self.sweep_grace_seconds):
            # An order that was not published yet gets its forwards here, so that there is something to cancel.
            self.orders.create_forward(transition)
        return [self._cancel(wanted, name) for name in sorted(channel.name for channel in wanted.channels)]

    def _wish(self, order: Order, reason: str | None) -> Order:
        """The order as the wish found it: with the channels that it has got meanwhile."""
        present, now = self.orders.read_order(order.key), self.clock()
        if present is None:
            raise LostRace(order.code)
        self.orders.request_cancel(present, to_iso(now), reason, after(now, self.sweep_grace_seconds))
        return present

    def _cancel(self, order: Order, channel: str) -> ChannelCancellation:
        try:
            return despite_races(lambda: self._cancel_as_read(order, channel))
        except LostRace:
            detail = "The order is changing at this moment; the wish is recorded."
            return ChannelCancellation(channel, "requested", detail)

    def _cancel_as_read(self, order: Order, channel: str) -> ChannelCancellation:
        forward = next(f for f in self.orders.list_forwards(order) if f.channel.name == channel)
        cancels = self.can_cancel(forward.channel.platform)
        if forward.is_unsent:
            forward = self.orders.save(cancel_unsent(forward, self.clock()))
        elif forward.state is ForwardState.SENT and cancels and forward.cancel_answer is None:
            forward = self.orders.save(await_platform_cancel(forward, self.clock(), self.sweep_grace_seconds))
            self.queues.send(message_of(forward))
        return describe_cancellation(forward, platform_cancels=cancels)
