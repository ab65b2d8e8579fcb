"""Let go what waits for a channel that takes orders again: the longest waiting first, in batches, at its rate.

Each batch ends with a message of the forward that is next, which begins the next batch. Where that chain breaks,
because a worker died or the message was lost, the sweeper sends such a message again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from orderbridge.channels.ports import ChannelOverview
from orderbridge.forwarding.events import message_of
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.forwarding.ports import ForwardQueues, WaitingForwards
from orderbridge.forwarding.releasing import ReleaseForwards
from orderbridge.values.times import Clock

BATCH = 50
BATCH_SECONDS = 60
"""How long a batch may take at the channel's rate."""


@dataclass(frozen=True, slots=True)
class ReleaseInBatches:
    """Makes a channel's PAUSED forwards QUEUED, batch by batch."""

    waiting: WaitingForwards
    releasing: ReleaseForwards
    queues: ForwardQueues

    def __call__(self, channel: str, per_second: Decimal | None) -> None:
        """Release the next batch, and come back for the one after it once this one has had its time."""
        size = BATCH if per_second is None else min(BATCH, max(int(per_second * BATCH_SECONDS), 1))
        between = 0.0 if per_second is None else float(1 / per_second)
        seen = list(islice(self.waiting.waiting(channel, ForwardState.PAUSED), size + 1))
        for number, forward in enumerate(seen[:size]):
            self.releasing.after_recovery(forward, delay_seconds=number * between)
        if len(seen) > size:
            self.queues.send(message_of(seen[size]), delay_seconds=size * between)

    def wake(self, channel: str, delay_seconds: float = 0) -> Forward | None:
        """Send the message of the forward that has waited longest, so that a worker looks after the channel.

        Nothing comes of it where that forward has been let go by the time the message arrives.
        """
        longest = next(iter(self.waiting.waiting(channel, ForwardState.PAUSED)), None)
        if longest is not None:
            self.queues.send(message_of(longest), delay_seconds=delay_seconds)
        return longest


@dataclass(frozen=True, slots=True)
class WakeChannels:
    """For every channel that may be asked now and that forwards wait for: has a worker look after it.

    The message takes as long as a batch may, so that a chain that goes on has passed that forward by then.
    """

    channels: ChannelOverview
    release_in_batches: ReleaseInBatches
    clock: Clock

    def __call__(self) -> Counter[str]:
        """How many channels were looked after."""
        now, woken = self.clock(), Counter[str]()
        for channel in self.channels.list_channels():
            may_be_asked = channel.state == "active" and not channel.breaker.blocks_at(now)
            if may_be_asked and self.release_in_batches.wake(channel.name, BATCH_SECONDS) is not None:
                woken["woken"] += 1
        return woken
