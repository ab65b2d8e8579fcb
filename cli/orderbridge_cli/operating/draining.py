"""Whether anything in a stack is still under way, so that an upgrade that begins with an empty table would lose it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.order_status import is_open


class OpenWork(Protocol):
    """What a stack has yet to do, every read strongly consistent and over the whole table."""

    def unpublished_orders(self) -> int: ...

    def forwards(self) -> Iterable[Forward]:
        """Every forward there is, in no order."""
        ...

    def waiting_deliveries(self) -> int:
        """The webhook messages to which something will still happen."""
        ...

    def queued_messages(self) -> Mapping[str, int]:
        """About how many messages are in each queue of the stack that is not empty, by the queue's logical id."""
        ...


@dataclass(frozen=True, slots=True)
class Remains:
    """What is not at its end. `followed` are SENT and not at their platform's end, counted by channel."""

    unpublished: int
    open: Mapping[str, Mapping[str, int]]
    followed: Mapping[str, int]
    untold: int
    deliveries: int
    queues: Mapping[str, int]

    def is_nothing(self, *, without_followed: bool = False) -> bool:
        """Whether nothing is open; the statuses of orders that were sent may be given up for it."""
        held = (self.unpublished, self.open, self.untold, self.deliveries, self.queues)
        return not any(held) and (without_followed or not self.followed)


def look_for_remains(work: OpenWork) -> Remains:
    """What is open, looked for along an order's way.

    Work only goes from an order to its forwards and from those to messages. Where each is read after the one before,
    nothing that moves on meanwhile is missed, as long as no new order is taken.
    """
    unpublished = work.unpublished_orders()
    states: dict[str, Counter[str]] = {}
    followed: Counter[str] = Counter()
    untold = 0
    for forward in work.forwards():
        channel = forward.channel.name
        untold += forward.news_due_at is not None
        if not forward.is_final:
            states.setdefault(channel, Counter())[forward.state.value] += 1
        elif is_open(forward):
            followed[channel] += 1
    return Remains(unpublished, states, followed, untold, work.waiting_deliveries(), work.queued_messages())
