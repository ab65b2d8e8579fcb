"""Access tokens: HS256 JWTs of 12 hours, in families that end after 30 days.

::

    InvalidToken
    ├── UnknownKey      (the key ring may be refreshed once and the token tried again)
    └── TokenExpired
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

ISSUER = "orderbridge"
AUDIENCE = "orderbridge-partners"
ALGORITHM = "HS256"
MIN_KEY_BYTES = 32
LIFETIME_SECONDS = 12 * 3600
LEEWAY_SECONDS = 30
REFRESH_GRACE_SECONDS = 24 * 3600
FAMILY_LIFETIME_SECONDS = 30 * 24 * 3600
MAX_TOKEN_LENGTH = 4096

# PyJWT reads padded Base64url, which RFC 7515 section 2 forbids; this is checked before anything is parsed.
_COMPACT_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_CLAIMS = ("iss", "aud", "sub", "client_id", "iat", "exp", "jti", "family", "family_iat", "credential_version")


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
    return TokenClaims(
        client_id=client_id,
        credential_version=credential_version,
        issued_at=issued_at,
        expires_at=issued_at + LIFETIME_SECONDS,
        token_id=secrets.token_hex(16),
        family=continuing.family if continuing else secrets.token_hex(16),
        family_issued_at=continuing.family_issued_at if continuing else issued_at,
    )


def issue_token(claims: TokenClaims, keys: SigningKeys) -> str:
    """The compact JWT of `claims`, signed by the ring's signing key and naming it in ``kid``."""
    return jwt.encode(
        {
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
        },
        keys.keys[keys.signing_kid],
        algorithm=ALGORITHM,
        headers={"kid": keys.signing_kid},
    )


def verify_token(token: str, keys: SigningKeys, now: datetime, *, expired_for_seconds: int = 0) -> TokenClaims:
    """The claims of a token of ours that is valid now, or expired for at most `expired_for_seconds` (refresh).

    Raises `UnknownKey`, `TokenExpired` or `InvalidToken`; only the first two say more than "no".
    """
    payload = _verified_payload(token, keys)
    claims = _claims(payload)
    present = int(now.timestamp())
    if claims.issued_at > present + LEEWAY_SECONDS:
        raise InvalidToken("issued in the future")
    if claims.expires_at + LEEWAY_SECONDS + expired_for_seconds < present:
        raise TokenExpired("expired")
    if claims.family_issued_at + FAMILY_LIFETIME_SECONDS < present:
        raise TokenExpired("the family of this token is too old")
    return claims


def _verified_payload(token: str, keys: SigningKeys) -> Mapping[str, Any]:
    if len(token) > MAX_TOKEN_LENGTH or not _COMPACT_JWS.fullmatch(token):
        raise InvalidToken("not a compact JWT")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise InvalidToken("unreadable header") from error
    if header.get("alg") != ALGORITHM:
        raise InvalidToken("wrong algorithm")
    kid = header.get("kid")
    key = keys.keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise UnknownKey("unknown key")
    try:
        payload: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            # Times are checked against the injected clock, not PyJWT's.
            options={"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise InvalidToken("not valid") from error
    return payload


def _claims(payload: Mapping[str, Any]) -> TokenClaims:
    for name in ("iat", "exp", "family_iat", "credential_version"):
        if type(payload[name]) is not int:
            raise InvalidToken("a number is not a whole number")
    for name in ("sub", "client_id", "jti", "family"):
        if not isinstance(payload[name], str) or not payload[name]:
            raise InvalidToken("a name is not a text")
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
