"""What is published on the bus. Events carry ids only; consumers read the table (invariant 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

SOURCE = "orderbridge"

OPTIONAL_EVENTS = frozenset({"OrderStatusChanged", "ChannelPaused", "WebhookDisabled", "StockDrifted"})
"""The detail types that are published only where the stack's parameter names them: nothing in the stack reads them."""

LONGEST_MESSAGE_DELAY_SECONDS = 900
"""How long a queue can hold a message back; what is due later is left to the sweeper."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry for the bus: past tense, ids only."""

    detail_type: str
    detail: Mapping[str, Any]


class EventBus(Protocol):
    def publish(self, events: Sequence[Event]) -> None:
        """Put every event on the bus; raises where any entry failed, after retrying the failed ones."""
        ...
