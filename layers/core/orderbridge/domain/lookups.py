"""What a look at the platform shows after a create call without an answer (DESIGN invariant 2).

::

    Found        the platform holds the order, once
    Absent       a complete, readable look did not find it
    Ambiguous    more than one order carries our mark: a person decides
    CannotLook   this platform offers no way to look
    LookFailed   the look itself did not succeed, which says nothing about the order
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """The order is there; `external_id` is its id at the platform."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Every page was read, and the order is on none of them."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several orders at the platform carry the same mark."""

    external_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CannotLook:
    """The platform has no call that could find the order."""

    reason: str


@dataclass(frozen=True, slots=True)
class LookFailed:
    """A page was refused, unreadable, repeated or missing. `retry_after` in seconds where the platform named it."""

    reason: str
    retry_after: float | None = None


Finding = Found | Absent | Ambiguous | CannotLook | LookFailed
