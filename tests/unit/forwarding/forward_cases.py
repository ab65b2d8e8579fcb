"""Forwards in every state, and every change that a forward can go through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orderbridge.channels.lookups import Absent, Ambiguous, Found, LookFailed
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted, NotSent, Refused, Rejected, Unknown
from orderbridge.forwarding.forward.attempts import LookPolicy, begin_attempt, note_proof, settle_attempt, settle_look
from orderbridge.forwarding.forward.cancelling import cancel_unsent
from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.forwarding.forward.waiting import defer, park_for_mappings, pause, release
from orderbridge.values.times import from_iso
from tests.fakes.samples import NOW, SIRCLO, order

S = ForwardState
GRACE = 60.0
LOOK = LookPolicy(settle_seconds=30)
MISSING = (MappingKey.of("product", "PROD-001"), MappingKey.of("customer", "CUST-001"))


def queued() -> Forward:
    return new_forward(order().key, order().code, SIRCLO, NOW, GRACE).forward


def sending(**changes: Any) -> Forward:
    forward = begin_attempt(queued(), "attempt-1", "hash", NOW, 150).forward
    return replace(forward, **changes)


def in_state(state: ForwardState) -> Forward:
    return replace(queued(), state=state)


def seconds_until(text: str | None) -> float:
    assert text is not None
    return (from_iso(text) - NOW).total_seconds()


CHANGES: dict[str, Any] = {
    "begin_attempt": lambda f, now: begin_attempt(f, "a", "h", now, 150),
    "settle_attempt sent": lambda f, now: settle_attempt(f, Accepted("1"), now, 0, GRACE, LOOK),
    "settle_attempt rejected": lambda f, now: settle_attempt(f, Rejected("no"), now, 0, GRACE, LOOK),
    "settle_attempt refused": lambda f, now: settle_attempt(f, Refused("429"), now, 0, GRACE, LOOK),
    "settle_attempt not sent": lambda f, now: settle_attempt(f, NotSent("dns"), now, 0, GRACE, LOOK),
    "settle_attempt unknown": lambda f, now: settle_attempt(f, Unknown("?"), now, 0, GRACE, LOOK),
    "settle_attempt unknown, cannot look": lambda f, now: settle_attempt(f, Unknown("?"), now, 0, GRACE, None),
    "settle_look found": lambda f, now: settle_look(f, Found("1"), now, 0, GRACE, LOOK),
    "settle_look absent": lambda f, now: settle_look(f, Absent(), now, 0, GRACE, LOOK),
    "settle_look failed": lambda f, now: settle_look(f, LookFailed("500"), now, 0, GRACE, LOOK),
    "settle_look ambiguous": lambda f, now: settle_look(f, Ambiguous(("1", "2")), now, 0, GRACE, LOOK),
    "note_proof": lambda f, now: note_proof(f, now, 3),
    "park_for_mappings": lambda f, now: park_for_mappings(f, MISSING, now),
    "pause": lambda f, now: pause(f, "closed", now, 600),
    "put_off": lambda f, now: defer(f, "a defect", now, 0, GRACE),
    "release": lambda f, now: release(f, "imported", now, GRACE),
    "cancel_unsent": cancel_unsent,
}
FROM: dict[str, set[ForwardState]] = {
    "begin_attempt": {S.QUEUED},
    **{name: {S.SENDING} for name in CHANGES if name.startswith("settle_")},
    "park_for_mappings": {S.QUEUED, S.NEEDS_MAPPING},
    "pause": {S.QUEUED, S.PAUSED, S.SENDING},
    "put_off": {S.QUEUED, S.NEEDS_MAPPING, S.PAUSED},
    "release": {S.NEEDS_MAPPING, S.PAUSED, S.SENDING, S.IN_DOUBT, S.REJECTED},
    "note_proof": {S.QUEUED},
    "cancel_unsent": {S.QUEUED, S.NEEDS_MAPPING, S.PAUSED},
}
