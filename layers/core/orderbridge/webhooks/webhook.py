"""Webhooks: the addresses at which partners' systems want to hear of their orders."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orderbridge.values.events import Event
from orderbridge.values.times import after, from_iso, to_iso

EVENTS = ("order.status_changed", "order.shipment_changed")

MAX_WEBHOOKS = 10
"""How many a partner may have; their messages are written together with the change that they tell of."""

FAILURES_TO_REST = 3
FIRST_REST_SECONDS = 30
LONGEST_REST_SECONDS = 900

Lane = Literal["quick", "slow"]
"""What a message goes through on its way: each lane has a queue and workers of its own."""

CALL_SECONDS: Mapping[Lane, float] = {"quick": 3.0, "slow": 15.0}
"""How long a receiver has to answer."""

SLOW_SECONDS = 2.5
"""A call that took so long was slow; less than the quick lane waits, so that one that was given up is among them."""

SLOW_FOR_SECONDS = 600
"""So long nothing was slow before a receiver is called in the quick lane again."""

NOTED_FOR_SECONDS = 300
"""So long it is not noted again that a receiver is slow."""

WebhookState = Literal["active", "disabled"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address at which a partner's system wants to hear of its orders; its secrets are elsewhere.

    Times are ISO 8601 UTC. After failures in a row it is left alone until `rest_until`.
    """

    client_id: str
    webhook_id: str
    url: str
    events: tuple[str, ...]
    created_at: str
    state: WebhookState = "active"
    reason: str | None = None
    since: str | None = None
    failures: int = 0
    rest_until: str | None = None
    slow_since: str | None = None
    """When a call was last noted to be slow; None where its receiver is quick."""
    failed_at: str | None = None
    """When a message to it was last given up; None where all that were have been sent again."""

    @property
    def is_failing(self) -> bool:
        """Whether somebody has to see to it: to its receiver, or to messages that it has not got."""
        return self.state == "disabled" or self.failures >= FAILURES_TO_REST or self.failed_at is not None

    @property
    def lane(self) -> Lane:
        """Where its messages go, so that a receiver that is slow or fails holds up those alone that are so too."""
        return "slow" if self.slow_since is not None or self.failures >= FAILURES_TO_REST else "quick"

    def rests_at(self, now: datetime) -> bool:
        return self.rest_until is not None and from_iso(self.rest_until) > now


def new_webhook_id() -> str:
    return f"wh_{secrets.token_hex(8)}"


def rest_after(failures: int, now: datetime) -> str | None:
    """Until when a webhook is left alone after so many failures in a row; None where it is not."""
    if failures < FAILURES_TO_REST:
        return None
    return after(now, min(FIRST_REST_SECONDS * 2 ** min(failures - FAILURES_TO_REST, 8), LONGEST_REST_SECONDS))


def slow_after(webhook: Webhook, seconds: float, now: datetime, *, is_success: bool) -> str | None:
    """Its `slow_since` after a call that took so long: only an answer of now proves that it is quick."""
    noted = None if webhook.slow_since is None else (now - from_iso(webhook.slow_since)).total_seconds()
    if seconds >= SLOW_SECONDS:
        return to_iso(now) if noted is None or noted >= NOTED_FOR_SECONDS else webhook.slow_since
    return None if noted is None or (is_success and noted >= SLOW_FOR_SECONDS) else webhook.slow_since


def webhook_disabled(webhook: Webhook) -> Event:
    """A partner's system wants no more messages at one of its addresses."""
    return Event("WebhookDisabled", {"client_id": webhook.client_id, "webhook": webhook.webhook_id})
