"""How a stack is: each channel, what waits there, and what needs a person."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Literal, Protocol, TypeVar

from orderbridge.channels.channel import CREDENTIALS_REFUSED, Channel
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.orders.order import Order, OrderStatus
from orderbridge.values.ids import ForwardKey, OrderKey
from orderbridge.values.times import Clock, after, business_date
from orderbridge.webhooks.webhook import Webhook
from orderbridge_cli.operating.mappings import MissingMapping
from orderbridge_cli.operating.reasons import reason_shape

LIMIT = 10_000
"""So many are counted of anything."""
CODES_NAMED = 5
REJECTED_FOR = timedelta(days=7)
"""So long a rejected order is somebody's work; its partner was told at once."""
DELIVERED: frozenset[OrderStatus] = frozenset({"SUBMITTED", "ACCEPTED", "IN_PROCESS", "SHIPPED", "COMPLETED"})

Remedy = Literal["resume", "credentials", "check"]
"""What helps a channel: to be resumed, other credentials, or to be checked, which tells what is wrong with it."""
ChannelCondition = Literal["ok", "down", "paused"]
NeedKind = Literal["IN_DOUBT", "NEEDS_MAPPING", "REJECTED", "DEAD_LETTER", "WEBHOOK"]
KeyT = TypeVar("KeyT")


class OverviewReads(Protocol):
    """What an overview is made of, found by indexes: each may be a moment behind the items."""

    def waiting(
        self, channel: Channel, state: ForwardState, *, newest_first: bool = False
    ) -> Iterable[tuple[ForwardKey, str]]:
        """The forwards in one of the `LISTED_STATES` and since when, the longest there first; no item is read."""
        ...

    def due(self) -> Iterable[OrderKey | ForwardKey]:
        """The orders and forwards that have a due time, in no order; no item is read."""
        ...

    def forwards(self, keys: Iterable[ForwardKey]) -> Iterable[Forward]: ...

    def orders(self, keys: Iterable[OrderKey]) -> Iterable[Order]: ...

    def of_day(self, client_id: str, day: date) -> Iterable[OrderKey]:
        """A partner's orders of one business day; no item is read."""
        ...


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; `is_more` where counting ended before all were seen."""

    number: int
    is_more: bool = False

    @property
    def shown(self) -> int | str:
        """The number, or ``10000+``."""
        return f"{self.number}+" if self.is_more else self.number


@dataclass(frozen=True, slots=True)
class ChannelOverview:
    """A channel: since when and why it takes no orders, when it is tried next, and what waits for it.

    `waiting` are its forwards that are neither final nor being sent for the first time, `oldest` since when the one
    waits that has waited longest.
    """

    channel: str
    platform: str
    state: ChannelCondition
    reason: str | None
    since: str | None
    next_try: str | None
    waiting: Count
    oldest: str | None
    remedy: Remedy | None


@dataclass(frozen=True, slots=True)
class Need:
    """Something that goes on only when a person does something.

    `channel` is ``partner:CLIENT_ID`` where a route is missing. `count` are orders (IN_DOUBT, NEEDS_MAPPING, REJECTED),
    messages (DEAD_LETTER), or messages that were given up, else failures in a row (WEBHOOK). `codes` are the first few.
    """

    kind: NeedKind
    channel: str | None
    count: Count
    oldest: str | None
    reason: str | None
    codes: tuple[str, ...] = ()
    queue: str | None = None
    webhook: Webhook | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """The orders of the business day: how many were accepted, and how many of them every living channel has."""

    accepted: Count
    delivered: Count


@dataclass(frozen=True, slots=True)
class Overview:
    channels: Sequence[ChannelOverview]
    needs: Sequence[Need]
    today: Today

    @property
    def is_well(self) -> bool:
        return not self.needs and all(each.state == "ok" for each in self.channels)


@dataclass(frozen=True, slots=True)
class _Condition:
    state: ChannelCondition
    reason: str | None = None
    since: str | None = None
    next_try: str | None = None
    remedy: Remedy | None = None


@dataclass(slots=True)
class _Group:
    """The forwards of one need."""

    oldest: str
    count: int = 0
    codes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TakeOverview:
    """Looks at all channels of a stack and at all that needs a person; changes nothing."""

    reads: OverviewReads
    list_channels: Callable[[], Sequence[Channel]]
    list_webhooks: Callable[[], Sequence[Webhook]]
    given_up: Callable[[Webhook, int], int]
    """How many messages to a webhook were given up, counted up to a limit."""
    missing: Callable[[int], Sequence[MissingMapping]]
    """The keys that are missing, of up to so many orders."""
    unusable: Callable[[Channel], str | None]
    """Why nothing can be sent to a channel as it is set up; no platform is asked."""
    dead_letters: Callable[[], Mapping[str, int]]
    """How many messages are in each dead-letter queue."""
    client_ids: Callable[[], Sequence[str]]
    clock: Clock
    business_time_zone: str
    limit: int = LIMIT

    def __call__(self) -> Overview:
        channels = self.list_channels()
        listed = {
            (channel.name, state): self._counted(self.reads.waiting(channel, state))
            for channel in channels
            for state in (ForwardState.PAUSED, ForwardState.NEEDS_MAPPING, ForwardState.IN_DOUBT)
        }
        known = {key for found, _ in listed.values() for key, _ in found}
        moving = self._moving(known, {name for (name, _), (_, is_more) in listed.items() if is_more})
        needs = [
            *self._by_reason("IN_DOUBT", channels, lambda channel: listed[channel.name, ForwardState.IN_DOUBT]),
            *self._missing(),
            *self._by_reason("REJECTED", channels, self._rejected),
            *(Need("DEAD_LETTER", None, Count(n), None, None, queue=q) for q, n in self.dead_letters().items() if n),
            *(self._webhook(each) for each in self.list_webhooks() if each.is_failing),
        ]
        return Overview([self._channel(each, listed, moving) for each in channels], needs, self._today())

    # --- channels -----------------------------------------------------------------------------------------------------

    def _channel(
        self,
        channel: Channel,
        listed: Mapping[tuple[str, ForwardState], tuple[Sequence[tuple[ForwardKey, str]], bool]],
        moving: Mapping[str, tuple[Count, str]],
    ) -> ChannelOverview:
        parts = [found for (name, _), found in listed.items() if name == channel.name]
        on_their_way, oldest = moving.get(channel.name, (Count(0), None))
        number = sum(len(found) for found, _ in parts) + on_their_way.number
        waiting = Count(
            min(number, self.limit), number > self.limit or on_their_way.is_more or any(more for _, more in parts)
        )
        sinces = [since for found, _ in parts for _, since in found[:1]] + ([oldest] if oldest is not None else [])
        condition = self._condition(channel, listed[channel.name, ForwardState.PAUSED][0])
        oldest = min(sinces, default=None)
        return ChannelOverview(channel.name, channel.platform, waiting=waiting, oldest=oldest, **asdict(condition))

    def _condition(self, channel: Channel, paused: Sequence[tuple[ForwardKey, str]]) -> _Condition:
        breaker = channel.breaker
        if channel.state == "paused":
            reason = channel.paused_reason or ""
            remedy: Remedy = "credentials" if reason.startswith(CREDENTIALS_REFUSED) else "resume"
            return _Condition("paused", reason, channel.since, None, remedy)
        if not breaker.is_closed:
            return _Condition("down", breaker.reason, breaker.open_since, breaker.open_until, "resume")
        # Nobody has paused it, and orders wait: it lets them go in batches, or it is not set up as it should be.
        trouble = self.unusable(channel) if paused else None
        return _Condition("ok") if trouble is None else _Condition("paused", trouble, paused[0][1], None, "check")

    def _moving(self, known: set[ForwardKey], full: set[str]) -> Mapping[str, tuple[Count, str]]:
        """By channel: the forwards that are due and not `known` to wait for something, and since when the oldest is.

        A channel that is `full` has more than are counted without them.
        """
        due = (key for key in self.reads.due() if isinstance(key, ForwardKey) and key not in known)
        keys, is_more = self._counted(key for key in due if key.channel.name not in full)
        counts, oldest = Counter[str](), dict[str, str]()
        for forward in self.reads.forwards(keys):
            if _waits(forward):
                name = forward.channel.name
                counts[name] += 1
                oldest[name] = min(oldest.get(name, forward.created_at), forward.created_at)
        return {name: (Count(number, is_more), oldest[name]) for name, number in counts.items()}

    def _counted(self, found: Iterable[KeyT]) -> tuple[Sequence[KeyT], bool]:
        """The first of them, up to the limit, and whether there are more."""
        first = list(itertools.islice(found, self.limit + 1))
        return first[: self.limit], len(first) > self.limit

    # --- what needs a person ------------------------------------------------------------------------------------------

    def _rejected(self, channel: Channel) -> tuple[Sequence[tuple[ForwardKey, str]], bool]:
        begin = after(self.clock() - REJECTED_FOR, 0)
        newest = self.reads.waiting(channel, ForwardState.REJECTED, newest_first=True)
        return self._counted(itertools.takewhile(lambda found: found[1] >= begin, newest))

    def _by_reason(
        self,
        kind: Literal["IN_DOUBT", "REJECTED"],
        channels: Sequence[Channel],
        listed: Callable[[Channel], tuple[Sequence[tuple[ForwardKey, str]], bool]],
    ) -> Iterator[Need]:
        for channel in channels:
            found, is_more = listed(channel)
            groups: dict[str, _Group] = {}
            for forward in self.reads.forwards(key for key, _ in found):
                if forward.state == kind:
                    group = groups.setdefault(reason_shape(forward.error or ""), _Group(forward.updated_at))
                    group.count += 1
                    group.oldest = min(group.oldest, forward.updated_at)
                    group.codes.append(forward.code)
            for reason, group in sorted(groups.items(), key=lambda each: each[1].oldest):
                codes = tuple(sorted(group.codes)[:CODES_NAMED])
                yield Need(kind, channel.name, Count(group.count, is_more), group.oldest, reason or None, codes)

    def _missing(self) -> Iterator[Need]:
        for each in self.missing(self.limit + 1):
            count = Count(min(each.forwards, self.limit), each.forwards > self.limit)
            yield Need("NEEDS_MAPPING", each.channel, count, each.since, f"{each.key.kind}:{each.key.shown}")

    def _webhook(self, webhook: Webhook) -> Need:
        given_up = 0 if webhook.failed_at is None else self.given_up(webhook, self.limit + 1)
        count = Count(min(given_up, self.limit), given_up > self.limit) if given_up else Count(webhook.failures)
        if webhook.state == "disabled":
            since, reason = webhook.since, f"disabled: {webhook.reason}"
        elif given_up:
            since, reason = webhook.failed_at, "messages were given up"
        else:
            since, reason = None, f"failed {webhook.failures} times in a row"
        return Need("WEBHOOK", None, count, since, reason, webhook=webhook)

    # --- today --------------------------------------------------------------------------------------------------------

    def _today(self) -> Today:
        day = business_date(self.clock(), self.business_time_zone)
        keys, is_more = self._counted(key for client in self.client_ids() for key in self.reads.of_day(client, day))
        delivered = sum(order.status in DELIVERED for order in self.reads.orders(keys))
        return Today(Count(len(keys), is_more), Count(delivered, is_more))


def _waits(forward: Forward) -> bool:
    """Whether a forward is neither final nor being sent for the first time."""
    match forward.state:
        case ForwardState.SENDING:
            return forward.attempts > 1 or forward.in_question_since is not None
        case state:
            return state is ForwardState.QUEUED
