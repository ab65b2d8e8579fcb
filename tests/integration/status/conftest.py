"""The status sync against the sandboxes, over real sockets on loopback; the table is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted
from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.forwarding.order_status import channel_status
from orderbridge.platforms.registry import platform_named
from orderbridge.platforms.status_reads import status_platform
from orderbridge.status.runs import StatusReport
from orderbridge.status.sync import SyncStatuses
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge_sandboxes import SANDBOXES, Sandbox, demo
from tests.conformance.facts import facts_of
from tests.fakes.directories import Channels
from tests.fakes.statuses import OpenForwards, StatusRuns
from tests.fakes.steps import Clock
from tests.fakes.store import Store
from tests.unit.platforms import examples


class Account:
    """A channel on a sandbox, orders that were really sent to it, and the sync that asks about them."""

    def __init__(self, label: str, sandbox: Sandbox[Any]) -> None:
        self.facts = facts_of(label)
        platform = self.facts.name
        self.sandbox = sandbox
        self.clock = Clock()
        self.store = Store()
        document = {**demo.demo_settings(platform, sandbox.url), "rate_limit": 10_000, **self.facts.settings}
        self.channel = Channel(f"{platform}-demo", platform, document)
        self.channels = Channels(None, self.channel)
        self.runs = StatusRuns()
        self.credentials = demo.DEMO_CREDENTIALS[platform]
        self._adapter = platform_named(platform, allow_loopback_http=True)
        self._statuses = status_platform(platform, lambda _: self.credentials, allow_loopback_http=True)
        self._mappings = {
            MappingKey.of(kind, key): value  # type: ignore[arg-type]
            for kind, key, value in demo.demo_mappings(platform)
        }
        self._sync = SyncStatuses(
            OpenForwards(self.store), self.store, self.channels, self.runs, self.clock, lambda: "run"
        )

    def place(self, number: int = 1) -> str:
        """Send an order; its code. An id that the platform does not tell is given by hand."""
        order = examples.order((("PROD-001", 2),), code=f"SO-20250101-{number:05d}", customer_code="CUST-001")
        order = replace(order, key=OrderKey.of(order.client_id, f"po:{number}"))
        request = self._adapter.to_request(order, self.channel, self._mappings)
        outcome = self._adapter.create_order(request, self.channel, self.credentials)
        assert isinstance(outcome, Accepted), outcome
        external_id = outcome.external_id or str(self.sandbox.orders[-1].id)
        queued = new_forward(
            order.key, order.code, ChannelRef(self.channel.name, self.channel.platform), self.clock(), 60
        )
        self.store.orders[order.key] = order
        self.store.forwards[order.key, self.channel.name] = replace(
            queued.forward, state=ForwardState.SENT, due_at=None, external_id=external_id
        )
        return order.code

    def sync(self, seconds_left: Callable[[], float] = lambda: 60.0, **wanted: bool) -> StatusReport:
        return self._sync(self.channels.by_name[self.channel.name], self._statuses, seconds_left, **wanted)

    def forward(self, code: str) -> Forward:
        return next(each for each in self.store.forwards.values() if each.code == code)

    def status(self, code: str) -> str:
        return channel_status(self.forward(code))

    def details(self, code: str) -> list[str]:
        """What is on the order's timeline."""
        entries = self.store.timeline.get(self.forward(code).key, [])
        return [f"{entry.event}: {entry.detail}" for entry in entries]

    def gets(self) -> list[str]:
        """What the platform was asked for, without the query."""
        return [entry.target.partition("?")[0] for entry in self.sandbox.requests if entry.method == "GET"]


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """`@pytest.mark.parametrize("account", ["sirclo"], indirect=True)`, by a record's label."""
    with SANDBOXES[facts_of(request.param).name]() as sandbox:
        yield Account(request.param, sandbox)
