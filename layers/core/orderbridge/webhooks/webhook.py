"""Webhooks: the addresses at which partners' systems want to hear of their orders."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from orderbridge.http.base_urls import is_loopback
from orderbridge.http.public_addresses import is_public
from orderbridge.values.events import Event
from orderbridge.values.times import after, from_iso

EVENTS = ("order.status_changed", "order.shipment_changed")

MAX_URL_LENGTH = 500
MAX_WEBHOOKS = 10
"""How many a partner may have; their messages are written together with the change that they tell of."""

FAILURES_TO_REST = 3
FIRST_REST_SECONDS = 30
LONGEST_REST_SECONDS = 900

_VISIBLE = re.compile(r"[!-~]+")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")

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


class BadWebhookUrl(ValueError):
    """An address that nothing may be sent to; the message says why."""


def check_url(url: str, *, allow_loopback_http: bool) -> None:
    """Raises `BadWebhookUrl` unless the url is https and, as far as it shows, public.

    What its name resolves to is looked at before each attempt, when the connection is made to what was looked at.
    """
    if len(url) > MAX_URL_LENGTH or not _VISIBLE.fullmatch(url):
        raise BadWebhookUrl(f"must be at most {MAX_URL_LENGTH} printable ASCII characters without spaces")
    if is_on_this_machine(url):
        if allow_loopback_http:
            return
        raise BadWebhookUrl("must be https; plain http is for loopback on the local stack only")
    parts = _parts_of(url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        raise BadWebhookUrl("must be https")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadWebhookUrl("must hold neither credentials nor a fragment")
    if _is_address(host):
        if not is_public(host):
            raise BadWebhookUrl("must be a public address")
    elif not _HOST.fullmatch(host) or "." not in host.strip("."):
        raise BadWebhookUrl("must name a public host")


def is_on_this_machine(url: str) -> bool:
    """Whether a url is plain http on loopback, which only the local stack may call."""
    return is_loopback(url.partition("?")[0])


def _parts_of(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # is read only now, and may be none
    except ValueError:
        raise BadWebhookUrl("is not a url") from None
    return parts


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def webhook_disabled(webhook: Webhook) -> Event:
    """A partner's system wants no more messages at one of its addresses."""
    return Event("WebhookDisabled", {"client_id": webhook.client_id, "webhook": webhook.webhook_id})
