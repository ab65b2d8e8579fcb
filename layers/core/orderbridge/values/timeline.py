"""A line of a timeline: the audit log of an order, and of a partner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of an order's timeline: when, what, on which channel (None: the order itself), and the reason."""

    at: str
    event: str
    channel: str | None = None
    detail: str | None = None
