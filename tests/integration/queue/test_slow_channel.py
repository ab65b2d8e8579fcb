"""A channel whose calls hang, or take long, does not hold the workers of another on the same platform.

The forwarder in virtual time, with a queue that brings the oldest message first, whosever it is.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from evidence.aws.queues import Message, Queue, Sqs
from evidence.processes.machine import Machine, Worker
from evidence.processes.virtual import exceptions_of
from orderbridge.calls.turns import SLOW_PART, Turns
from orderbridge.channels.channel import Channel
from orderbridge.channels.table import TableChannels, TableTurnBook, channel_item
from orderbridge.forwarding.events import ForwardMessage, message_of
from orderbridge.forwarding.forward.states import ForwardState, new_forward
from orderbridge.forwarding.queues import PlatformQueues
from orderbridge.values.ids import ChannelRef
from tests.fakes.outward import Answer, FakePlatform
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import NOW, order
from tests.integration.simulated import simulated_table

WORKERS = 20
TIMEOUT_S = 10.0
OVERHEAD_SECONDS = 0.05
WELL, HANGS = ChannelRef("sirclo-well", "sirclo"), ChannelRef("sirclo-hangs", "sirclo")
MANY = 300
OWN_PART = WORKERS // SLOW_PART


class Shared:
    """One platform's forwarder and its workers; a channel that is well answers in 0.4 seconds."""

    def __init__(self, answers: tuple[Answer, ...]) -> None:
        self.machine = machine = Machine(NOW, seed=1)
        self.held: Counter[str] = Counter()
        """How many workers are at a call of each channel."""
        self.most_held: Counter[str] = Counter()
        self.waited: list[float] = []
        """How long the orders of the channel that is well have waited until they were SENT."""
        self.sent: Counter[str] = Counter()
        self._answers = answers
        self._queue = Queue("queue", visibility_seconds=360)
        self._client: Any = simulated_table()
        self._busy = 0
        self._coming: deque[tuple[datetime, ChannelRef]] = deque()
        self._pipeline = pipeline = Pipeline()
        pipeline.credentials.stored |= {each.name: {"api_key": "x"} for each in (WELL, HANGS)}
        for channel in (WELL, HANGS):
            profile = Channel(channel.name, channel.platform, {"base_url": "https://sirclo.test", "settle_s": 30})
            self._client.put_item(TableName="table", Item=channel_item(profile))
            for need, value in [(need, value) for (_, need), value in list(pipeline.mappings.values.items())]:
                pipeline.mappings.values[channel.name, need] = value
        self._turns = Turns(TableTurnBook(self._client, "table"), WORKERS, machine.seconds, machine.sleep)
        self._platform: Any = _Platform(self)
        sqs: Any = Sqs({"queue": self._queue}, machine.true_clock, exceptions_of("sqs"), lambda _, _asked, act: act())
        gate = replace(
            pipeline.watch,
            directory=TableChannels(self._client, "table"),
            platform=self._platform,
            clock=machine.clock,
        )
        self._forward = replace(
            pipeline.forward_order,
            channels=gate,
            platform=self._platform,
            queues=PlatformQueues(sqs, "stack", {"sirclo": "queue"}),
            clock=machine.clock,
            jitter=machine.draw.random,
        )
        self._queues = PlatformQueues(sqs, "stack", {"sirclo": "queue"})

    def come(self, channel: ChannelRef, *seconds: float) -> None:
        """Orders of a channel will come at these seconds."""
        self._coming = deque(sorted([*self._coming, *((NOW + timedelta(seconds=at), channel) for at in seconds)]))

    def run(self, seconds: float) -> None:
        ends = self.machine.now + timedelta(seconds=seconds)
        while self.machine.now < ends:
            self._begin_what_can_be()
            if not self.machine.run_one():
                self.machine.now = max(self.machine.now, min(ends, *self._next_times()))

    def call(self, channel: str) -> Answer:
        """A call of a channel; how long it takes, and its answer."""
        self.held[channel] += 1
        self.most_held[channel] = max(self.most_held[channel], self.held[channel])
        answer: Answer = "accepted"
        if channel == HANGS.name:
            self.sent["calls that hang"] += 1
            answer = self._answers[self.sent["calls that hang"] % len(self._answers)]
        self.machine.sleep(TIMEOUT_S if channel == HANGS.name else 0.4)
        self.held[channel] -= 1
        return answer

    def _begin_what_can_be(self) -> None:
        while self._coming and self._coming[0][0] <= self.machine.now:
            _, channel = self._coming.popleft()
            self.sent["orders"] += 1
            came = order(f"SO-20250101-{self.sent['orders']:05}", channels=(channel,))
            self._pipeline.accept(came)
            created = new_forward(came.key, came.code, channel, self.machine.now, 60)
            self._pipeline.store.create_forward(created)
            self._queues.send(message_of(created.forward))
        while self._busy < WORKERS and (message := self._queue.receive(self.machine.now)) is not None:
            self._busy += 1
            self.machine.start("forward", partial(self._handle, message), partial(self._handled, message))

    def _handle(self, message: Message) -> None:
        self.machine.sleep(OVERHEAD_SECONDS)
        forward = self._forward(ForwardMessage.from_detail(json.loads(message.body)))
        if forward.channel == WELL and forward.state is ForwardState.SENT:
            self.waited.append((self.machine.now - message.sent_at).total_seconds())

    def _handled(self, message: Message, worker: Worker) -> None:
        if worker.failure is not None:
            raise worker.failure
        self._busy -= 1
        message.is_deleted = True

    def _next_times(self) -> Iterator[datetime]:
        yield datetime.max.replace(tzinfo=NOW.tzinfo)
        if self._coming:
            yield self._coming[0][0]
        if self.machine.next_wake is not None:
            yield self.machine.next_wake
        if self._busy < WORKERS and self._queue.next_at is not None:
            yield self._queue.next_at


class _Platform(FakePlatform):
    """A platform whose calls take time."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared.machine.clock)
        self._shared = shared
        self._now_at = ""

    def take_turn(self, channel: Channel) -> float:
        return self._shared._turns.take(channel, None, self.settings(channel).timeout_s)

    def create_order(self, request: Any, channel: Channel, credentials: Any) -> Any:
        answer = self._shared.call(channel.name)
        self.answer = lambda: answer
        return super().create_order(request, channel, credentials)

    def look_for(self, sought: Any, channel: Channel, credentials: Any) -> Any:
        self._shared.call(channel.name)
        return super().look_for(sought, channel, credentials)


ANSWERS: dict[str, tuple[Answer, ...]] = {
    "hangs, but for one call in nine": (*(("lost",) * 8), "accepted"),
    "is slow": ("accepted",),
}


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_a_channel_that_hangs_below_what_opens_its_breaker_does_not_hold_the_workers_of_another(
    answers: tuple[Answer, ...],
) -> None:
    shared = Shared(answers)
    shared.come(HANGS, *[0.0] * MANY)
    shared.come(WELL, *range(5, 300, 2))
    shared.run(60)
    assert max(shared.waited) < TIMEOUT_S, "while each worker is at the first call that hangs"

    shared.waited.clear()
    shared.most_held.clear()
    shared.run(250)

    assert len(shared.waited) > 100
    assert max(shared.waited) < 1
    assert 1 <= shared.most_held[HANGS.name] <= OWN_PART + 1, "and one that has just begun"


def test_a_channel_that_is_well_again_has_all_workers_again() -> None:
    shared = Shared(("accepted",))
    shared.come(HANGS, 0.0)
    shared.run(30)
    shared.come(WELL, *[30.0] * WORKERS)
    shared.run(30)

    assert shared.most_held[WELL.name] == WORKERS
