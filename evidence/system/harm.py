"""The harm of a row: whether it is still done, how often each kind was, and what has to have been."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from evidence.processes.machine import Died, Machine, Worker
from evidence.weather import Row
from orderbridge_sandboxes import Sandbox
from tests.conformance.facts import PlatformFacts

API = ("auth_login", "auth_refresh", "order_intake", "order_read", "order_cancel")
API_SKEW_SECONDS = 15
"""Half of a token's leeway: a token that one function gives out has to be good at another."""


class Harm:
    """What is done to one run. `ended_at` is when it was over."""

    def __init__(self, row: Row, machine: Machine) -> None:
        self.row = row
        self.ended_at = machine.now
        self._machine = machine
        self._ends_at = machine.now + timedelta(hours=row.hours)
        self._is_over = False
        self._rules: list[tuple[str, str, int]] = []
        """Each fault of a sandbox: its name, the platform's label, its number there."""
        self._sandboxes: Mapping[str, Sandbox[Any]] = {}

    @property
    def is_over(self) -> bool:
        return self._is_over

    @property
    def is_done(self) -> bool:
        """Whether harm is still done."""
        return not self._is_over and (self.row.rounds_are_bad or self._machine.now < self._ends_at)

    def strikes(self, share: float, name: str) -> bool:
        """Whether harm of this kind is done now; the first time surely."""
        if not share or not self.is_done:
            return False
        if self._machine.draw.random() >= share and self._machine.struck[name]:
            return False
        self._machine.struck[name] += 1
        return True

    def before_step(self, worker: Worker) -> None:
        """Perhaps end a worker; raises `Died`."""
        for function, share in self.row.killed.items():
            if worker.name.startswith(function) and self.strikes(share, f"killed {function}"):
                raise Died

    def skew(self, function: str) -> timedelta:
        """How far off the clock of a function's new environment is."""
        if not self.row.skew_seconds or not self.is_done:
            return timedelta()
        self._machine.struck["clocks that are off"] += 1
        most = API_SKEW_SECONDS if function in API else self.row.skew_seconds
        return timedelta(seconds=self._machine.draw.choice((-most, 0, most)))

    def begin(self, sandboxes: Mapping[str, Sandbox[Any]], facts: Mapping[str, PlatformFacts], orders: int) -> None:
        """Order the faults of these platforms."""
        self._sandboxes = sandboxes
        for number, strike in enumerate(self.row.strikes, start=1):
            for label, sandbox in sandboxes.items():
                if strike.is_about(facts[label]):
                    for fault in strike.faults(facts[label], orders, self._machine.draw.getrandbits(30)):
                        self._rules.append((f"strike {number} at {label}", label, sandbox.faults.add(fault)))

    def end(self) -> None:
        """From now on nothing bad is done."""
        if self._is_over:
            return
        self._is_over, self.ended_at = True, self._machine.now
        for name, label, number in self._rules:
            struck = {each["id"]: each["struck"] for each in self._sandboxes[label].faults.listed()}[number]
            self._machine.struck[name] += struck
            self._machine.struck["any strike"] += struck
        for sandbox in self._sandboxes.values():
            sandbox.faults.clear()

    def end_in_time(self) -> None:
        """End it where its hours are over."""
        if not self.is_done:
            self.end()

    def expected(self) -> list[str]:
        """The name of every kind of harm that the row speaks of."""
        row = self.row
        shares = {
            "nobody listens": row.unreachable,
            "messages lost": row.messages_lost,
            "messages delayed": row.messages_delayed,
            "messages repeated": row.messages_repeated,
            "messages refused": row.messages_refused,
            "events refused": row.events_refused,
            "events dropped": row.events_dropped,
            "stream dark": row.stream_dark_hours,
            "answered late": row.answered_late,
            "processed late": row.processed_late,
            "clocks that are off": row.skew_seconds,
            "receiver fails": row.receiver_fails,
            "answers to the partner lost": row.posts.answers_lost,
            "orders taken back": row.cancelled,
        }
        named = [name for name, share in shares.items() if share]
        named += [f"killed {function}" for function in row.killed]
        named += [fault.name for fault in row.aws]
        strikes = list(dict.fromkeys(name for name, _, _ in self._rules))
        return [*named, *(strikes if row.expects_each else ["any strike"] * bool(strikes)), *row.expected]
