"""Signatures of webhooks, by the Standard Webhooks specification 1.0.

A message carries an id that stays the same on every attempt, the time of the attempt, and one signature for each secret
that is valid, so that secrets rotate with an overlap. The specification's library has no licence file in its package,
which the layer would owe, and is some ten lines; the tests verify with it what is signed here (decision 0019).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orderbridge.values.times import after, from_iso

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix that the specification gives to secrets
SECRET_BYTES = 32


def new_webhook_secret() -> str:
    """A secret of 256 random bits, as the specification writes secrets."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(message_id: str, moment: datetime, body: bytes, valid_secrets: Sequence[str]) -> dict[str, str]:
    """The headers of an attempt at `moment`: one signature for each of the secrets, the newest first."""
    timestamp = str(int(moment.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in valid_secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """A secret and until when it is valid (ISO 8601 UTC; None: until it is replaced)."""

    secret: str
    until: str | None = None


def valid_at(kept: Sequence[WebhookSecret], now: datetime) -> list[str]:
    """The secrets that sign now, in their order."""
    return [each.secret for each in kept if each.until is None or from_iso(each.until) > now]


def rotated(
    kept: Sequence[WebhookSecret], new: str, now: datetime, overlap_seconds: float
) -> tuple[WebhookSecret, ...]:
    """The secrets once `new` has taken over; the one before goes on signing beside it for the overlap."""
    end = after(now, overlap_seconds)
    older = [replace(each, until=min(each.until or end, end)) for each in kept]
    return (WebhookSecret(new), *(each for each in older if from_iso(each.until or end) > now))
