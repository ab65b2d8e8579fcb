"""Log a partner in, and renew its token (docs/architecture.md#security)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from orderbridge.partners.call_limit import unlimited
from orderbridge.partners.callers import TokenVerifier, active_partner, suspended
from orderbridge.partners.partner import CLIENT_ID, secret_matches
from orderbridge.partners.ports import KeyRing, PartnerDirectory, PepperSource
from orderbridge.partners.tokens import REFRESH_GRACE_SECONDS, issue_token, new_claims
from orderbridge.values.documents import parse_document
from orderbridge.values.refusals import Unauthenticated
from orderbridge.values.times import Clock


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class LoginRequest(_Request):
    """The body of POST auth/login (facts 1)."""

    client_id: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    client_secret: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class RefreshRequest(_Request):
    """The body of POST auth/refresh (facts 1)."""

    token: Annotated[str, StringConstraints(min_length=1)]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and its expiry in unix seconds."""

    token: str
    expired_at: int


@dataclass(frozen=True, slots=True)
class LogIn:
    """A token for the right client_id and client_secret.

    `limit` counts the login among the partner's calls once the secret is known to be right; others are counted by
    `login_throttle`.
    """

    partners: PartnerDirectory
    pepper: PepperSource
    keys: KeyRing
    clock: Clock
    limit: Callable[[str], None] = unlimited

    def __call__(self, body: bytes) -> AccessToken:
        request = parse_document(LoginRequest, body)
        known = self.partners.find(request.client_id) if CLIENT_ID.fullmatch(request.client_id) else None
        expected = known.secret_hash if known else None
        # An unknown client is compared too, so that it costs and answers the same as a wrong secret.
        if not secret_matches(self.pepper.pepper(), request.client_secret, expected) or known is None:
            raise Unauthenticated("invalid_credentials", "The client_id or the client_secret is not right.")
        if known.state != "active":
            raise suspended()
        self.limit(known.client_id)
        claims = new_claims(known.client_id, known.credential_version, self.clock())
        return AccessToken(issue_token(claims, self.keys.current()), claims.expires_at)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A new token of the same family for one that is valid, or expired for at most a day.

    Refreshing revokes nothing: partners run several workers, and an order needs the RSA signature besides.
    It counts among the partner's calls: a token that has got out cannot use up what is there for all partners.
    """

    partners: PartnerDirectory
    keys: KeyRing
    clock: Clock
    limit: Callable[[str], None] = unlimited
    grace_seconds: int = REFRESH_GRACE_SECONDS

    def __call__(self, body: bytes) -> AccessToken:
        request = parse_document(RefreshRequest, body)
        old = TokenVerifier(self.keys, self.clock).claims(request.token, expired_for_seconds=self.grace_seconds)
        partner = active_partner(self.partners, old)
        self.limit(partner.client_id)
        claims = new_claims(partner.client_id, partner.credential_version, self.clock(), continuing=old)
        return AccessToken(issue_token(claims, self.keys.current()), claims.expires_at)
