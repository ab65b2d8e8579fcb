"""What a run left, read once for all invariants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta

from evidence.afterwards import Afterwards
from evidence.system.world import World
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.items import forward_key
from orderbridge.values.times import from_iso
from orderbridge_sandboxes import HeldOrder

Wrong = Iterator[str]
"""What breaks an invariant, each in words."""


class Found:
    """What a run left, read once: orders, forwards, what the platforms hold, what was told to whom."""

    def __init__(self, world: World, done: Afterwards) -> None:
        self.world, self.done, self.row = world, done, world.row
        self.orders = {order.code: order for order in world.orders()}
        self.forwards: dict[str, list[Forward]] = defaultdict(list)
        for forward in world.forwards():
            self.forwards[forward.code].append(forward)
        self.held: dict[str, dict[str | None, list[HeldOrder]]] = {}
        for label, sandbox in world.sandboxes.items():
            by_code: dict[str | None, list[HeldOrder]] = defaultdict(list)
            for order in sandbox.orders:
                by_code[order.reference].append(order)
            self.held[world.channel_of(label)] = by_code

    def all_forwards(self) -> Iterator[Forward]:
        """Those of orders that are there."""
        for code in self.orders:
            yield from self.forwards[code]

    def held_of(self, forward: Forward) -> list[HeldOrder]:
        return self.held[forward.channel.name].get(forward.code, [])


Invariant = Callable[[Found], Wrong]


def place(forward: Forward) -> str:
    return f"{forward.code} at {forward.channel.name}"


def longest_delay(world: World) -> timedelta:
    """From an order's acceptance to the last of its channels that has it."""
    created = {order.key: from_iso(order.created_at) for order in world.orders()}
    return max((at - created[forward_key(pk).order] for (pk, _), at in world.watch.sent.items()), default=timedelta())
