"""Orders, forwards, frozen requests and timelines in memory, under the conditions of the table."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from orderbridge.channels.channel import Channel
from orderbridge.forwarding.answers import KeptAnswer
from orderbridge.forwarding.forward.states import LISTED_STATES, Forward, ForwardState, Transition
from orderbridge.forwarding.ports import ForwardRecord, FrozenRequest
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ChannelRef, ForwardKey, OrderKey
from orderbridge.values.sweeps import WHOLE, Part
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import from_iso
from orderbridge.webhooks.delivery import Delivery, DeliveryRef
from tests.fakes.steps import Steps

READS = ("read", "list", "due", "waiting", "on_", "unpub", "unrouted", "forwards_of", "view", "key_of")
Place = tuple[OrderKey, str]
Due = TypeVar("Due")


def by_shards(found: Iterable[tuple[str, Due, object]], now: str) -> list[Due]:
    """What is due (with its time and its key) in an order that the index may show it in.

    In time's order within a shard and in nobody's order between them; the shards change places every minute.
    """
    minute = int(from_iso(now).timestamp()) // 60
    in_time = sorted(found, key=lambda each: each[0])
    shards: dict[int, list[Due]] = {}
    for _, due, key in in_time:
        shards.setdefault((zlib.crc32(repr(key).encode()) - minute) % 16, []).append(due)
    in_turn = itertools.zip_longest(*(shards[shard] for shard in sorted(shards)))
    return [due for due in itertools.chain.from_iterable(in_turn) if due is not None]


class Store:
    """`OrderIntakeStore`, `OperatorOrders`, `CancelStore` and `DueIndex`, on dictionaries."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.steps = steps or Steps()
        self.orders: dict[OrderKey, Order] = {}
        self.forwards: dict[Place, Forward] = {}
        self.requests: dict[tuple[OrderKey, str, str | None], FrozenRequest] = {}
        """By the order, its channel and the hash of its bytes."""
        self.expiring: dict[Place, datetime] = {}
        self.answers: dict[Place, list[KeptAnswer]] = {}
        self.timeline: dict[OrderKey, list[TimelineEntry]] = {}
        self.deliveries: dict[DeliveryRef, Delivery] = {}
        self.writes: list[str] = []
        """The name of every write that was tried."""
        self.stale_due: list[OrderKey | ForwardKey] = []
        """What the due index still shows though it is not due any more."""

    @contextmanager
    def _call(self, name: str) -> Iterator[None]:
        self.steps.pass_by(f"before {name}")
        if not name.startswith(READS):
            self.writes.append(name)
        yield
        self.steps.pass_by(f"after {name}")

    # --- intake -------------------------------------------------------------------------------------------------------

    def put_if_absent(self, order: Order) -> Order | None:
        with self._call("put_if_absent"):
            existing = self.orders.get(order.key)
            if existing is None:
                self.orders[order.key] = order
        return existing

    # --- orders and forwards ------------------------------------------------------------------------------------------

    def read_order(self, key: OrderKey) -> Order | None:
        with self._call("read_order"):
            return self.orders.get(key)

    def read_forward(self, key: ForwardKey) -> ForwardRecord | None:
        with self._call("read_forward"):
            place = (key.order, key.channel.name)
            order, forward = self.orders.get(key.order), self.forwards.get(place)
        if order is None or forward is None:
            return None
        return ForwardRecord(order, forward, None if forward.is_final else self.request_of(forward))

    def request_of(self, forward: Forward) -> FrozenRequest | None:
        """The request that a forward names."""
        return self.requests.get((*self._key(forward), forward.body_hash))

    def list_forwards(self, order: Order) -> Sequence[Forward]:
        with self._call("list_forwards"):
            places = [(order.key, channel.name) for channel in order.channels]
            return [self.forwards[place] for place in places if place in self.forwards]

    def create_forward(self, transition: Transition) -> bool:
        with self._call("create_forward"):
            key = self._key(transition.forward)
            created = key not in self.forwards
            if created:
                self.forwards[key] = transition.to_store()
                self._note(transition)
        return created

    def freeze(self, forward: Forward, request: FrozenRequest) -> None:
        with self._call("freeze"):
            self.requests.setdefault((*self._key(forward), request.body_hash), request)

    def save(self, transition: Transition) -> Forward:
        with self._call("save"):
            saved = self._replaced(transition)
            self.forwards[self._key(saved)] = saved
            self._note(transition)
        return saved

    def save_unfrozen(self, transition: Transition) -> Forward:
        with self._call("save_unfrozen"):
            saved = self._replaced(transition)
            self.forwards[self._key(saved)] = saved
            if transition.before is not None:
                self.requests.pop((*self._key(saved), transition.before.body_hash), None)
            self._note(transition)
        return saved

    def relayed(self, forward: Forward) -> None:
        with self._call("relayed"):
            present = self.forwards.get(self._key(forward))
            if present is not None and present.revision == forward.revision:
                self.forwards[self._key(forward)] = replace(present, news_due_at=None)

    def save_progress(self, order: Order) -> None:
        with self._call("save_progress"):
            present = self.orders.get(order.key)
            if present is None or present.changes != order.changes - 1:
                raise LostRace(order.code)
            self.orders[order.key] = replace(
                present,
                status=order.status,
                announced=order.announced,
                changes=order.changes,
                messages=order.messages,
            )

    def has_delivery(self, ref: DeliveryRef) -> bool:
        with self._call("has_delivery"):
            return ref in self.deliveries

    def create_delivery(self, delivery: Delivery) -> bool:
        with self._call("create_delivery"):
            is_new = delivery.ref not in self.deliveries
            self.deliveries.setdefault(delivery.ref, delivery)
        return is_new

    def mark_published(self, order: Order) -> None:
        with self._call("mark_published"):
            if order.key in self.orders:
                self.orders[order.key] = replace(self.orders[order.key], due_at=None, has_news=False)

    def await_route(self, order: Order, at: str, due_at: str) -> None:
        with self._call("await_route"):
            present = self.orders[order.key]
            if present.awaits_route and present.unrouted_since is None:
                self.orders[order.key] = replace(present, unrouted_since=at, due_at=due_at)
                self._say(order.key, TimelineEntry(at, "ForwardNeedsMapping", None, f"route:{order.content.site_code}"))

    def let_request_expire(self, forward: Forward, at: datetime) -> None:
        with self._call("let_request_expire"):
            if self.request_of(forward) is not None:
                self.expiring[self._key(forward)] = at

    def keep_answer(self, forward: Forward, answer: KeptAnswer) -> None:
        with self._call("keep_answer"):
            self.answers.setdefault(self._key(forward), []).append(answer)

    def request_cancel(self, order: Order, at: str, reason: str | None, due_at: str) -> None:
        with self._call("request_cancel"):
            present = self.orders[order.key]
            read = (order.channels, order.cancel_requested_at, order.cancel_reason)
            if (present.channels, present.cancel_requested_at, present.cancel_reason) != read:
                raise LostRace(order.code)
            is_first = order.cancel_requested_at is None
            if not is_first and (reason is None or order.cancel_reason is not None):
                return
            wanted = replace(present, cancel_requested_at=order.cancel_requested_at or at, cancel_reason=reason)
            self._say(order.key, TimelineEntry(at, "CancelRequested", None, reason))
            if is_first and not order.channels:
                wanted = replace(wanted, has_news=True, due_at=due_at, unrouted_since=None)
                self._say(order.key, TimelineEntry(at, "ForwardCancelled", None, "cancelled by the partner"))
            self.orders[order.key] = wanted

    def _replaced(self, transition: Transition) -> Forward:
        read = transition.forward
        present = self.forwards.get(self._key(read))
        if present is None or present.revision != read.revision:
            raise LostRace(f"{read.code} on {read.channel.name}")
        return replace(transition.to_store(), revision=read.revision + 1)

    def _note(self, transition: Transition) -> None:
        if transition.entry is not None:
            self._say(transition.forward.key, transition.entry)

    def _say(self, key: OrderKey, entry: TimelineEntry) -> None:
        self.timeline.setdefault(key, []).append(entry)

    @staticmethod
    def _key(forward: Forward) -> Place:
        return forward.key, forward.channel.name

    # --- the operator's desk ------------------------------------------------------------------------------------------

    def waiting(
        self, channel: ChannelRef | Channel, state: ForwardState, *, newest_first: bool = False
    ) -> Sequence[Forward]:
        with self._call("waiting"):
            listed = self.forwards.values() if state in LISTED_STATES else ()
            found = [f for f in listed if f.channel.name == channel.name and f.state is state]
        return sorted(found, key=lambda forward: forward.updated_at, reverse=newest_first)

    def unrouted(self, *, newest_first: bool = False) -> Sequence[Order]:
        with self._call("unrouted"):
            found = [each for each in self.orders.values() if each.awaits_route and each.unrouted_since is not None]
        return sorted(found, key=lambda order: order.unrouted_since or "", reverse=newest_first)

    def on_their_way(self) -> Sequence[Forward]:
        with self._call("on_their_way"):
            return [forward for forward in self.forwards.values() if forward.sweep_at is not None]

    def unpublished(self) -> Sequence[Order]:
        with self._call("unpublished"):
            return [order for order in self.orders.values() if order.due_at is not None]

    def forwards_of(self, orders: Collection[Order], channels: Collection[str]) -> Sequence[Forward]:
        with self._call("forwards_of"):
            return [
                f
                for (order, channel), f in self.forwards.items()
                if channel in channels and order in {each.key for each in orders}
            ]

    def route(self, order: Order, at: str, forwards: Sequence[Transition]) -> None:
        with self._call("route"):
            present = self.orders[order.key]
            if not present.awaits_route or present.unrouted_since is None:
                raise LostRace(order.code)
            self.orders[order.key] = replace(present, channels=order.channels, unrouted_since=None, due_at=None)
            names = ", ".join(channel.name for channel in order.channels)
            self._say(order.key, TimelineEntry(at, "OrderRouted", None, f"to {names}"))
            for created in forwards:
                assert self._key(created.forward) not in self.forwards
                self.forwards[self._key(created.forward)] = created.to_store()
                self._note(created)

    # --- due ----------------------------------------------------------------------------------------------------------

    def due(self, now: str, limit: int, part: Part = WHOLE) -> Iterator[OrderKey | ForwardKey]:
        with self._call("due"):
            orders = [(o.due_at, o.key, o.key) for o in self.orders.values() if o.due_at is not None]
            forwards = [(f.sweep_at, f.forward_key, f.key) for f in self.forwards.values() if f.sweep_at is not None]
            found = [each for each in [*orders, *forwards] if each[0] <= now]
        yield from [*self.stale_due, *by_shards(found, now)][:limit]

    def claim_order(self, order: Order, due_at: str) -> None:
        with self._call("claim_order"):
            if self.orders[order.key].due_at != order.due_at:
                raise LostRace(order.code)
            self.orders[order.key] = replace(self.orders[order.key], due_at=due_at)

    def claim_forward(self, forward: Forward, due_at: str) -> None:
        with self._call("claim_forward"):
            present = self.forwards.get(self._key(forward))
            if present is None or (present.sweep_at, present.revision) != (forward.sweep_at, forward.revision):
                raise LostRace(forward.code)
            self.forwards[self._key(forward)] = replace(
                present,
                due_at=None if present.due_at is None else due_at,
                news_due_at=None if present.news_due_at is None else due_at,
            )


class Counter:
    """`CodeCounter` in memory."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.steps = steps or Steps()
        self.last: dict[date, int] = {}
        self.calls: list[int] = []

    def reserve(self, day: date, count: int) -> int:
        self.steps.pass_by("before reserve")
        self.calls.append(count)
        self.last[day] = self.last.get(day, 0) + count
        self.steps.pass_by("after reserve")
        return self.last[day]
