"""What a look at the platform shows: after a create call without an answer (invariant 2), and for mappings.

::

    Found        the platform holds the order, once
    Absent       a complete, readable look did not find it
    Ambiguous    more than one order carries our mark: a person decides
    Foreign      an order carries our mark and is not the one that was sent: a person decides
    CannotLook   this platform offers no way to look
    LookFailed   the look itself did not succeed, which says nothing about the order
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orderbridge.channels.mapping import MappingKey


@dataclass(frozen=True, slots=True)
class Found:
    """The order is there; `external_id` is its id at the platform, `note` says in what it has changed since."""

    external_id: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """Every page was read, and the order is on none of them."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several orders at the platform carry the same mark."""

    external_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Foreign:
    """An order carries our mark and contradicts what was sent; `difference` says how, fit to be kept."""

    external_id: str
    difference: str


@dataclass(frozen=True, slots=True)
class CannotLook:
    """The platform has no call that could find the order."""

    reason: str


@dataclass(frozen=True, slots=True)
class LookFailed:
    """A page was refused, unreadable, repeated or missing. `retry_after` in seconds where the platform named it.

    `next_in`: in how many seconds the next look is worth while, where that is known; the platform was not asked.
    """

    reason: str
    retry_after: float | None = None
    next_in: float | None = None


Finding = Found | Absent | Ambiguous | Foreign | CannotLook | LookFailed


@dataclass(frozen=True, slots=True)
class FoundMappings:
    """Mapping values that the platform itself tells: each key is there as a code of ours, exactly, and once.

    `values` are as an import would have them. `trouble` says in words what could not be looked up, and why.
    """

    values: Mapping[MappingKey, Any]
    trouble: tuple[str, ...] = ()
