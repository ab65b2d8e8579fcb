"""The whole system for one row: functions, AWS, platforms, a partner, an operator, and the time that goes by.

Time goes on only when nobody has anything to do, to the moment at which somebody has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from evidence.actors.operator import Operator
from evidence.actors.partner import Partner
from evidence.actors.receiver import Receiver
from evidence.processes.functions import Function, variables_of
from evidence.processes.machine import Machine
from evidence.processes.virtual import short_pages, virtual
from evidence.system.agenda import Agenda
from evidence.system.aws import SimulatedAws
from evidence.system.harm import Harm
from evidence.system.lanes import Lanes
from evidence.system.platform_calls import PlatformCalls
from evidence.system.watch import Watch
from evidence.weather import Row
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.values.events import OPTIONAL_EVENTS
from orderbridge_sandboxes import DEMO_CREDENTIALS, SANDBOXES, Sandbox, demo_mappings, demo_settings
from tests.conformance.facts import PlatformFacts, facts_of
from tests.contract.template import template

NOW = datetime(2025, 3, 3, 3, 0, tzinfo=UTC)
LONGEST = timedelta(days=4)
OPERATOR_COMES = timedelta(minutes=10)
SETTLE_SECONDS = 30
WEBHOOK_URL = "http://127.0.0.1:9/hook"
"""Nothing is sent there: the receiver takes the place of the post."""


class World:
    """One run of one row. `stack` ends what is started here."""

    def __init__(self, row: Row, labels: Sequence[str], seed: int, stack: ExitStack, rows_per_page: int = 10) -> None:
        """`labels`: the platforms; `rows_per_page`: how long the pages are that are asked for."""
        self.row, self.rows_per_page = row, rows_per_page
        self.facts: dict[str, PlatformFacts] = {label: facts_of(label) for label in labels}
        self.machine = machine = Machine(NOW, seed)
        self.harm = Harm(row, machine)
        self.agenda = Agenda(machine)
        self.aws = SimulatedAws(machine, self.harm)
        self.watch = Watch(self.aws.table, machine.true_clock)
        self.calls = PlatformCalls(machine, self.harm, self.agenda, self.watch, SETTLE_SECONDS)
        parameters = {
            "AllowLoopbackHttp": "true",
            "OptionalEvents": ",".join(sorted(OPTIONAL_EVENTS)),
            "SweepGraceSeconds": "60",
            **row.parameters,
        }
        self.functions = self._functions(parameters)
        self.lanes = Lanes(machine, self.harm, self.aws, self.functions, NOW, row.stream_batch)
        self.receiver = Receiver(machine, row.receiver_fails, row.receiver_takes, self._is_bad)
        self.partner = Partner(machine, self.functions, row.posts, self._is_bad, row.skew_seconds)
        machine.before_step = lambda _name, worker: self.harm.before_step(worker)
        stack.enter_context(virtual(machine, self.aws.clients))
        stack.enter_context(short_pages(rows_per_page))
        stack.enter_context(self.calls.watched(self.receiver))
        stack.callback(machine.close)
        self.sandboxes = {label: stack.enter_context(self._sandbox(facts)) for label, facts in self.facts.items()}
        self.operator = Operator(self.aws.clients, machine, parameters)
        self._set_up()

    # --- what it is made of -------------------------------------------------------------------------------------------

    def _is_bad(self) -> bool:
        return self.harm.is_done

    def _functions(self, parameters: dict[str, str]) -> dict[str, Function]:
        return {
            name: Function(
                name,
                template().folder(name),
                variables_of(name, parameters),
                template().number(properties.get("Timeout", template().document["Globals"]["Function"]["Timeout"])),
                self.machine,
                partial(self.harm.skew, name),
            )
            for name, properties in template().functions().items()
        }

    def _sandbox(self, facts: PlatformFacts) -> Sandbox[Any]:
        off = timedelta(seconds=self.row.skew_seconds * self.machine.draw.choice((-1, 1)))
        return SANDBOXES[facts.name](clock=lambda: self.machine.now + off, **self.row.platform)

    def _set_up(self) -> None:
        """The operator sets up what a partner's orders need, but for what the row leaves out."""
        for label, sandbox in self.sandboxes.items():
            facts, channel = self.facts[label], self.channel_of(label)
            self.calls.know(sandbox.url, channel, facts)
            settings = {**demo_settings(facts.name, sandbox.url), "settle_s": SETTLE_SECONDS}
            settings |= {**self.row.settings, **facts.settings}
            self.operator.add_channel(channel, facts.name, settings, DEMO_CREDENTIALS[facts.name])
            rows = [row for row in demo_mappings(facts.name) if row[0] not in self.row.without_mappings]
            self.operator.import_mappings(channel, rows)
        self.operator.add_partner([] if self.row.is_unrouted else self.channels)
        if self.row.has_webhook:
            self.receiver.secrets.append(self.operator.add_webhook(WEBHOOK_URL))

    @property
    def channels(self) -> list[str]:
        return [self.channel_of(label) for label in self.facts]

    def channel_of(self, label: str) -> str:
        """The channel on a platform: its label without a blank."""
        return label.replace(" ", "-")

    def label_of(self, channel: str) -> str:
        return next(label for label in self.facts if self.channel_of(label) == channel)

    # --- what happens -------------------------------------------------------------------------------------------------

    def run(self, orders: int) -> None:
        """Place the orders and let time pass until nothing more happens to any of them."""
        self.harm.begin(self.sandboxes, self.facts, orders)
        for number in range(orders):
            self.place_later(f"PO/{number + 1}", self.machine.draw.uniform(0, self.row.posts.over_seconds))
        for seconds, script in self.row.script:
            self.agenda.later(seconds, partial(script, self))
        for number in range(self.row.sweepers):
            self.agenda.every(60, number, self.lanes.sweep)
        self.agenda.every(60, 7, lambda: self.operator.resume_paused(OPERATOR_COMES))
        self.go_on_until(self.is_settled, NOW + LONGEST)
        if not self.row.rounds_are_bad:
            self.harm.end()

    def place_later(self, number: str, seconds: float) -> None:
        """Have the partner place an order in so many seconds, and perhaps take it back again."""

        def place() -> None:
            self.begin("partner", lambda: self.partner.place(number))
            if self.harm.strikes(self.row.cancelled, "orders taken back"):
                self.agenda.later(self.row.cancelled_within * self.machine.draw.random() ** 4, cancel)

        def cancel() -> None:
            self.begin("partner", lambda: self.partner.cancel(number))

        self.agenda.later(seconds, place)

    def begin(self, name: str, act: Callable[[], object]) -> None:
        """Have somebody begin something now, beside all others."""
        self.machine.start(name, act)

    def go_on_until(self, is_done: Callable[[], bool], end: datetime | None = None) -> bool:
        """Let time pass until something has come about and nobody is at work; False where that is not so in the end."""
        end = end or self.machine.now + timedelta(days=1)
        while self.machine.now < end:
            if self._is_quiet() and is_done():
                return True
            self._go_on(end)
        return False

    def _go_on(self, end: datetime) -> None:
        self.agenda.begin_due()
        self.lanes.fill()
        if self.machine.run_one():
            return
        times = [self.agenda.next_at, self.machine.next_wake, *self.lanes.next_times()]
        known = [time for time in times if time is not None]
        self.machine.now = max(min(known, default=end), self.machine.now + timedelta(milliseconds=1))
        self.harm.end_in_time()

    # --- what is there ------------------------------------------------------------------------------------------------

    def orders(self) -> list[Order]:
        return [order_table.read_order(item) for item in self.aws.table.items("ORDER#") if item["SK"]["S"] == "ORDER"]

    def forwards(self) -> list[Forward]:
        items = self.aws.table.items("FORWARD#")
        return [forward_items.read_forward(item) for item in items if item["SK"]["S"] == forward_items.FORWARD_SK]

    def _is_quiet(self) -> bool:
        return not self.machine.workers and self.lanes.is_streamed

    def is_settled(self) -> bool:
        """Whether every order is where nothing moves it any more, and its partner has heard of it."""
        return self.agenda.is_routine and not any(self._due()) and self.lanes.is_empty

    def _due(self) -> Iterator[str]:
        """When the sweeper would carry something on, but for what waits for a person."""
        for rows in self.aws.table.indexes["due"].rows.values():
            for item in rows.values():
                waits_for_route = item["SK"]["S"] == "ORDER" and "waiting" in item
                if not waits_for_route and item.get("state", {}).get("S") != ForwardState.NEEDS_MAPPING.value:
                    yield item["due_at"]["S"]
