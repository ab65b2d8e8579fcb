"""A forward: one order going to one channel, and the only ways in which its state may change.

Every change is a pure function from a forward to a `Transition`: the next forward and the line it leaves on the
order's timeline. A change that `TRANSITIONS` does not allow raises `ForbiddenTransition`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple

from orderbridge.channels.mapping import MappingKey
from orderbridge.orders.order import OrderStatus
from orderbridge.values.ids import ChannelRef, ForwardKey, OrderKey
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import after, from_iso, to_iso

RELAY_SECONDS = 60
"""How long after a change the stream may take to have it relayed, before the sweeper does."""


class ForwardState(StrEnum):
    """Where a forward is (docs/interfaces.md#states)."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    NEEDS_MAPPING = "NEEDS_MAPPING"
    IN_DOUBT = "IN_DOUBT"
    REJECTED = "REJECTED"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"


_S = ForwardState
FINAL_STATES = frozenset({_S.SENT, _S.REJECTED, _S.CANCELLED})
UNSENT_STATES = frozenset({_S.QUEUED, _S.NEEDS_MAPPING, _S.PAUSED})
WAITING_STATES = frozenset({_S.NEEDS_MAPPING, _S.IN_DOUBT, _S.PAUSED})
TELLING_STATES = FINAL_STATES | WAITING_STATES
"""What others are told of when a forward reaches it; of the rest nobody hears."""
LISTED_STATES = WAITING_STATES | {_S.REJECTED}
"""What a person may have to do something about; these forwards can be listed without reading any others."""

TRANSITIONS: dict[ForwardState, frozenset[ForwardState]] = {
    # To IN_DOUBT: the platform has refused it too often while it takes others.
    _S.QUEUED: frozenset({_S.SENDING, _S.NEEDS_MAPPING, _S.PAUSED, _S.CANCELLED, _S.IN_DOUBT}),
    # SENDING to itself: the answer never came, and the platform is looked at once the lease is over.
    _S.SENDING: frozenset({_S.SENDING, _S.SENT, _S.REJECTED, _S.QUEUED, _S.IN_DOUBT, _S.PAUSED}),
    _S.NEEDS_MAPPING: frozenset({_S.NEEDS_MAPPING, _S.QUEUED, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.PAUSED, _S.QUEUED, _S.CANCELLED}),
    # The exits of IN_DOUBT and of the final states are an operator's alone; to SENDING where the platform is looked at
    # before anything is sent. A partner may still cancel what is certainly not at the platform.
    _S.IN_DOUBT: frozenset({_S.SENT, _S.QUEUED, _S.SENDING, _S.CANCELLED}),
    _S.REJECTED: frozenset({_S.QUEUED, _S.SENDING}),
    _S.SENT: frozenset({_S.CANCELLED}),
    _S.CANCELLED: frozenset(),
}

PaymentStatus = Literal["UNPAID", "PARTIAL", "PAID", "EXPIRED", "FAILED", "REFUND"]
ShipmentProblem = Literal["RETURNED", "LOST", "INVALID", "SHIPMENT_PROBLEM"]


class ForbiddenTransition(Exception):
    """A change of state that must not happen; reaching it is a defect."""


@dataclass(frozen=True, slots=True)
class Forward:
    """One order going to one channel. Times are ISO 8601 UTC; `revision` guards against concurrent writers."""

    key: OrderKey
    code: str
    channel: ChannelRef
    state: ForwardState
    created_at: str
    updated_at: str
    due_at: str | None
    """When the sweeper looks after it if nothing has happened by then; None where nothing is due.

    Sooner than it need be where news were to be relayed first.
    """
    news_due_at: str | None = None
    """When the sweeper relays its last news if nobody has by then; None where all of it is relayed."""
    log: tuple[TimelineEntry, ...] = ()
    """Its latest lines on the timeline."""
    has_older_lines: bool = False
    """Whether others are apart from it: older ones, or longer."""
    not_before: str | None = None
    """No attempt is made, and no platform asked to cancel again, before this time, whoever delivers the message."""
    attempts: int = 0
    attempt_id: str | None = None
    lease_until: str | None = None
    body_hash: str | None = None
    external_id: str | None = None
    platform_status: OrderStatus | None = None
    """How far the platform says the order has come, where it has said so since it was SENT."""
    completed_at: str | None = None
    """Since when its platform has called it COMPLETED."""
    platform_status_raw: tuple[tuple[str, str], ...] = ()
    """The platform's own words behind that, by what they are about: ``(("status", "packed"),)``."""
    payment_status: PaymentStatus | None = None
    """What the platform says about payment, which proves nothing about delivery; None until it is more than UNPAID."""
    shipment_problem: ShipmentProblem | None = None
    """What went wrong on the way, as long as the platform says so; the status stays what it was."""
    awb_number: str | None = None
    cancel_answer: str | None = None
    """What the platform said when it was asked to cancel and did not, or that it never said; it is asked no more."""
    cancel_asked_since: str | None = None
    """Since when the platform has been asked to cancel and has not answered."""
    cancel_unanswered: int = 0
    """How often in a row it did not answer that."""
    in_question_since: str | None = None
    """Since when an attempt has been without an answer and the platform is being looked at."""
    negative_looks: int = 0
    failed_looks: int = 0
    deferrals: int = 0
    """How often in a row an attempt could not even be begun."""
    tries: int = 0
    """How many attempts have failed that may have failed because of this order (`outcomes.may_be_of_order`)."""
    strikes: int = 0
    """After how many of them the channel was proved to be well."""
    tried_since: str | None = None
    """When the first of them failed."""
    says_held: bool = False
    """Whether the last answer was that the platform holds the order, which it did not show."""
    is_absent: bool = False
    """Whether a forward that waits for a person is certainly not at the platform."""
    missing: tuple[MappingKey, ...] = ()
    error: str | None = None
    revision: int = 0

    @property
    def forward_key(self) -> ForwardKey:
        return ForwardKey(self.key, self.channel)

    @property
    def sweep_at(self) -> str | None:
        """When the sweeper looks after it, for whichever reason comes first."""
        return min((at for at in (self.due_at, self.news_due_at) if at is not None), default=None)

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    @property
    def is_unsent(self) -> bool:
        """Whether the order is certainly not at the platform, and nobody is just sending it."""
        return self.state in UNSENT_STATES or (self.state is _S.IN_DOUBT and self.is_absent)

    def changed_at(self, now: datetime) -> str:
        """The time of a change that is made now: behind the last one, also where that one's clock was ahead of this.

        No two changes of a forward have one time, so that its timeline has one order.
        """
        at = to_iso(now)
        return at if at > self.updated_at else after(from_iso(self.updated_at), 0.001)

    def may_send_at(self, now: datetime) -> bool:
        """Whether the time has come for what is to be tried again: an attempt, or the question to cancel."""
        return self.not_before is None or from_iso(self.not_before) <= now

    def waits_until(self, now: datetime) -> str | None:
        """Until when nothing is to be done for it: an attempt may be under way, or may not begin yet. None: now."""
        if self.state is _S.SENDING:
            return None if self.lease_is_over(now) else self.lease_until
        return None if self.may_send_at(now) else self.not_before

    def lease_is_over(self, now: datetime) -> bool:
        """Whether the attempt that is SENDING can no longer be alive."""
        return self.lease_until is not None and from_iso(self.lease_until) <= now


class Transition(NamedTuple):
    """A change of a forward and the line it leaves on the timeline; none where nothing happened to the order.

    `before` is the forward as it was, None where it is new.
    """

    forward: Forward
    entry: TimelineEntry | None
    before: Forward | None = None

    @property
    def is_news(self) -> bool:
        """Whether this very change is to be told: a state that others hear of, or more about the order at its platform.

        Out of a final state any change is: the order's own status follows it.
        """
        if self.before is not None and _known_of(self.before) == _known_of(self.forward):
            return False
        return self.forward.state in TELLING_STATES or (self.before is not None and self.before.is_final)

    def to_store(self) -> Forward:
        """The forward with its new line, and with the time by which news is relayed: its own, or what is not yet.

        A due time that stands is kept where it is soon enough: an entry of the index that does not move costs nothing.
        """
        forward = self.forward
        if self.entry is not None:
            forward = replace(forward, log=(*forward.log, self.entry))
        if self.is_news:
            latest = after(from_iso(forward.updated_at), RELAY_SECONDS)
            standing = None if self.before is None else self.before.sweep_at
            is_soon = standing is not None and forward.updated_at < standing < latest
            forward = replace(forward, news_due_at=standing if is_soon else latest)
        if forward.due_at is None or forward.news_due_at is None:
            return forward
        return replace(forward, due_at=forward.sweep_at, news_due_at=forward.sweep_at)


def _known_of(forward: Forward) -> tuple[object, ...]:
    return forward.state, forward.platform_status, forward.awb_number, forward.shipment_problem


def change(
    forward: Forward, state: ForwardState, now: datetime, event: str, detail: str | None, **changes: object
) -> Transition:
    """The forward in another state, with one line on its timeline and everything of the last state cleared.

    Raises `ForbiddenTransition` for a change that `TRANSITIONS` does not list. `changes` are fields of `Forward`.
    """
    if state not in TRANSITIONS[forward.state]:
        raise ForbiddenTransition(f"{forward.state} to {state}")
    cleared: dict[str, object] = {
        "not_before": None,
        "attempt_id": None,
        "lease_until": None,
        "in_question_since": None,
        "negative_looks": 0,
        "failed_looks": 0,
        "deferrals": 0,
        "says_held": False,
        "is_absent": False,
        "cancel_asked_since": None,
        "cancel_unanswered": 0,
        "missing": (),
        "error": None,
    }
    at = forward.changed_at(now)
    changed = replace(forward, **{**cleared, **changes, "state": state, "updated_at": at})  # type: ignore[arg-type]
    return Transition(changed, TimelineEntry(at, event, forward.channel.name, detail), forward)


def new_forward(key: OrderKey, code: str, channel: ChannelRef, now: datetime, grace_seconds: float) -> Transition:
    """A forward that is to be sent at once, and is swept if nothing happened within the grace time."""
    at = to_iso(now)
    forward = Forward(key, code, channel, _S.QUEUED, at, at, due_at=after(now, grace_seconds))
    return Transition(forward, TimelineEntry(at, "ForwardQueued", channel.name))
