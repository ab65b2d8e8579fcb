"""One channel on one sandbox, everything behind the API, and a clock that is moved by hand: quick enough for thousands.

Publisher, forwarder and sweeper are those that run on AWS, and so are the platform's adapter and the transport. Store,
bus and queues are the tests' own. The whole system under faults is `evidence`.
"""

from __future__ import annotations

import functools
import itertools
import random
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from orderbridge.calls.turns import Turns
from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.channel_gate import ChannelGate
from orderbridge.forwarding.events import FORWARD_QUEUED, ForwardMessage
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.forwarding.publishing import PublishOrder
from orderbridge.forwarding.recently_asked import RecentlyAsked
from orderbridge.forwarding.releasing import ReleaseForwards, ReleaseInBatches, ReleaseRecovered
from orderbridge.forwarding.sending import ForwardOrder
from orderbridge.forwarding.sweeping import Sweep
from orderbridge.http.transport import Transport, tls_context
from orderbridge.orders.order import Order
from orderbridge.platforms.registry import definition_of
from orderbridge.values.ids import ChannelRef
from orderbridge.values.sweeps import SweepAll, SweepIncomplete
from orderbridge.values.times import from_iso, to_iso
from orderbridge_sandboxes import DEMO_CREDENTIALS, HeldOrder, ManualClock, Sandbox, demo_mappings, demo_settings
from tests.conformance.facts import facts_of
from tests.fakes import samples
from tests.fakes.directories import Channels, Mappings
from tests.fakes.outward import Bus, Queues
from tests.fakes.steps import Steps
from tests.fakes.store import Store

NOW = datetime(2025, 3, 3, 3, 0, tzinfo=UTC)
SETTLE_SECONDS, GRACE_SECONDS, FUNCTION_SECONDS = 30, 60.0, 60.0
"""As in template.yaml."""
LEAST_STEP_SECONDS = 5
OPERATOR_COMES = timedelta(minutes=10)
LONGEST = timedelta(days=3)


class Credentials:
    """`CredentialSource`: the sandboxes' own."""

    def credentials(self, channel: Channel) -> Mapping[str, Any]:
        return DEMO_CREDENTIALS[channel.platform]

    refreshed = credentials


@functools.cache
def one_tls_context() -> ssl.SSLContext:
    """Made once: no sandbox is called by TLS, and it takes longer than an order."""
    return tls_context()


class OneChannel:
    """The channel, its forwarder, and all that is before and behind it."""

    def __init__(
        self, platform: str, sandbox: Sandbox[Any], clock: ManualClock, seed: int, transport: Transport | None = None
    ) -> None:
        facts = facts_of(platform)
        name = facts.name
        self.clock = clock
        draw = random.Random(seed)
        steps = Steps()
        self.store, self.bus, self.queues = Store(steps), Bus(steps), Queues(clock, steps)
        self.transport = transport or Transport(allow_loopback_http=True, ssl_context=one_tls_context())
        settings = {**demo_settings(name, sandbox.url), "settle_s": SETTLE_SECONDS, **facts.settings}
        self.channel = ChannelRef("main", name)
        self.channels = Channels(steps, Channel("main", name, settings))
        mappings = Mappings(steps)
        for kind, key, value in demo_mappings(name):
            mappings.values["main", MappingKey.of(kind, key)] = value  # type: ignore[arg-type]
        adapter = definition_of(name).make_adapter(self.transport, Turns())
        attempts = itertools.count(1)
        self.release = ReleaseForwards(self.store, self.queues, clock, GRACE_SECONDS)
        release_in_batches = ReleaseInBatches(self.store, self.release, self.queues)
        self.forward = ForwardOrder(
            orders=self.store,
            channels=ChannelGate(self.channels, adapter, Credentials(), clock),
            mappings=mappings,
            platform=adapter,
            queues=self.queues,
            release_in_batches=release_in_batches,
            asked=RecentlyAsked(clock),
            note_failure=lambda *_: None,
            clock=clock,
            new_attempt_id=lambda: f"attempt-{next(attempts)}",
            jitter=draw.random,
            function_timeout_seconds=FUNCTION_SECONDS,
            sweep_grace_seconds=GRACE_SECONDS,
        )
        self.publish = PublishOrder(self.store, self.bus, clock, GRACE_SECONDS)
        sweep = Sweep(self.store, self.store, self.queues, self.publish, lambda _: None, lambda _: (), clock)
        self.sweep = SweepAll((ReleaseRecovered(self.channels, release_in_batches, clock), sweep))

    def run(self, orders: int) -> list[Order]:
        """Accepts the orders and lets time pass until nothing more happens to any of them, or for three days."""
        accepted = [self._accept(number) for number in range(orders)]
        end = self.clock() + LONGEST
        while self.clock() < end and not self._is_settled(accepted):
            self._deliver_events()
            self._handle_visible_messages()
            self._move_clock()
            self._look_after_channel()
            with suppress(SweepIncomplete):
                self.sweep()
        return accepted

    def _accept(self, number: int) -> Order:
        order = samples.order(
            f"SO-{NOW:%Y%m%d}-{number + 1:05d}",
            created_at=to_iso(NOW),
            order_date=f"{NOW:%Y-%m-%d}",
            channels=(self.channel,),
            due_at=to_iso(self.clock() + timedelta(seconds=GRACE_SECONDS)),
        )
        self.store.put_if_absent(order)
        self.publish(order)
        return order

    def _deliver_events(self) -> None:
        for event in self.bus.of_type(FORWARD_QUEUED):
            self.queues.sent.append((self.clock(), ForwardMessage.from_detail(event.detail)))
        self.bus.events.clear()

    def _handle_visible_messages(self) -> None:
        now, waiting = self.clock(), self.queues.sent
        visible = [message for at, message in waiting if at <= now]
        self.queues.sent = [entry for entry in waiting if entry[0] > now]
        for message in visible:
            self.forward(message)

    def _move_clock(self) -> None:
        # To the next message or due time, but never by less than some seconds: many lie close together.
        times = [at for at, _ in self.queues.sent]
        times += [from_iso(each.due_at) for each in self.store.forwards.values() if each.due_at is not None]
        times += [from_iso(each.due_at) for each in self.store.orders.values() if each.due_at is not None]
        soonest = self.clock() + timedelta(seconds=LEAST_STEP_SECONDS)
        self.clock.now = max(min(times, default=soonest), soonest)

    def _look_after_channel(self) -> None:
        """The operator, who finds a paused channel after a while, and resumes it."""
        channel = self.channels.by_name["main"]
        if channel.since and channel.state == "paused" and self.clock() - from_iso(channel.since) > OPERATOR_COMES:
            self.channels.resume(self.channel, to_iso(self.clock()))
            list(self.release.after_resume(self.channel))

    def _is_settled(self, orders: Sequence[Order]) -> bool:
        settled = {ForwardState.SENT, ForwardState.REJECTED, ForwardState.IN_DOUBT}
        forwards = (self.store.forwards.get((order.key, "main")) for order in orders)
        return all(forward is not None and forward.state in settled for forward in forwards)


def what_is_wrong(forward: Forward | None, held: Sequence[HeldOrder]) -> str | None:
    """Why an order counts as lost: no state with a reason, or a state that is not true; None where it is not lost."""
    match forward:
        case None:
            return "no forward"
        case Forward(state=ForwardState.SENT):
            ids = [str(order.id) for order in held]
            true = bool(held) and forward.external_id in (None, *ids)
            return None if true else f"SENT as {forward.external_id}, and the platform holds {ids}"
        case Forward(state=ForwardState.IN_DOUBT):
            return None if forward.error else "IN_DOUBT without a reason"
        case Forward(state=ForwardState.REJECTED):
            return None if forward.error and not held else f"REJECTED ({forward.error}), and the platform holds {held}"
        case _:
            return f"{forward.state} at the end: {forward.error}"
