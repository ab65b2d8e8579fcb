"""A world for the fault matrix: one channel on one sandbox, everything behind the API, a clock that is moved by hand.

Publisher, forwarder and sweeper are those that run on AWS, and so are the platform's adapter and the transport, over
real connections. Store, bus and queues are the tests' own, under the conditions of the table.
"""

from __future__ import annotations

import functools
import itertools
import random
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.bad_weather import BadWeather
from orderbridge.calls.turns import Turns
from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Outcome
from orderbridge.forwarding.channel_gate import ChannelGate
from orderbridge.forwarding.events import FORWARD_QUEUED, ForwardMessage
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.forwarding.publishing import PublishOrder
from orderbridge.forwarding.recently_asked import RecentlyAsked
from orderbridge.forwarding.releasing import ReleaseForwards, ReleaseInBatches, ReleaseRecovered
from orderbridge.forwarding.sending import ForwardOrder
from orderbridge.forwarding.sweeping import Sweep
from orderbridge.http.transport import Conversation, Transport, tls_context
from orderbridge.orders.order import Order
from orderbridge.platforms.registry import definition_of
from orderbridge.values.ids import ChannelRef
from orderbridge.values.sweeps import SweepAll, SweepIncomplete
from orderbridge.values.times import from_iso, to_iso
from orderbridge_sandboxes import DEMO_CREDENTIALS, ManualClock, Sandbox, demo_mappings, demo_settings
from tests.conformance.facts import facts_of
from tests.fakes import samples
from tests.fakes.directories import Channels, Mappings
from tests.fakes.outward import Bus, Queues
from tests.fakes.steps import Died, PortFailed, Steps
from tests.fakes.store import Store

NOW = datetime(2025, 3, 3, 3, 0, tzinfo=UTC)
DAYS = 25
"""The orders' dates are spread over so many days, as those of a busy month would be."""
SETTLE_SECONDS, GRACE_SECONDS, FUNCTION_SECONDS, VISIBILITY_SECONDS = 30, 60.0, 60.0, 360
"""As in template.yaml."""
LEAST_STEP_SECONDS = 5
OPERATOR_COMES = timedelta(minutes=10)
WEATHER_ENDS = timedelta(hours=6)
LONGEST = timedelta(days=3)
NOBODY = "http://127.0.0.1:1"
"""A port that needs rights nobody here has, so that nobody listens at it."""


class Moments(Steps):
    """Steps that can also be struck by name."""

    def __init__(self) -> None:
        super().__init__()
        self._named: tuple[str, Callable[[], None]] | None = None
        self.strikes = 0

    def at_moment(self, name: str, act: Callable[[], None]) -> None:
        """Call `act` when this step is taken next, once."""
        self._named = (name, act)

    def clear(self) -> None:
        super().clear()
        self._named = None

    def pass_by(self, name: str) -> None:
        if self._named is not None and self._named[0] == name:
            (_, act), self._named = self._named, None
            self._strike(act)
        elif self._left is not None:
            super().pass_by(name)

    def at(self, step: int, act: Callable[[], None]) -> None:
        super().at(step, lambda: self._strike(act))

    def _strike(self, act: Callable[[], None]) -> None:
        self.strikes += 1
        act()


class CountingTransport(Transport):
    """The transport of production, with its calls counted."""

    calls = 0

    def conversation(self, base_url: str) -> Conversation:
        made = super().conversation(base_url)
        call = made.call

        def counted(*arguments: Any) -> Any:
            self.calls += 1
            return call(*arguments)

        made.call = counted  # type: ignore[method-assign]
        return made


class Credentials:
    """`CredentialSource`: the sandboxes' own."""

    def credentials(self, channel: Channel) -> Mapping[str, Any]:
        return DEMO_CREDENTIALS[channel.platform]

    refreshed = credentials


class Addresses(Channels):
    """`ChannelDirectory` whose channel can be sent to an address at which nobody listens."""

    elsewhere: str | None = None

    def find(self, channel: ChannelRef) -> Channel | None:
        found = super().find(channel)
        if found is None or self.elsewhere is None:
            return found
        return replace(found, settings={**found.settings, "base_url": self.elsewhere})


class Watched:
    """A platform's adapter whose create call has a moment before and after, at which a worker may end."""

    def __init__(self, adapter: Any, steps: Steps) -> None:
        self._adapter = adapter
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    def create_order(self, request: FrozenRequest, channel: Channel, credentials: Mapping[str, Any]) -> Outcome:
        self._steps.pass_by("before create order")
        outcome: Outcome = self._adapter.create_order(request, channel, credentials)
        self._steps.pass_by("after create order")
        return outcome


@functools.cache
def one_tls_context() -> ssl.SSLContext:
    """Made once: no sandbox is called by TLS, and it takes longer than a small world."""
    return tls_context()


class World:
    """One channel on one sandbox, everything behind the API, and a clock that is moved by hand."""

    def __init__(
        self,
        platform: str,
        weather: BadWeather,
        sandbox: Sandbox[Any],
        clock: ManualClock,
        seed: int,
        transport: Transport | None = None,
    ) -> None:
        facts = facts_of(platform)
        name = facts.name
        self.weather, self.sandbox, self.clock = weather, sandbox, clock
        self.draw = random.Random(seed)
        self.steps = Moments()
        self.store = Store(self.steps)
        self.bus = Bus(self.steps)
        self.queues = Queues(clock, self.steps)
        self.transport = transport or CountingTransport(allow_loopback_http=True, ssl_context=one_tls_context())
        settings = {**demo_settings(name, sandbox.url), "settle_s": SETTLE_SECONDS, **weather.settings}
        self.channel = ChannelRef("main", name)
        self.channels = Addresses(self.steps, Channel("main", name, {**settings, **facts.settings}))
        mappings = Mappings(self.steps)
        for kind, key, value in demo_mappings(name):
            mappings.values["main", MappingKey.of(kind, key)] = value  # type: ignore[arg-type]
        adapter: Any = Watched(definition_of(name).make_adapter(self.transport, Turns()), self.steps)
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
            jitter=self.draw.random,
            function_timeout_seconds=FUNCTION_SECONDS,
            sweep_grace_seconds=GRACE_SECONDS,
        )
        self.publish = PublishOrder(self.store, self.bus, clock, GRACE_SECONDS)
        sweep = Sweep(self.store, self.store, self.queues, self.publish, lambda _: (), clock)
        self.sweep = SweepAll((ReleaseRecovered(self.channels, release_in_batches, clock), sweep))

    # --- for the weather ----------------------------------------------------------------------------------------------

    def turn_away(self) -> None:
        """The next message finds nobody at the platform's address."""
        self.channels.elsewhere = NOBODY
        self.steps.strikes += 1

    def lose_messages(self) -> None:
        """What this message sends to the queue is lost."""
        self.losing = True
        self.steps.strikes += 1

    # --- what happens -------------------------------------------------------------------------------------------------

    def run(self, orders: int) -> list[Order]:
        """Accepts the orders and lets time pass until nothing more happens to any of them, or for three days."""
        accepted = [self._accept(number) for number in range(orders)]
        end = self.clock() + LONGEST
        while self.clock() < end and not self._is_settled(accepted):
            if self._weather_is_over():
                self.sandbox.faults.clear()
            self._deliver_events()
            called = self.transport.calls
            self._handle_visible_messages()
            if self.transport.calls > called:
                time.sleep(self.weather.late * 1.5)  # what is on its way to the platform arrives before time goes on
            self._move_clock()
            self._look_after_channel()
            with suppress(SweepIncomplete):
                self.sweep()
        return accepted

    def _accept(self, number: int) -> Order:
        accepted_at = NOW - timedelta(days=number % DAYS)
        order = samples.order(
            f"SO-{accepted_at:%Y%m%d}-{number + 1:05d}",
            created_at=to_iso(accepted_at),
            order_date=f"{accepted_at:%Y-%m-%d}",
            channels=(self.channel,),
            due_at=to_iso(self.clock() + timedelta(seconds=GRACE_SECONDS)),
        )
        self.store.put_if_absent(order)
        self._disturbed(lambda: self.publish(order), None)
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
            before = len(self.queues.sent)
            if not self._disturbed(lambda message=message: self.forward(message), message):  # type: ignore[misc]
                self.queues.sent.append((now + timedelta(seconds=VISIBILITY_SECONDS), message))
            elif self.losing:
                del self.queues.sent[before:]

    def _disturbed(self, act: Callable[[], object], message: ForwardMessage | None) -> bool:
        """Whether `act` came to its end, with the weather's harm done to it; after some hours there is none."""
        self.losing, self.bus.is_down, self.channels.elsewhere = False, False, None
        if self.weather.harm is not None and not self._weather_is_over():
            self.weather.harm(self, self.draw, message)
        try:
            act()
        except (Died, PortFailed):
            return False
        finally:
            self.steps.clear()
        return True

    def _weather_is_over(self) -> bool:
        return self.clock() >= NOW + WEATHER_ENDS

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
            list(self.release.after_resume("main"))

    def _is_settled(self, orders: Sequence[Order]) -> bool:
        settled = {ForwardState.SENT, ForwardState.REJECTED, ForwardState.IN_DOUBT}
        forwards = (self.store.forwards.get((order.key, "main")) for order in orders)
        return all(forward is not None and forward.state in settled for forward in forwards)
