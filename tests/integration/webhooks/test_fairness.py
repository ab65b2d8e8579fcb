"""A receiver that hangs, or takes its time, holds up none that is well: the sender and the sweeper in virtual time.

The queues bring the oldest message first, whosever it is: what SQS does for fairness by itself (message groups) comes
on top, and nothing here counts on it.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from evidence.aws.queues import Message, Queue, Sqs
from evidence.processes.machine import Machine, Worker
from evidence.processes.virtual import exceptions_of
from orderbridge.http.answer import Answer
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import to_iso
from orderbridge.webhooks import sending
from orderbridge.webhooks.delivery import DeliveryRef, new_delivery
from orderbridge.webhooks.items import delivery_item
from orderbridge.webhooks.sending import SendDelivery, SweepDeliveries
from orderbridge.webhooks.table import SqsDeliveryQueue, TableDeliveries, TableDueDeliveries
from orderbridge.webhooks.webhook import CALL_SECONDS, Lane, Webhook
from orderbridge_cli.operating.tables.partners import TablePartnerRegistry
from orderbridge_cli.operating.tables.webhooks import TableWebhookRegistry
from tests.fakes import samples
from tests.fakes.samples import NOW
from tests.fakes.steps import Steps
from tests.fakes.webhooks import Vault, a_webhook
from tests.integration.simulated import simulated_table

WORKERS: Mapping[Lane, int] = {"quick": 10, "slow": 5}
OVERHEAD_SECONDS = 0.03
"""What a message takes beside its call: to be read, written, sent on."""
ENTRY = TimelineEntry(to_iso(NOW), "WebhookAdded", None, "wh")
NEVER = 1e9
ALL_WELL = {f"wh_well{number}": 0.2 for number in range(20)}
MANY = 10_000


class Office:
    """The sender's two lanes, and receivers that need so many seconds each to answer 200."""

    def __init__(self, takes: Mapping[str, float]) -> None:
        self.takes = dict(takes)
        self.refuse: set[str] = set()
        """Receivers that answer 500."""
        self.machine = machine = Machine(NOW, seed=1)
        self.queues = {lane: Queue(lane, visibility_seconds=240) for lane in WORKERS}
        self.busy: Counter[str] = Counter()
        self.held: Counter[str] = Counter()
        """For how many seconds each receiver has held workers of the quick lane."""
        self.came: Counter[str] = Counter()
        """How often each message came."""
        self.waited: dict[str, float] = {}
        """How many seconds after it was written each message came first."""
        self._written: dict[str, tuple[str, datetime]] = {}
        self._coming: deque[tuple[datetime, str]] = deque()
        self._next_sweep = NOW
        self._client: Any = simulated_table()
        self.registry = TableWebhookRegistry(self._client, "table")
        self._webhooks = {each: a_webhook(each, url=each) for each in takes}
        TablePartnerRegistry(self._client, "table").add(samples.partner(), ENTRY)
        for webhook in self._webhooks.values():
            self.registry.put(webhook, ENTRY)
        sqs: Any = Sqs(self.queues, machine.true_clock, exceptions_of("sqs"), lambda _operation, _asked, act: act())
        self._lanes: Mapping[Lane, SqsDeliveryQueue] = {lane: SqsDeliveryQueue(sqs, lane, lane) for lane in WORKERS}
        deliveries, vault = TableDeliveries(self._client, "table"), Vault(Steps(), *self._webhooks.values())
        self._send = SendDelivery(
            deliveries, vault, self, self._lanes, lambda _events: None, machine.clock, machine.draw.random, 60
        )
        due = TableDueDeliveries(self._client, "table")
        self._sweep = SweepDeliveries(due, deliveries, self._lanes, machine.clock)

    def post(self, url: str, headers: Mapping[str, str], _body: bytes, seconds: float) -> Answer:
        taken = min(self.takes[url], seconds)
        self.machine.sleep(taken)
        if url in self.refuse:
            return Answer(500)
        if seconds == CALL_SECONDS["quick"]:
            self.held[url] += taken
        if self.takes[url] > seconds:
            return Answer(None, "ReadTimeout")
        message_id = headers["webhook-id"]
        self.came[message_id] += 1
        self.waited.setdefault(message_id, (self.machine.now - self._written[message_id][1]).total_seconds())
        return Answer(200)

    def write(self, name: str, *seconds: float) -> None:
        """Messages to a webhook will be written at these seconds."""
        self._coming = deque(sorted([*self._coming, *((NOW + timedelta(seconds=each), name) for each in seconds)]))

    def run(self, seconds: float) -> None:
        """Let so much time pass, with a sweep a minute."""
        ends = self.machine.now + timedelta(seconds=seconds)
        while self.machine.now < ends:
            self._begin_what_can_be()
            if not self.machine.run_one():
                self.machine.now = min(ends, *self._next_times())

    def longest_wait_of_the_well(self, since: float = 0) -> float:
        """Of their messages that were written since then; those that never came have waited until now."""
        now, began = self.machine.now, NOW + timedelta(seconds=since)
        waited = [
            self.waited.get(message_id, (now - at).total_seconds())
            for message_id, (name, at) in self._written.items()
            if name in ALL_WELL and at >= began
        ]
        assert waited
        return max(waited)

    def states(self) -> Counter[str]:
        return Counter(item["state"]["S"] for item in self._client.table.items("DELIVERY#"))

    def _begin_what_can_be(self) -> None:
        now = self.machine.now
        while self._coming and self._coming[0][0] <= now:
            _, name = self._coming.popleft()
            made = new_delivery(self._webhooks[name], "order.status_changed", "SO-1", "{}", now, 60)
            self._client.put_item(TableName="table", Item=delivery_item(made))
            self._written[made.ref.message_id] = name, now
            self._lanes["quick"].send(made.ref)
        if self._next_sweep <= now:
            self._next_sweep = now + timedelta(minutes=1)
            self._sweep()
        for lane, workers in WORKERS.items():
            while self.busy[lane] < workers and (message := self.queues[lane].receive(now)) is not None:
                self.busy[lane] += 1
                self.machine.start(lane, partial(self._handle, message), partial(self._handled, lane, message))

    def _handle(self, message: Message) -> None:
        self.machine.sleep(OVERHEAD_SECONDS)
        detail = json.loads(message.body)
        self._send(DeliveryRef.from_detail(detail), detail.get("lane", "quick"))

    def _handled(self, lane: Lane, message: Message, worker: Worker) -> None:
        if worker.failure is not None:
            raise worker.failure
        self.busy[lane] -= 1
        message.is_deleted = True

    def _next_times(self) -> Iterator[datetime]:
        yield self._next_sweep
        if self._coming:
            yield self._coming[0][0]
        if self.machine.next_wake is not None:
            yield self.machine.next_wake
        for lane, workers in WORKERS.items():
            next_at = self.queues[lane].next_at
            if self.busy[lane] < workers and next_at is not None:
                yield next_at


@pytest.fixture(autouse=True)
def _sweeps_are_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SWEEP_SECONDS", 1)  # no virtual time passes in a sweep


def an_office(takes: Mapping[str, float], many_to: str, minutes: int = 5) -> Office:
    """Ten thousand messages to one of the receivers at once, and one every five seconds to each of twenty others."""
    office = Office({**ALL_WELL, **takes})
    office.write(many_to, *[0.0] * MANY)
    for number, name in enumerate(ALL_WELL):
        office.write(name, *(each + number / 4 for each in range(0, minutes * 60, 5)))
    return office


LOOKED_AT = CALL_SECONDS["quick"] + MANY * OVERHEAD_SECONDS / WORKERS["quick"]
"""So long the quick lane takes to give each of its workers one call that hangs, and to send the flood over."""


@pytest.mark.parametrize("takes", [NEVER, 10.0], ids=["hangs", "takes ten seconds"])
def test_a_receiver_of_ten_thousand_messages_that_hangs_or_is_slow_holds_up_nobody_that_is_well(takes: float) -> None:
    office = an_office({"wh_slow": takes}, "wh_slow")
    office.run(330)

    one_call_of_each_worker = WORKERS["quick"] * CALL_SECONDS["quick"]
    assert office.held["wh_slow"] <= one_call_of_each_worker, "once, and never again"
    assert office.longest_wait_of_the_well() < LOOKED_AT + 1, "while the flood is looked at and sent over"
    assert office.longest_wait_of_the_well(since=LOOKED_AT + 5) < 1


def test_a_receiver_of_ten_thousand_messages_that_refuses_holds_up_nobody_either() -> None:
    office = an_office({"wh_bad": 0.1}, "wh_bad")
    office.refuse.add("wh_bad")
    office.run(330)

    assert office.longest_wait_of_the_well() < LOOKED_AT + 1
    assert office.longest_wait_of_the_well(since=LOOKED_AT + 5) < 1


def test_with_one_lane_and_fifteen_seconds_they_would_wait_for_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the tests above cannot hold because nothing is ever slow in them."""
    monkeypatch.setattr(Webhook, "lane", "quick")
    monkeypatch.setattr(sending, "CALL_SECONDS", {"quick": 15.0, "slow": 15.0})
    monkeypatch.setattr(sending, "SLOW_SECONDS", NEVER)
    office = an_office({"wh_slow": 10.0}, "wh_slow")
    office.run(330)

    assert office.longest_wait_of_the_well() > 300


def test_all_messages_of_a_slow_receiver_come_and_few_of_them_twice() -> None:
    office = Office({"wh_slow": 10.0})
    office.write("wh_slow", *(number / 10 for number in range(100)))
    office.run(3600)

    assert office.states() == {"DELIVERED": 100}
    assert len(office.waited) == 100
    assert max(office.came.values()) == 1, "a call that was given up in the quick lane did not come through here"
    (webhook,) = office.registry.of(samples.CLIENT_ID)
    assert webhook.lane == "slow"


def test_a_receiver_that_is_well_again_gets_what_waited_and_is_called_in_the_quick_lane_again() -> None:
    office = Office({"wh_hung": NEVER})
    office.write("wh_hung", *(number / 10 for number in range(200)))
    office.run(1800)
    assert office.states() == {"PENDING": 200}

    office.takes["wh_hung"] = 0.2
    office.run(4 * 3600)
    assert office.states() == {"DELIVERED": 200}
    (webhook,) = office.registry.of(samples.CLIENT_ID)
    assert (webhook.lane, webhook.slow_since, webhook.failures) == ("quick", None, 0)


def test_receivers_that_are_slow_share_the_slow_lane_with_one_that_hangs_and_get_their_messages() -> None:
    office = Office({"wh_hung": NEVER, "wh_slow": 5.0})
    office.write("wh_hung", *[0.0] * 1000)
    office.write("wh_slow", *(60.0 + 20 * number for number in range(30)))
    office.run(1800)

    assert office.states() == {"PENDING": 1000, "DELIVERED": 30}
