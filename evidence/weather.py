"""A row of the proof: what is done to the orders of one run, by whom. Data, and a few scripts of what happens when.

Shares are of 1: of the calls, steps or messages that they are about. Everything that a row names has to strike, or the
row fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from orderbridge_sandboxes.faults import Fault, FaultKind
from tests.conformance.facts import NO_BODY, PlatformFacts

NOT_PROCESSED = (401, 403, 404, 405, 413, 421, 425, 429)
"""Statuses by which whoever gives them says that nothing was processed (docs/platforms/README.md)."""
CREATE, LISTS, CANCEL, STOCK, ANY = "create", "lists", "cancel", "stock", "any"


@dataclass(frozen=True)
class Strike:
    """A fault of the platforms: `share` of the calls of this kind, the first of them surely, at most `most` of them.

    `at` names the platforms that it is about; none: all. `most_per_order` counts with the orders of the row.
    """

    kind: FaultKind
    on: str = CREATE
    share: float = 1.0
    most_per_order: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    at: tuple[str, ...] = ()
    is_drawn: bool = False
    """Whether nobody has looked at the answer: then it is given only where it is no lie."""

    def is_about(self, facts: PlatformFacts) -> bool:
        """Whether there are such calls to this platform, and it could answer so without telling a lie."""
        if (self.at and facts.name not in self.at) or (self.is_drawn and self._lies(facts)):
            return False
        return (self.on != LISTS or facts.can_look) and (self.on != CANCEL or facts.cancel is not None)

    def _lies(self, facts: PlatformFacts) -> bool:
        """Whether the answer would be a proof at this platform of what it did not do: nobody can guard against that."""
        status, processed = self.details["status"], self.kind == "commit_then_status"
        body = NO_BODY if self.details["body"] == "" or status == HTTPStatus.NO_CONTENT else self.details["body"]
        if facts.proves(status, body, "SO-20250101-00001"):
            return True
        return processed and (status in NOT_PROCESSED or facts.may_refuse(status, body, "SO-20250101-00001"))

    def faults(self, facts: PlatformFacts, orders: int, seed: int) -> list[Fault]:
        calls = {CREATE: facts.create, LISTS: facts.orders, CANCEL: facts.cancel, STOCK: facts.stock, ANY: None}
        call = calls[self.on]
        shape = {**({} if call is None else {"method": call.method, "path": call.path}), **self.details}
        most = None if self.most_per_order is None else max(round(orders * self.most_per_order), 1)
        if self.share == 1:
            return [Fault(self.kind, count=most, **shape)]
        first = [] if self.kind == "page_repeat" else [Fault(self.kind, count=1, **shape)]
        return [*first, Fault(self.kind, count=most, probability=self.share, seed=seed, **shape)]


@dataclass(frozen=True)
class AwsFault:
    """A fault of AWS: `share` of the calls of `operation` (``UpdateItem``; empty: all) by functions named `by`.

    `kind` is what happens: the call is ``refused`` (throttled, nothing done), its answer is ``lost`` after it was done,
    it is ``repeated`` by the SDK whose first answer was lost, it meets another transaction (``conflict``), it is
    ``slow`` by some seconds, it ``hangs`` until the function's time is over, or the process is killed ``before`` or
    ``after`` it.
    """

    kind: str
    operation: str = ""
    by: str = ""
    share: float = 0.1
    seconds: float | None = None
    """Only in so many seconds from the beginning."""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.kind, self.operation, self.by)))


@dataclass(frozen=True)
class Posts:
    """How the partner posts: each order so many times, so many at once, and what share of the answers it never gets."""

    times: int = 1
    """At most; how often is drawn for each order."""
    at_once: int = 1
    answers_lost: float = 0.0
    over_seconds: float = 120.0


Script = Callable[[Any], None]
"""What happens at some second, to the `World`."""


@dataclass(frozen=True)
class Row:
    """One row of the proof.

    `hours` is how long the harm lasts. `settings` are the channels', `platform` the sandboxes', `parameters` the
    template's. `script` is what happens at which second. `copies` is how many
    workers get a message that comes more than once.
    """

    name: str
    strikes: tuple[Strike, ...] = ()
    aws: tuple[AwsFault, ...] = ()
    killed: Mapping[str, float] = field(default_factory=dict)
    """Share of the steps at which a function is killed, by a part of its name."""
    unreachable: float = 0.0
    answered_late: float = 0.0
    """Share of the create calls that are processed and answered when nobody waits any more."""
    processed_late: float = 0.0
    """Share of the create calls that are processed when nobody waits any more, within the settle time."""
    messages_lost: float = 0.0
    messages_delayed: float = 0.0
    messages_repeated: float = 0.0
    copies: int = 3
    messages_refused: float = 0.0
    """Share of the entries that a queue refuses while it takes others of the same call."""
    events_refused: float = 0.0
    events_dropped: float = 0.0
    stream_dark_hours: float = 0.0
    sweepers: int = 1
    skew_seconds: float = 0.0
    """How far off the clocks of partner, platforms and workers are; the API's own stay within a token's leeway."""
    receiver_fails: float = 0.0
    receiver_takes: float = 0.0
    """How many seconds the partner's receiver takes to answer, at most."""
    posts: Posts = Posts()
    cancelled: float = 0.0
    """Share of the orders that the partner takes back."""
    cancelled_within: float = 400.0
    """How many seconds after it has begun to place them, at most; most of them sooner."""
    hours: float = 6.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    platform: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    script: tuple[tuple[float, Script], ...] = ()
    expects_each: bool = True
    """Whether each of the strikes has to strike at each platform, or any of them."""
    expected: tuple[str, ...] = ()
    """What else has to have struck, by its name."""
    weight: float = 1.0
    """How many orders it has, as a part of the others'."""
    without_mappings: tuple[str, ...] = ()
    """Kinds of mappings that are missing at first."""
    has_webhook: bool = True
    stream_batch: int | None = None
    """How many records the publisher is given at once at most; None: as many as the template says."""
    is_unrouted: bool = False
    """Whether the partner has no channel at first."""
    rounds_are_bad: bool = False
    """Whether the harm goes on while statuses and stock are read."""
    rounds_at_once: int = 1
    """How many rounds of a platform are begun at the same time while they are bad."""
    notes: str = ""
    """What is promised here that is less than elsewhere."""
    patience: float = 1.0
    """How many times longer than elsewhere a forward may stay in a state."""
    rounds_may_fail: bool = False
    """Whether a round of stock or statuses may report that it did not come to its end."""
    may_doubt: bool = False
    """Whether an order may be IN_DOUBT at a platform that can be looked at."""
    may_double: bool = False
    """Whether an order may come twice here: what the promise ends at, measured all the same."""
