"""The faults of the fault matrix: what platforms, networks and our own machines do to an order on its way.

Each is data: what the platform's sandbox does to calls, and what happens to our own processes. `CREATE` and
`LISTS` stand for the paths of the platform in question.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Protocol

from orderbridge_sandboxes.faults import Fault, FaultKind
from tests.conformance.facts import facts_of
from tests.fakes.steps import die, fail

if TYPE_CHECKING:
    from orderbridge.forwarding.events import ForwardMessage

CREATE, LISTS = "create", "lists"
TIMEOUT_SECONDS, LATE_SECONDS = 0.06, 0.12
"""Real seconds: the network's time cannot be moved by hand."""


class OurSide(Protocol):
    """What harm can be done to."""

    steps: Any
    bus: Any

    def turn_away(self) -> None: ...

    def lose_messages(self) -> None: ...

    def forward(self, message: ForwardMessage) -> object: ...


Harm = Callable[[OurSide, random.Random, "ForwardMessage | None"], None]
"""Done to our own side before a message is handled, or an order published (no message)."""


@dataclass(frozen=True)
class Strike:
    """A fault of the sandbox: `share` of the calls of this kind, the first `calls_per_order` times orders of them."""

    kind: FaultKind
    on: str = CREATE
    share: float = 1.0
    calls_per_order: float = 1.0
    details: Mapping[str, Any] = field(default_factory=dict)

    def fault(self, platform: str, orders: int, seed: int) -> Fault:
        facts = facts_of(platform)
        call = facts.create if self.on == CREATE else facts.orders
        return Fault(
            self.kind,
            method=call.method,
            path=call.path,
            count=max(round(orders * self.calls_per_order), 1),
            probability=self.share,
            seed=seed,
            **self.details,
        )


@dataclass(frozen=True)
class BadWeather:
    """One row of the matrix. `settings` are the channel's, `platform` the sandbox's, `late` real seconds of a delay.

    `in_vain`: an order is never taken, so that a person has to see to it.
    """

    name: str
    strikes: tuple[Strike, ...] = ()
    harm: Harm | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    platform: Mapping[str, Any] = field(default_factory=dict)
    late: float = 0.0
    in_vain: bool = False


LOST, LOST_OFTEN = Strike("commit_then_close"), Strike("commit_then_close", share=0.5)
IMPATIENT = {"timeout_s": TIMEOUT_SECONDS}


def answered(status: int, *, processed: bool, share: float = 1.0, calls: float = 1.0, **details: Any) -> Strike:
    """A status in place of the true answer."""
    kind: FaultKind = "commit_then_status" if processed else "status"
    return Strike(kind, share=share, calls_per_order=calls, details={"status": status, **details})


def nobody_listens(world: OurSide, draw: random.Random, message: ForwardMessage | None) -> None:
    if draw.random() < 0.3 and message is not None:
        world.turn_away()


def killed_or_failing(world: OurSide, draw: random.Random, message: ForwardMessage | None) -> None:  # noqa: ARG001
    """A worker is killed, or the store fails, at a moment that hurts or at any step; half of the time."""
    match draw.randrange(8):
        case 0:
            world.steps.at_moment("before create order", die)
        case 1:
            world.steps.at_moment("after create order", die)
        case 2:
            world.steps.at(draw.randrange(20), die)
        case 3:
            world.steps.at(draw.randrange(20), fail)


def second_worker(world: OurSide, draw: random.Random, message: ForwardMessage | None) -> None:
    """The message has come twice: another worker handles it to its end between two steps of this one."""
    if message is not None and draw.random() < 0.7:
        world.steps.at(draw.randrange(16), lambda: world.forward(message))


def nothing_arrives(world: OurSide, draw: random.Random, message: ForwardMessage | None) -> None:  # noqa: ARG001
    """Half of the messages are lost, and half of the events are refused."""
    if draw.random() < 0.5:
        world.lose_messages()
    world.bus.is_down = draw.random() < 0.5


def http_date() -> str:
    """Retry-After as a date; read against the real clock, since it comes over a real connection."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)


ODD_ANSWERS = (
    # What is before a platform, and its application in a bad hour, are known to say so. None of it proves anything.
    BadWeather("404 of a proxy, not processed", (answered(404, processed=False, body="default backend - 404"),)),
    BadWeather("404 in JSON, processed", (answered(404, processed=True, body={"message": "not found"}),)),
    BadWeather("421, not processed", (answered(421, processed=False, body="<html>Misdirected Request</html>"),)),
    BadWeather("425, not processed", (answered(425, processed=False, body=""),)),
    BadWeather("408, processed", (answered(408, processed=True, body="<html>Request Timeout</html>"),)),
    BadWeather("400 in HTML, processed", (answered(400, processed=True, body="<html>400 Bad Request</html>"),)),
    BadWeather("409 in JSON of a proxy, processed", (answered(409, processed=True, body={"message": "Conflict"}),)),
    BadWeather("451, not processed", (answered(451, processed=False, body={"message": "no"}),)),
    BadWeather("302 to a login page, not processed", (answered(302, processed=False, body="<html>Log in</html>"),)),
    BadWeather("200, a page, not processed", (answered(200, processed=False, body="<html>Maintenance</html>"),)),
    BadWeather("200, nothing, not processed", (answered(200, processed=False, raw=""),)),
    BadWeather(
        "200, an error inside, not processed",
        (answered(200, processed=False, body={"code": "IllegalAccessToken", "message": "Illegal access token"}),),
    ),
    BadWeather("200, status error, processed", (answered(200, processed=True, body={"status": "error"}),)),
    BadWeather("202, queued, not processed", (answered(202, processed=False, body={"message": "queued"}),)),
    BadWeather(
        "200, an id that is none, processed",
        (answered(200, processed=True, body={"response": "Success", "data": {"id": 0, "order_id": 0}}),),
    ),
    BadWeather("200, UTF-16, processed", (answered(200, processed=True, raw="//57AH0A"),)),
    BadWeather(
        "500 for one order, without end",
        (answered(500, processed=False, calls=1000, holds="-00003"),),
        in_vain=True,
    ),
)  # fmt: skip


def faults() -> tuple[BadWeather, ...]:
    """All of them."""
    return (
        # The call does not get through.
        BadWeather("nobody listens at the address", harm=nobody_listens),
        BadWeather("closed before it was processed", (Strike("close_before"),)),
        BadWeather("reset before it was processed", (Strike("close_before", details={"reset": True}),)),
        # The platform has stored the order, and the answer is lost.
        BadWeather("processed, then closed", (LOST,)),
        BadWeather("processed, then reset", (Strike("commit_then_close", details={"reset": True}),)),
        BadWeather("processed, half an answer", (Strike("truncate"),)),
        BadWeather("processed, garbage", (Strike("garbage"),)),
        BadWeather("processed, another shape", (Strike("wrong_shape", details={"body": ["another shape"]}),)),
        BadWeather(
            "processed, answered too late",
            (Strike("delay", details={"seconds": LATE_SECONDS, "when": "after"}),),
            settings=IMPATIENT, late=LATE_SECONDS,
        ),
        BadWeather(
            "processed after we had given up",
            (Strike("delay", details={"seconds": LATE_SECONDS, "when": "before"}),),
            settings=IMPATIENT, late=LATE_SECONDS,
        ),
        # Statuses.
        BadWeather("500, not processed", (answered(500, processed=False),)),
        BadWeather("500, processed", (answered(500, processed=True),)),
        BadWeather("502, processed", (answered(502, processed=True),)),
        BadWeather("503, not processed", (answered(503, processed=False),)),
        BadWeather("503, processed", (answered(503, processed=True),)),
        BadWeather("429", (answered(429, processed=False, share=0.3),)),
        BadWeather("429, Retry-After in seconds", (answered(429, processed=False, share=0.1, retry_after=30),)),
        BadWeather("429, Retry-After as a date", (answered(429, processed=False, share=0.1, retry_after=http_date()),)),
        BadWeather("401, now and then", (answered(401, processed=False, share=0.05, calls=0.02),)),
        # The answer is lost, and so is the first look for the order.
        BadWeather("lost, and lists that fail", (LOST, Strike("status", LISTS, calls_per_order=2.5))),
        BadWeather(
            "lost, and lists cut short or of another shape",
            (
                LOST,
                Strike("truncate", LISTS, share=0.4, calls_per_order=1),
                Strike("wrong_shape", LISTS, share=0.4),
                Strike("page_repeat", LISTS, share=0.4),
            ),
        ),
        BadWeather("lost, and lists 20 s behind", (LOST,), platform={"lookup_lag_seconds": 20.0}),
        # Our own side.
        BadWeather("worker killed, or store failing, at any step", (LOST,), harm=killed_or_failing),
        BadWeather("two workers with the same message", (LOST_OFTEN,), harm=second_worker),
        BadWeather("messages and events lost", (LOST_OFTEN,), harm=nothing_arrives),
        *ODD_ANSWERS,
    )  # fmt: skip
