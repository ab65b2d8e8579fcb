"""A forward's timeline as text, compact enough to lie in the forward's own item. Pure.

A line is ``[milliseconds since the forward was created, number of the event, detail]``, the detail left out where there
is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta

from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import from_iso, to_iso

EVENTS = (
    "ForwardQueued",
    "AttemptStarted",
    "ForwardSent",
    "AttemptFailed",
    "AttemptUnanswered",
    "ForwardRejected",
    "ForwardInDoubt",
    "ForwardNeedsMapping",
    "ForwardPaused",
    "ForwardReleased",
    "ForwardCancelled",
    "ForwardPutOff",
    "ForwardQuestioned",
    "ForwardResolved",
    "ForwardRetried",
    "LookFailed",
    "PlatformLookedAt",
    "CancelRejected",
    "CancelUnanswered",
    "CancelUnconfirmed",
    "CancelWaits",
    "StatusChanged",
    "ShipmentChanged",
    "PaymentChanged",
    "StatusUnknown",
    "StatusKept",
)
"""The events of a forward by number, the first of which is 1. What is stored holds the numbers: add at the end only."""

_NUMBERS = {event: number for number, event in enumerate(EVENTS, 1)}


def to_text(lines: Iterable[TimelineEntry], begins: str) -> str:
    """The lines, with times counted from `begins`; raises KeyError for an event that `EVENTS` does not list."""
    start = from_iso(begins)
    return json.dumps(
        [
            [
                (from_iso(line.at) - start) // timedelta(milliseconds=1),
                _NUMBERS[line.event],
                *(() if line.detail is None else (line.detail,)),
            ]
            for line in lines
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def from_text(text: str, begins: str, channel: str) -> tuple[TimelineEntry, ...]:
    """The lines that `to_text` wrote, of this channel."""
    start = from_iso(begins)
    return tuple(
        TimelineEntry(
            to_iso(start + timedelta(milliseconds=offset)),
            EVENTS[number - 1],
            channel,
            detail[0] if detail else None,
        )
        for offset, number, *detail in json.loads(text)
    )
