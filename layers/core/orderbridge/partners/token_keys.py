"""The token keys as their secret keeps them, and how they are rotated without any token becoming invalid.

The secret is ``{"kid", "key", "created_at"?, "previous"?: [{"kid", "key", "retired_at"?}]}``: the newest key outside,
the others behind it, the younger first. Times are unix seconds.

A key passes through three stages. For five minutes it only verifies, so that every environment knows it when its first
token comes. Then it signs. After its successor has taken over, it verifies until the last token that it signed can
neither be used nor refreshed any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from orderbridge.partners.tokens import LEEWAY_SECONDS, LIFETIME_SECONDS, MIN_KEY_BYTES, REFRESH_GRACE_SECONDS

VERIFIES_BEFORE_IT_SIGNS_SECONDS = 300
REMEMBERED_SECONDS = 300
"""How long an environment may go on with the ring that it has read."""
VERIFIES_AFTER_IT_SIGNED_SECONDS = (
    VERIFIES_BEFORE_IT_SIGNS_SECONDS + REMEMBERED_SECONDS + LIFETIME_SECONDS + REFRESH_GRACE_SECONDS + LEEWAY_SECONDS
)
"""Counted from the moment at which the successor was made."""

Stage = Literal["coming", "signing", "leaving"]


class KeyStillComing(Exception):
    """The newest key does not sign yet; another rotation now would leave tokens that some environments do not know."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class TokenKey:
    """One key of the ring without its secret: what it does now, and until when (None: until the next rotation)."""

    kid: str
    stage: Stage
    until: float | None


def rotate(document: Mapping[str, Any], new_key: str, now: float) -> dict[str, Any]:
    """The secret with a new key, which signs in five minutes; the present one verifies on, what is over is dropped.

    Raises `KeyStillComing` within five minutes of the last rotation.
    """
    coming = _signs_at(document) - now
    if coming > 0:
        raise KeyStillComing(coming)
    retired = {"kid": document["kid"], "key": document["key"], "retired_at": now}
    kept = [entry for entry in document.get("previous", []) if _leaves_at(entry) > now]
    return {"kid": _next_kid(document), "key": _long_enough(new_key), "created_at": now, "previous": [retired, *kept]}


def replace_compromised(document: Mapping[str, Any], new_key: str, now: float) -> dict[str, Any]:
    """The secret with a new key that signs at once, and no other: every token of before is over."""
    return {"kid": _next_kid(document), "key": _long_enough(new_key), "created_at": now}


def signing_kid(document: Mapping[str, Any], now: float) -> str:
    """The key that signs at this moment: the newest, or in its first five minutes the one before it."""
    previous = document.get("previous", [])
    return str(previous[0]["kid"] if previous and _signs_at(document) > now else document["kid"])


def stages(document: Mapping[str, Any], now: float) -> list[TokenKey]:
    """What each key does at this moment, the newest first."""
    signs = signing_kid(document, now)
    newest = TokenKey(str(document["kid"]), "signing", None)
    if newest.kid != signs:
        newest = TokenKey(newest.kid, "coming", _signs_at(document))
    others = [
        TokenKey(
            str(entry["kid"]),
            "signing" if entry["kid"] == signs else "leaving",
            _signs_at(document) if entry["kid"] == signs else _leaves_at(entry),
        )
        for entry in document.get("previous", [])
    ]
    return [newest, *others]


def _signs_at(document: Mapping[str, Any]) -> float:
    if not document.get("previous"):
        return float("-inf")
    return float(document.get("created_at", 0)) + VERIFIES_BEFORE_IT_SIGNS_SECONDS


def _leaves_at(entry: Mapping[str, Any]) -> float:
    # A key without a time was put there by hand, so it stays until a hand takes it away.
    return float(entry.get("retired_at", "inf")) + VERIFIES_AFTER_IT_SIGNED_SECONDS


def _next_kid(document: Mapping[str, Any]) -> str:
    kids = [str(document["kid"]), *(str(entry["kid"]) for entry in document.get("previous", []))]
    return str(max((int(kid) for kid in kids if kid.isascii() and kid.isdecimal()), default=0) + 1)


def _long_enough(key: str) -> str:
    if len(key.encode()) < MIN_KEY_BYTES:
        raise ValueError(f"a token key has fewer than {MIN_KEY_BYTES} bytes")
    return key
