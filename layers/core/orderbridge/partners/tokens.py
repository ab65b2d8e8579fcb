"""Access tokens: HS256 JWTs of 12 hours, in families that end after 30 days.

::

    InvalidToken
    ├── UnknownKey      (the key ring may be refreshed once and the token tried again)
    └── TokenExpired
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from orderbridge.partners import jws

ISSUER = "orderbridge"
AUDIENCE = "orderbridge-partners"
MIN_KEY_BYTES = 32
LIFETIME_SECONDS = 12 * 3600
LEEWAY_SECONDS = 30
REFRESH_GRACE_SECONDS = 24 * 3600
FAMILY_LIFETIME_SECONDS = 30 * 24 * 3600
REMEMBERED_TOKENS = 256

_NUMBERS = ("iat", "exp", "family_iat", "credential_version")
_TEXTS = ("sub", "client_id", "jti", "family")


class InvalidToken(Exception):
    """The token is not one that Orderbridge issued for this use."""


class UnknownKey(InvalidToken):
    """The token names a key that is not in the ring."""


class TokenExpired(InvalidToken):
    """The token was good and its time is over."""


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The ring of HS256 keys: every one verifies, `signing_kid` signs."""

    keys: Mapping[str, bytes]
    signing_kid: str

    def __post_init__(self) -> None:
        if self.signing_kid not in self.keys:
            raise ValueError("the signing key is not in the ring")
        if any(len(key) < MIN_KEY_BYTES for key in self.keys.values()):
            raise ValueError(f"a token key has fewer than {MIN_KEY_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """Who a token speaks for. Times are unix seconds; `family` links a login and all its refreshes."""

    client_id: str
    credential_version: int
    issued_at: int
    expires_at: int
    token_id: str
    family: str
    family_issued_at: int


def new_claims(
    client_id: str, credential_version: int, now: datetime, *, continuing: TokenClaims | None = None
) -> TokenClaims:
    """Claims for a token issued now: a new family at login, the same family when `continuing` one at refresh."""
    issued_at = int(now.timestamp())
    family_issued_at = continuing.family_issued_at if continuing else issued_at
    return TokenClaims(
        client_id=client_id,
        credential_version=credential_version,
        issued_at=issued_at,
        # A token that outlived its family would be refused before the expiry that its partner knows.
        expires_at=min(issued_at + LIFETIME_SECONDS, family_issued_at + FAMILY_LIFETIME_SECONDS),
        token_id=secrets.token_hex(16),
        family=continuing.family if continuing else secrets.token_hex(16),
        family_issued_at=family_issued_at,
    )


def issue_token(claims: TokenClaims, keys: SigningKeys) -> str:
    """The compact JWT of `claims`, signed by the ring's signing key and naming it in ``kid``."""
    payload = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": claims.client_id,
        "client_id": claims.client_id,
        "iat": claims.issued_at,
        "exp": claims.expires_at,
        "jti": claims.token_id,
        "family": claims.family,
        "family_iat": claims.family_issued_at,
        "credential_version": claims.credential_version,
    }
    encoded = json.dumps(payload, separators=(",", ":")).encode()
    return jws.sign(encoded, keys.keys[keys.signing_kid], keys.signing_kid)


def verify_token(token: str, keys: SigningKeys, now: datetime, *, expired_for_seconds: int = 0) -> TokenClaims:
    """The claims of a token of ours that is valid now, or expired for at most `expired_for_seconds` (refresh).

    Raises `UnknownKey`, `TokenExpired` or `InvalidToken`; only the first two say more than "no".
    """
    claims = _authentic_claims(token, keys)
    present = int(now.timestamp())
    if claims.issued_at > present + LEEWAY_SECONDS:
        raise InvalidToken("issued in the future")
    if claims.expires_at + LEEWAY_SECONDS + expired_for_seconds < present:
        raise TokenExpired("expired")
    if claims.family_issued_at + FAMILY_LIFETIME_SECONDS < present:
        raise TokenExpired("the family of this token is too old")
    return claims


def _authentic_claims(token: str, keys: SigningKeys) -> TokenClaims:
    try:
        kid = _key_id(token)
        if kid is None or kid not in keys.keys:
            raise UnknownKey("unknown key")
        return _signed_claims(token, keys.keys[kid])
    except ValueError as failure:
        raise InvalidToken("not a token of ours") from failure


# A partner sends one token with many orders. What follows from a token and a key alone is remembered for the good ones;
# times, the ring and the partner are looked at every time.
_key_id = lru_cache(maxsize=REMEMBERED_TOKENS)(jws.key_id)


@lru_cache(maxsize=REMEMBERED_TOKENS)
def _signed_claims(token: str, key: bytes) -> TokenClaims:
    payload = json.loads(jws.verify(token, key))
    if not isinstance(payload, dict) or payload.get("iss") != ISSUER or payload.get("aud") != AUDIENCE:
        raise InvalidToken("made for another use")
    return _claims(payload)


def _claims(payload: Mapping[str, Any]) -> TokenClaims:
    if any(type(payload.get(name)) is not int for name in _NUMBERS):
        raise InvalidToken("a number is missing or not a whole number")
    if any(not isinstance(payload.get(name), str) or not payload[name] for name in _TEXTS):
        raise InvalidToken("a name is missing or not a text")
    if payload["sub"] != payload["client_id"]:
        raise InvalidToken("sub and client_id differ")
    return TokenClaims(
        client_id=payload["client_id"],
        credential_version=payload["credential_version"],
        issued_at=payload["iat"],
        expires_at=payload["exp"],
        token_id=payload["jti"],
        family=payload["family"],
        family_issued_at=payload["family_iat"],
    )
