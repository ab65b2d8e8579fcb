"""Webhooks: the addresses at which partners' systems want to hear of their orders."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orderbridge.values.events import Event
from orderbridge.values.times import after, from_iso

EVENTS = ("order.status_changed", "order.shipment_changed")

MAX_WEBHOOKS = 10
"""How many a partner may have; their messages are written together with the change that they tell of."""

FAILURES_TO_REST = 3
FIRST_REST_SECONDS = 30
LONGEST_REST_SECONDS = 900

WebhookState = Literal["active", "disabled"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address at which a partner's system wants to hear of its orders; its secrets are elsewhere.

    Times are ISO 8601 UTC. After failures in a row it is left alone until `rest_until`, so that one receiver that does
    not answer delays no other.
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

    def rests_at(self, now: datetime) -> bool:
        return self.rest_until is not None and from_iso(self.rest_until) > now


def new_webhook_id() -> str:
    return f"wh_{secrets.token_hex(8)}"


def rest_after(failures: int, now: datetime) -> str | None:
    """Until when a webhook is left alone after so many failures in a row; None where it is not."""
    if failures < FAILURES_TO_REST:
        return None
    return after(now, min(FIRST_REST_SECONDS * 2 ** min(failures - FAILURES_TO_REST, 8), LONGEST_REST_SECONDS))


def webhook_disabled(webhook: Webhook) -> Event:
    """A partner's system wants no more messages at one of its addresses."""
    return Event("WebhookDisabled", {"client_id": webhook.client_id, "webhook": webhook.webhook_id})
