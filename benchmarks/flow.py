"""Orders through the hops of the system, a minute at a time: what waits where, for how long, and until when.

Each hop is a line in which orders wait, first come first served, and a capacity. A step of a minute is exact for what
is asked here: the sweeper comes once a minute, lags are looked at in minutes, and within a step only what a hop can do
counts, not when. Orders are whole numbers; what a capacity leaves of an order is carried over to the next step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

STEP_SECONDS = 60
DAY = 86_400 // STEP_SECONDS
PATIENCE_DAYS = 30
"""For so long it is waited until a backlog has gone."""
ALL_BUT_SWEEPER = "sweeper alone"
"""The outage in which everything stands, and of which stream and bus do not come back."""


@dataclass(frozen=True, slots=True)
class Capacities:
    """Orders a second that each hop can do; forwards are a third of an order each."""

    accept: Decimal
    stream: Decimal
    """What the publisher takes off the stream, all records of an order's life together."""
    forwards: Mapping[str, Decimal]
    """By platform."""
    tell: Decimal
    """Orders whose changes the publisher tells."""
    sweep: Decimal
    relay: Decimal
    """Orders whose changes the sweeper publishes."""
    webhooks: Decimal
    oldest_record_seconds: int


@dataclass(frozen=True, slots=True)
class Outage:
    """A hop that does nothing from one step to another (excluded)."""

    hop: str
    begins: int
    ends: int

    def stops(self, *hops: str, at: int) -> bool:
        return self.hop in hops and self.begins <= at < self.ends


class Line:
    """What waits: how many orders, by the step in which they came into the system."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, int]] = deque()
        self.length = 0

    def add(self, parts: Sequence[tuple[int, int]]) -> None:
        for began, count in parts:
            self._waiting.append((began, count))
            self.length += count

    def take(self, most: int, before: int | None = None) -> list[tuple[int, int]]:
        """The first so many, of those that came into the system before a step."""
        taken: list[tuple[int, int]] = []
        while most > 0 and self._waiting and (before is None or self._waiting[0][0] < before):
            began, count = self._waiting.popleft()
            part = min(count, most)
            if part < count:
                self._waiting.appendleft((began, count - part))
            taken.append((began, part))
            most -= part
            self.length -= part
        return taken

    def age(self, at: int) -> int:
        """For how many steps the first has been in the system."""
        return at - self._waiting[0][0] if self._waiting else 0


class _Portion:
    """What a capacity comes to in each step, as whole orders."""

    def __init__(self, per_second: Decimal) -> None:
        self._of_a_step = per_second * STEP_SECONDS
        self._left = Decimal()

    def next(self) -> int:
        self._left += self._of_a_step
        whole = int(self._left)
        self._left -= whole
        return whole


@dataclass(slots=True)
class Flow:
    """What came of it. Lags and lengths by line, the largest after the outage began; drained: seconds after its end."""

    turned_away: int = 0
    longest: dict[str, int] = field(default_factory=dict)
    """Orders that waited."""
    lag: dict[str, int] = field(default_factory=dict)
    """Seconds that an order had been in the system when it was still waiting there."""
    backlog: int = 0
    """Orders not yet sent at the end of the outage."""
    drained: int | None = None
    """Until every order is sent within minutes again; None: never, while orders go on arriving."""
    told_drained: int | None = None
    """Until its partner is told so, too."""


class System:
    """The lines, one step after the other."""

    def __init__(self, orders: int, capacities: Capacities, outage: Outage | None) -> None:
        self.capacities, self.outage = capacities, outage
        self.published, self.left, self.told = Line(), Line(), Line()
        """Records on the stream; orders that only the sweeper finds; orders that are sent and not told."""
        self.queues = {platform: Line() for platform in capacities.forwards}
        self.webhooks = Line()
        self.turned_away = 0
        self._arriving = _Portion(Decimal(orders))
        self._accept, self._stream = _Portion(capacities.accept), _Portion(capacities.stream)
        self._sweep, self._relay = _Portion(capacities.sweep), _Portion(capacities.relay)
        self._forwards = {platform: _Portion(each) for platform, each in capacities.forwards.items()}
        self._tell, self._webhooks = _Portion(capacities.tell), _Portion(capacities.webhooks)
        self.sent: dict[str, Line] = {platform: Line() for platform in capacities.forwards}
        """What a platform has and another one has not yet, or nobody has been told."""
        self.delivered = 0

    def lines(self) -> Iterator[tuple[str, Line]]:
        yield "stream", self.published
        yield "sweeper", self.left
        yield from self.queues.items()
        yield "telling", self.told
        yield "webhooks", self.webhooks

    def sending(self) -> tuple[Line, ...]:
        return self.published, self.left, *self.queues.values()

    def not_sent(self) -> int:
        """Orders that at least one platform does not have yet."""
        return self.published.length + self.left.length + max(line.length for line in self.queues.values())

    def step(self, at: int) -> None:
        arriving, accepted = self._arriving.next(), self._accept.next()
        self.turned_away += max(arriving - accepted, 0)
        self.published.add([(at, min(arriving, accepted))])
        ready = [*self._from_stream(at), *self._from_sweeper(at)]
        for platform, queue in self.queues.items():
            queue.add(ready)
            most = self._forwards[platform].next()
            if not self._stops("queues", platform, ALL_BUT_SWEEPER, at=at):
                self.sent[platform].add(queue.take(most))
        self._tell_what_is_sent(at)

    def _stops(self, *hops: str, at: int) -> bool:
        return self.outage is not None and self.outage.stops(*hops, at=at)

    def _is_dark(self, at: int) -> bool:
        """Whether the stream brings nothing, or what it brings cannot be published."""
        outage = self.outage
        is_over = outage is not None and outage.hop == ALL_BUT_SWEEPER and at >= outage.begins
        return is_over or self._stops("stream", "bus", at=at)

    def _from_stream(self, at: int) -> list[tuple[int, int]]:
        most = self._stream.next()
        if self._is_dark(at):
            if self._stops("bus", at=at):
                # Its tries are used up within minutes.
                self.left.add(self.published.take(self.published.length))
            return []
        oldest = at - self.capacities.oldest_record_seconds // STEP_SECONDS
        self.left.add(self.published.take(self.published.length, before=oldest))
        return self.published.take(most)

    def _from_sweeper(self, at: int) -> list[tuple[int, int]]:
        most = self._sweep.next()
        if self._stops(ALL_BUT_SWEEPER, at=at):
            return []
        found = self.left.take(most)
        return [*found, *self.published.take(most - sum(count for _, count in found), before=at)]

    def _tell_what_is_sent(self, at: int) -> None:
        # An order is told once the last of its platforms has it.
        ready = min(line.length for line in self.sent.values())
        taken = [line.take(ready) for line in self.sent.values()]
        self.told.add(max(taken, key=lambda parts: parts[-1][0] if parts else -1))
        by_stream, by_sweeper, by_sender = self._tell.next(), self._relay.next(), self._webhooks.next()
        if not self._is_dark(at):
            self.webhooks.add(self.told.take(by_stream))
        if not self._stops(ALL_BUT_SWEEPER, at=at):
            self.webhooks.add(self.told.take(by_sweeper, before=at))
            self.delivered += sum(count for _, count in self.webhooks.take(by_sender))


def run(orders: int, capacities: Capacities, outage: Outage | None = None) -> Flow:
    """So many orders a second for a day; with an outage until what waited has gone, or grows from day to day."""
    system, flow = System(orders, capacities, outage), Flow()
    ended = DAY if outage is None else outage.ends
    waiting: int | None = None
    for at in range(ended + (0 if outage is None else PATIENCE_DAYS * DAY)):
        system.step(at)
        for name, line in system.lines():
            flow.longest[name] = max(flow.longest.get(name, 0), line.length)
            flow.lag[name] = max(flow.lag.get(name, 0), line.age(at) * STEP_SECONDS)
        if at == ended - 1:
            flow.backlog = system.not_sent()
        if outage is None or at < ended:
            continue
        if _note_end(system, flow, at, ended):
            break
        if (at - ended) % DAY == 0:
            before, waiting = waiting, _waiting(system, is_sent=flow.drained is not None)
            if before is not None and waiting >= before:
                break
    flow.turned_away = system.turned_away
    return flow


def _waiting(system: System, *, is_sent: bool) -> int:
    return system.told.length if is_sent else system.not_sent()


def _note_end(system: System, flow: Flow, at: int, ended: int) -> bool:
    """Whether everything that waited has gone, noted when each part had."""
    is_sent = all(line.age(at) <= 1 for line in system.sending())
    if is_sent and flow.drained is None:
        flow.drained = (at + 1 - ended) * STEP_SECONDS
    if is_sent and system.told.age(at) <= 1 and flow.told_drained is None:
        flow.told_drained = (at + 1 - ended) * STEP_SECONDS
    return flow.drained is not None and flow.told_drained is not None
