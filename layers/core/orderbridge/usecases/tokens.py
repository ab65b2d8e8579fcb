"""Tell from a token who is calling (docs/architecture.md#security)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderbridge.domain.problems import Forbidden, Unauthenticated
from orderbridge.domain.tokens import InvalidToken, TokenClaims, UnknownKey, verify_token

if TYPE_CHECKING:
    from orderbridge.domain.partners import Partner
    from orderbridge.domain.times import Clock
    from orderbridge.ports import KeyRing, PartnerDirectory


def invalid_token() -> Unauthenticated:
    """The one answer for every token that is not good, whatever is wrong with it."""
    return Unauthenticated("invalid_token", "The access token is missing, malformed, expired or not valid.")


def suspended() -> Forbidden:
    """The answer to a partner that has shown who it is and is suspended."""
    return Forbidden("partner_suspended", "This partner is suspended.")


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Reads tokens with the key ring of the moment, fetching the ring anew once for a key it does not know."""

    keys: KeyRing
    clock: Clock

    def claims(self, token: str, *, expired_for_seconds: int = 0) -> TokenClaims:
        """The claims of a good token; raises `Unauthenticated` for any other."""
        now = self.clock()
        try:
            try:
                return verify_token(token, self.keys.current(), now, expired_for_seconds=expired_for_seconds)
            except UnknownKey:
                return verify_token(token, self.keys.refreshed(), now, expired_for_seconds=expired_for_seconds)
        except InvalidToken as failure:
            raise invalid_token() from failure


def active_partner(partners: PartnerDirectory, claims: TokenClaims) -> Partner:
    """The partner a token speaks for, provided it still may; raises `Unauthenticated` or `Forbidden`."""
    partner = partners.find(claims.client_id)
    if partner is None:
        raise invalid_token()
    if partner.state != "active":
        raise suspended()
    if partner.credential_version != claims.credential_version:
        raise invalid_token()
    return partner
