"""Calls to platforms and to the partner's webhook: steps of their workers, watched, and at times late or in vain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from evidence.actors.receiver import Receiver
from evidence.processes.machine import Machine
from evidence.system.agenda import Agenda
from evidence.system.harm import Harm
from evidence.system.watch import Watch
from orderbridge.calls.turns import Turns
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import NoAnswer
from orderbridge.http.public_post import PublicPost
from orderbridge.http.transport import Call, Conversation, Transport
from orderbridge.values.ids import ChannelRef
from orderbridge_sandboxes import Request
from orderbridge_sandboxes.faults import list_of
from tests.conformance.facts import PlatformFacts

NOBODY = "http://127.0.0.1:1"
"""A port that needs rights nobody here has, so that nobody listens at it."""
CODE = re.compile(rb"SO-[0-9]{8}-[0-9]{5,}")
TOO_LATE = NoAnswer("ReadTimeout after the request left", None, "ReadTimeout")
REAL_SECONDS = 60


class PlatformCalls:
    """What is called, of which platform. `settle_seconds` is how soon a late request arrives at most."""

    def __init__(self, machine: Machine, harm: Harm, agenda: Agenda, watch: Watch, settle_seconds: float) -> None:
        self._machine, self._harm, self._agenda, self._watch = machine, harm, agenda, watch
        self._settle_seconds = settle_seconds
        self._facts: dict[str, tuple[str, PlatformFacts]] = {}
        self._lists: dict[str, tuple[Any, set[str]]] = {}
        """Of each platform the list that was read last, and which of its pages."""
        self.made = 0
        self.pages: Counter[str] = Counter()
        """By channel the most pages that one list of its orders had."""

    def know(self, url: str, channel: str, facts: PlatformFacts) -> None:
        """Which channel and platform are at an address."""
        self._facts[url.removeprefix("http://")] = channel, facts

    @contextmanager
    def watched(self, receiver: Receiver) -> Iterator[None]:
        """In this block all calls go through here."""
        call, conversation, take = Conversation.call, Transport.conversation, Turns.take

        def called(talk: Conversation, request: Call, deadline: Deadline) -> Any:
            worker, address = self._machine.current, talk._address.authority  # noqa: SLF001 - which platform is called
            name = "operator" if worker is None else worker.name
            self._note(address, request)
            self._machine.step(f"{name}: before call")
            if self._is_create(address, request):
                if self._harm.strikes(self._harm.row.processed_late, "processed late"):
                    arrives_in = self._machine.draw.uniform(0.5, self._settle_seconds - 2)
                    self._agenda.later(arrives_in, partial(arrive, address, request))
                    raise TOO_LATE
                if self._harm.strikes(self._harm.row.answered_late, "answered late"):
                    call(talk, request, deadline)
                    raise TOO_LATE
            reply = call(talk, request, deadline)
            self._machine.step(f"{name}: after call")
            return reply

        def arrive(address: str, request: Call) -> None:
            """The request that was given up arrives all the same."""
            with conversation(Transport(allow_loopback_http=True), f"http://{address}") as again:
                call(again, request, Deadline.after(REAL_SECONDS))

        def connected(transport: Transport, base_url: str) -> Conversation:
            is_lost = self._harm.strikes(self._harm.row.unreachable, "nobody listens")
            return conversation(transport, NOBODY if is_lost else base_url)

        def taken(turns: Turns, *asked: Any) -> float:
            began = self._machine.now
            ahead = take(turns, *asked)
            self._machine.struck["turns waited for"] += ahead > 0 or self._machine.now > began
            return ahead

        def posted(_post: PublicPost, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Any:
            return receiver.post(url, headers, body, seconds)

        with (
            patch.object(Conversation, "call", called),
            patch.object(Transport, "conversation", connected),
            patch.object(Turns, "take", taken),
            patch.object(PublicPost, "post", posted),
        ):
            yield

    def _note(self, address: str, request: Call) -> None:
        self.made += 1
        if address not in self._facts:
            return
        channel, facts = self._facts[address]
        if request.method == facts.orders.method and request.target.startswith(facts.orders.path):
            self._note_page(address, channel, request)
        if self._is_create(address, request):
            for code in sorted(set(CODE.findall(request.body))):
                self._watch.creating(ChannelRef(channel, facts.name), code.decode(), request.body)

    def _is_create(self, address: str, request: Call) -> bool:
        if address not in self._facts:
            return False
        create = self._facts[address][1].create
        return (request.method, request.target.partition("?")[0]) == (create.method, create.path)

    def _note_page(self, address: str, channel: str, request: Call) -> None:
        asked = list_of(Request(request.method, request.target, {}, b""))
        before, targets = self._lists.get(address, (None, set()))
        targets = {*targets, request.target} if asked == before else {request.target}
        self._lists[address] = asked, targets
        self.pages[channel] = max(self.pages[channel], len(targets))
