"""A channel on a platform's sandbox, over a socket, with the demo's mappings and those of the record.

What is asked of it goes through the platform's own adapter, `Statuses` and `Levels`, and through the use cases that
call them; the tables are in memory.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted, Outcome
from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.forwarding.order_status import channel_status
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.transport import Transport
from orderbridge.orders.order import Order
from orderbridge.platforms.registry import platform_named
from orderbridge.platforms.status_reads import status_platform
from orderbridge.platforms.stock import PlatformStock
from orderbridge.status.runs import StatusReport
from orderbridge.status.sync import SyncStatuses
from orderbridge.stock.ports import StockAccess
from orderbridge.stock.sync import RunResult, SyncStock
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import from_iso
from orderbridge_sandboxes import SANDBOXES, Fault, Sandbox, demo
from tests.conformance.facts import ACCEPTED_AT, LEVELS, Answer, Call, PlatformFacts, reference_order
from tests.fakes.directories import Channels
from tests.fakes.statuses import OpenForwards, StatusRuns
from tests.fakes.steps import Clock, Steps
from tests.fakes.stock import Shop, StockTable
from tests.fakes.store import Store

JOB_SECONDS = 0.05
"""How long the sandboxes' background jobs take."""

QUICK = {"rate_limit": 5000}
SOURCE = Channel("source", "another", {"stock": {"source": True, "rank": 1, "push": False}})
RECEIVES = {"source": False, "rank": 2, "push": True}


class Account:
    """One record's platform at its sandbox."""

    def __init__(self, facts: PlatformFacts, sandbox: Sandbox[Any]) -> None:
        self.facts = facts
        self.sandbox = sandbox
        self.platform: Any = platform_named(facts.name, allow_loopback_http=True)
        settings = {**demo.demo_settings(facts.name, sandbox.url), **QUICK, **facts.settings}
        self.channel = Channel("main", facts.name, settings)
        self.credentials: Mapping[str, str] = demo.DEMO_CREDENTIALS[facts.name]
        rows = [*demo.demo_mappings(facts.name), *facts.mappings]
        self.mappings = {MappingKey.of(kind, key): value for kind, key, value in rows}  # type: ignore[arg-type]
        self.clock = Clock(from_iso(ACCEPTED_AT) + timedelta(hours=1))
        self.store = Store()
        self.runs = StatusRuns()
        self.levels = StockTable(Steps())
        self.source: dict[str, int] = {}

    # --- orders -------------------------------------------------------------------------------------------------------

    def request(self, order: Order | None = None) -> FrozenRequest:
        return self.platform.to_request(order or reference_order(), self.channel, self.mappings)

    def send(self, order: Order | None = None) -> Outcome:
        return self.platform.create_order(self.request(order), self.channel, self.credentials)

    def answered(self, answer: Answer) -> Outcome:
        """The outcome of a create call that gets this answer, and of which the sandbox processes nothing."""
        create = self.facts.create
        self.sandbox.faults.add(
            Fault("status", create.method, create.path, status=answer.status, body=answer.body, count=None)
        )
        return self.send()

    def place(self, number: int = 1) -> Forward:
        """An order that the platform holds, and its forward; an id that no answer tells is given by hand."""
        order = reference_order(number)
        outcome = self.send(order)
        assert isinstance(outcome, Accepted), outcome
        channel = ChannelRef(self.channel.name, self.channel.platform)
        queued = new_forward(order.key, order.code, channel, self.clock(), 60).forward
        external_id = outcome.external_id or str(self.sandbox.platform.find_order(order.code).id)
        self.store.orders[order.key] = order
        self.store.forwards[order.key, channel.name] = replace(
            queued, state=ForwardState.SENT, due_at=None, external_id=external_id
        )
        return self.forward(number)

    def forward(self, number: int = 1) -> Forward:
        return self.store.forwards[reference_order(number).key, self.channel.name]

    def status(self, number: int = 1) -> str:
        return channel_status(self.forward(number))

    def asked(self, call: Call) -> list[int | None]:
        """The statuses with which the sandbox has answered such calls."""
        return [
            each.status
            for each in self.sandbox.requests
            if each.method == call.method and each.target.startswith(call.path)
        ]

    # --- statuses -----------------------------------------------------------------------------------------------------

    def sync_statuses(self) -> StatusReport:
        statuses = status_platform(self.facts.name, lambda _: self.credentials, allow_loopback_http=True)
        channels = Channels(None, self.channel)
        sync = SyncStatuses(OpenForwards(self.store), self.store, channels, self.runs, self.clock, lambda: "run")
        return sync(self.channel, statuses, lambda: 60.0)

    # --- stock --------------------------------------------------------------------------------------------------------

    def stock_up(self) -> dict[str, int]:
        """Sets the record's levels at the sandbox; what every mapped product then has to be read as."""
        shelf = self.facts.shelf
        for code, level in LEVELS.items():
            self.sandbox.set_stock(code, level)
        for (code, warehouse), level in shelf.set.items():
            self.sandbox.set_stock(code, level, warehouse)
        for code, value in shelf.products.items():
            self.mappings[MappingKey.of("product", code)] = value
        others = {demo.Product(number).code: demo.Product(number).level for number in range(1, demo.PRODUCTS + 1)}
        return {**others, **LEVELS, **shelf.read}

    def sync_stock(self) -> RunResult:
        name = self.channel.name
        self.levels.mappings[name] = {key.key: value for key, value in self.mappings.items() if key.kind == "product"}
        self.levels.site_mappings[name] = [value for key, value in self.mappings.items() if key.kind == "site"]
        self.levels.mappings[SOURCE.name] = {code: code for code in self.source}
        sync = SyncStock(self.levels, self.levels, self, lambda _: None, self.clock, lambda: "run")
        channels = [SOURCE, self.channel] if self.source else [self.channel]
        for channel in channels:
            self.clock.move(1)
            result = sync(channel, channels, lambda: 1000.0)
        return result

    def receives(self, levels: Mapping[str, int]) -> None:
        """From now on another channel is the source of record, with these levels."""
        self.source = dict(levels)
        self.channel = replace(self.channel, settings={**self.channel.settings, "stock": RECEIVES})

    def open(self, channel: Channel, sites: Iterable[Any]) -> AbstractContextManager[StockAccess]:
        """`StockPlatforms`: the platform's own, and the source of record's."""
        if channel.name == SOURCE.name:
            return _opened(Shop(Steps(), dict(self.source), page_size=100))
        transport = Transport(allow_loopback_http=True)
        return PlatformStock(
            transport, AccountCredentials(self), sleep=lambda pause: time.sleep(min(pause, JOB_SECONDS))
        ).open(channel, sites)

    def known_levels(self) -> dict[str, int]:
        return {code: level.available for code, level in self.levels.stored.get(self.channel.name, {}).items()}


class AccountCredentials:
    """`CredentialSource` of an account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def credentials(self, _: Channel) -> Mapping[str, str]:
        return self._account.credentials

    refreshed = credentials


@contextmanager
def _opened(access: StockAccess) -> Iterator[StockAccess]:
    yield access


@contextmanager
def account_at(facts: PlatformFacts) -> Iterator[Account]:
    """The record's platform at a sandbox of its own."""
    with SANDBOXES[facts.name](job_seconds=JOB_SECONDS) as sandbox:
        yield Account(facts, sandbox)


def body_of(request: FrozenRequest) -> Any:
    """The body of a create call, exactly: no number in it is a float."""
    return json.loads(request.body, parse_float=Decimal)
