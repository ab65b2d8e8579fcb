"""Bus, queues and a platform in memory. The platform keeps what it really holds, whatever it answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from orderbridge.channels.channel import Channel, CommonSettings
from orderbridge.channels.lookups import Absent, Ambiguous, Finding, Found, FoundMappings, LookFailed
from orderbridge.channels.mapping import MappingKey, MissingMappings
from orderbridge.channels.outcomes import Accepted, NotSent, Outcome, Refused, Rejected, TurnedAway, Unknown
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.forwarding.events import ForwardMessage
from orderbridge.forwarding.ports import FrozenRequest, Sought
from orderbridge.orders.order import Order
from orderbridge.values.events import Event
from orderbridge.values.times import Clock
from tests.fakes.steps import PortFailed, Steps


class Bus:
    """`EventBus` in memory."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.steps = steps or Steps()
        self.events: list[Event] = []
        self.is_down = False

    def publish(self, events: Sequence[Event]) -> None:
        self.steps.pass_by("before publish")
        if self.is_down:
            raise PortFailed
        self.events += events
        self.steps.pass_by("after publish")

    def of_type(self, detail_type: str) -> list[Event]:
        return [event for event in self.events if event.detail_type == detail_type]


def one_by_one(send: Callable[[Any], None], message: Any) -> Exception | None:
    """Send one message of several; why it is not in its queue."""
    try:
        send(message)
    except PortFailed as failure:
        return failure
    return None


class Queues:
    """`ForwardQueues` in memory: messages with the time from which they are visible. Refuses what SQS refuses."""

    LONGEST_DELAY_SECONDS = 900

    def __init__(self, clock: Clock, steps: Steps | None = None) -> None:
        self.clock = clock
        self.steps = steps or Steps()
        self.sent: list[tuple[datetime, ForwardMessage]] = []

    def send(self, message: ForwardMessage, delay_seconds: float = 0) -> None:
        self.steps.pass_by("before send")
        if not 0 <= delay_seconds <= self.LONGEST_DELAY_SECONDS:
            raise ValueError(f"DelaySeconds {delay_seconds}")
        self.sent.append((self.clock() + timedelta(seconds=int(delay_seconds)), message))
        self.steps.pass_by("after send")

    def send_together(self, messages: Sequence[ForwardMessage]) -> Sequence[Exception | None]:
        return [one_by_one(self.send, message) for message in messages]

    def visible(self) -> list[ForwardMessage]:
        return [message for at, message in self.sent if at <= self.clock()]

    def remove(self, message: ForwardMessage) -> None:
        """Acknowledge one visible copy."""
        index = next(i for i, (at, each) in enumerate(self.sent) if each == message and at <= self.clock())
        del self.sent[index]


Answer = Literal[
    "accepted",
    "rejected",
    "refused",
    "refused for an hour",
    "refused credentials",
    "forbidden",
    "not sent",
    "turned away",
    "turned away after",
    "unavailable",
    "unavailable after",
    "says that it is there",
    "lost",
    "lost after",
]
"""What becomes of a create call; with ``after`` the platform processed it and the answer does not prove it."""


@dataclass
class FakePlatform:
    """`Platform` in memory. A line needs a product mapping, and the order a customer mapping."""

    clock: Clock
    steps: Steps = field(default_factory=Steps)
    name: str = "sirclo"
    can_look: bool = True
    can_cancel: bool = False
    lag_seconds: float = 5
    answer: Callable[[], Answer] = lambda: "accepted"
    look_fails: Callable[[], bool] = lambda: False
    cancel_answer: Callable[[], Outcome] = lambda: Accepted(None)
    probe_answer: Callable[[], str | None] = lambda: None
    calls: list[tuple[str, bytes, Answer]] = field(default_factory=list)
    looks: int = 0
    cancels: int = 0
    probes: int = 0
    held: list[tuple[str, datetime]] = field(default_factory=list)
    tells: dict[MappingKey, Any] = field(default_factory=dict)
    asked_for: list[tuple[MappingKey, ...]] = field(default_factory=list)
    turn_in: float = 0
    """In how many seconds it is this worker's turn at the channel."""
    defect: Exception | None = None
    """What every call raises that makes or reads something, as long as our own code has a defect."""

    def require_usable(self, channel: Channel, credentials: Mapping[str, Any]) -> None:
        try:
            self.settings(channel)
        except ValueError as invalid:
            raise ChannelUnusable(f"the settings of the channel {channel.name} cannot be used") from invalid
        if "api_key" not in credentials:
            raise ChannelUnusable(f"the credentials of the channel {channel.name} cannot be used")

    def settings(self, channel: Channel) -> CommonSettings:
        return CommonSettings.model_validate(channel.settings)

    def take_turn(self, channel: Channel) -> float:
        return self.turn_in

    def mapping_keys(self, order: Order, channel: Channel) -> Collection[MappingKey]:
        content = order.content
        products = [MappingKey.of("product", line.product_code) for line in content.products]
        # The address is for the look-up of a customer.
        return [*(MappingKey.of(kind, content.customer_code) for kind in ("customer", "address")), *products]

    def to_request(self, order: Order, channel: Channel, mappings: Mapping[MappingKey, Any]) -> FrozenRequest:
        self._fail_if_defective()
        keys = [key for key in self.mapping_keys(order, channel) if key.kind != "address"]
        missing = [key for key in keys if key not in mappings]
        if missing:
            raise MissingMappings(missing)
        body = {"order": order.code, "values": [mappings[key] for key in keys]}
        return FrozenRequest("POST", "/orders", json.dumps(body).encode())

    def create_order(self, request: FrozenRequest, channel: Channel, credentials: Mapping[str, Any]) -> Outcome:
        self.steps.pass_by("before create order")
        code = json.loads(request.body)["order"]
        answer = self.answer()
        self.calls.append((code, request.body, answer))
        if answer == "accepted" or answer.endswith(" after"):
            self.held.append((code, self.clock()))
        self.steps.pass_by("after create order")
        return self._outcome(answer, code)

    def _outcome(self, answer: Answer, code: str) -> Outcome:
        outcomes: dict[Answer, Outcome] = {
            "accepted": Accepted(f"id of {code}"),
            "rejected": Rejected("400: no such customer"),
            "refused": Refused("429: slow down"),
            "refused for an hour": Refused("429: slow down", retry_after=3600),
            "refused credentials": Refused("401: who are you", credentials=True),
            "forbidden": Refused("403: request blocked", credentials=True, perhaps_of_order=True),
            "not sent": NotSent("connection refused"),
            "turned away": TurnedAway("404: default backend", by_application=False),
            "turned away after": TurnedAway("404: not found", by_application=True),
            "unavailable": Unknown("503: down", of_order=False),
            "unavailable after": Unknown("503: down", of_order=False),
            "says that it is there": Unknown("409: it exists already", says_held=True),
            "lost": Unknown("timeout"),
            "lost after": Unknown("timeout"),
        }
        return outcomes[answer]

    def look_for(self, sought: Sought, channel: Channel, credentials: Mapping[str, Any]) -> Finding:
        order = sought.order
        self.steps.pass_by("before look")
        self._fail_if_defective()
        self.looks += 1
        if self.look_fails():
            return LookFailed("500")
        seen_since = self.clock() - timedelta(seconds=self.lag_seconds)
        shown = [code for code, at in self.held if code == order.code and at <= seen_since]
        self.steps.pass_by("after look")
        if len(shown) > 1:
            return Ambiguous(tuple(f"id of {code}" for code in shown))
        return Found(f"id of {order.code}") if shown else Absent()

    def cancel_order(
        self, order: Order, external_id: str | None, channel: Channel, credentials: Mapping[str, Any]
    ) -> Outcome:
        self.steps.pass_by("before cancel")
        self._fail_if_defective()
        self.cancels += 1
        return self.cancel_answer()

    def find_mappings(
        self,
        wanted: Collection[MappingKey],
        known: Mapping[MappingKey, Any],
        channel: Channel,
        credentials: Mapping[str, Any],
    ) -> FoundMappings:
        self.steps.pass_by("before find_mappings")
        self.asked_for.append(tuple(wanted))
        return FoundMappings({key: self.tells[key] for key in wanted if key in self.tells})

    def probe(self, channel: Channel, credentials: Mapping[str, Any]) -> str | None:
        self.steps.pass_by("before probe")
        self.probes += 1
        return self.probe_answer()

    def _fail_if_defective(self) -> None:
        if self.defect is not None:
            raise self.defect

    def times_held(self) -> Counter[str]:
        """How many orders the platform really holds, by code."""
        return Counter(code for code, _ in self.held)
