"""A forward that nothing has been sent for, and that cannot be sent now: for what it waits, and until when at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.forward.attempts import LONGEST_RETRY_SECONDS, retry_delay
from orderbridge.forwarding.forward.states import (
    UNSENT_STATES,
    ForbiddenTransition,
    Forward,
    ForwardState,
    Transition,
    change,
)
from orderbridge.values.text import bounded
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import after

PARKED_RECHECK_SECONDS = 600


def park_for_mappings(
    forward: Forward, missing: Sequence[MappingKey], now: datetime, reason: str | None = None
) -> Transition:
    """NEEDS_MAPPING with everything that is missing; looked at again from time to time besides by every import.

    `reason` says why something counts as missing that is mapped.
    """
    listed, error = tuple(missing), None if reason is None else bounded(reason)
    if forward.state is ForwardState.NEEDS_MAPPING and forward.missing == listed:
        # Looked at again, and nothing has come: it still waits since then, and the timeline says so once.
        due_at = after(now, PARKED_RECHECK_SECONDS)
        return Transition(replace(forward, due_at=due_at, not_before=None, error=error, deferrals=0), None, forward)
    return change(
        forward, ForwardState.NEEDS_MAPPING, now, "ForwardNeedsMapping",
        bounded(", ".join(f"{need.kind}:{need.shown}" for need in listed)),
        missing=listed, error=error, due_at=after(now, PARKED_RECHECK_SECONDS),
    )  # fmt: skip


def pause(forward: Forward, reason: str, now: datetime, recheck_seconds: float) -> Transition:
    """PAUSED with its channel; let go by whoever finds the channel well again, and by itself after a while."""
    error, later = bounded(reason), after(now, recheck_seconds)
    if forward.state is ForwardState.PAUSED:
        # Looked at again, and nothing has come: it still waits since then, and the timeline says so once.
        return Transition(
            replace(forward, error=error, not_before=later, due_at=later, deferrals=0), None, forward
        )  # fmt: skip
    return change(
        forward, ForwardState.PAUSED, now, "ForwardPaused", error, error=error, not_before=later, due_at=later
    )  # fmt: skip


def defer(forward: Forward, reason: str, now: datetime, jitter: float, grace_seconds: float) -> Transition:
    """The forward where it is, with the reason why an attempt could not be begun; it is tried again after a while.

    For what should not have happened, so the times between two tries double. The timeline says it once per reason.
    """
    if forward.state not in UNSENT_STATES:
        raise ForbiddenTransition(f"{forward.state} is not to be sent")
    error, deferrals, at = bounded(reason), forward.deferrals + 1, forward.changed_at(now)
    delay = retry_delay(deferrals, jitter, longest=LONGEST_RETRY_SECONDS)
    later = replace(
        forward,
        error=error,
        deferrals=deferrals,
        not_before=after(now, delay),
        due_at=after(now, delay + grace_seconds),
    )
    if error == forward.error:
        return Transition(later, None, forward)
    entry = TimelineEntry(at, "ForwardPutOff", forward.channel.name, error)
    return Transition(replace(later, updated_at=at), entry, forward)


def wait_for_turn(forward: Forward, now: datetime, seconds: float, grace_seconds: float) -> Transition:
    """The same forward, not to be sent before its channel's rate allows; nothing happened, so no timeline."""
    later = replace(forward, not_before=after(now, seconds), due_at=after(now, seconds + grace_seconds))
    return Transition(later, None, forward)


def release(forward: Forward, reason: str, now: datetime, grace_seconds: float) -> Transition:
    """Back to QUEUED from a waiting state, because what it waited for has come."""
    return change(forward, ForwardState.QUEUED, now, "ForwardReleased", reason, due_at=after(now, grace_seconds))
