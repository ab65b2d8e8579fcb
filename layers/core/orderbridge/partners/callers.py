"""Who is calling: from the token alone for reading, from token and RSA signature for what changes something.

The checks come in this order (docs/architecture.md#security): token, client, timestamp, signature. Whoever has shown no
token that is good is `Unauthenticated`, whatever else is missing; then what is missing or unparsable is
`MalformedRequest`, and a signature that cannot be decoded `Unauthenticated`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderbridge.partners.call import Call
from orderbridge.partners.call_limit import unlimited
from orderbridge.partners.partner import CLIENT_ID, Partner
from orderbridge.partners.signatures import (
    BadSignature,
    BadTimestamp,
    decode_signature,
    is_fresh,
    message_to_sign,
    timestamp_to_milliseconds,
    verify_signature,
)
from orderbridge.partners.tokens import InvalidToken, TokenClaims, UnknownKey, verify_token
from orderbridge.values.refusals import CallField, Forbidden, MalformedRequest, Unauthenticated
from orderbridge.values.times import Clock

if TYPE_CHECKING:
    from orderbridge.partners.ports import KeyRing, PartnerDirectory


def invalid_token() -> Unauthenticated:
    """The one answer for every token that is not good, whatever is wrong with it."""
    return Unauthenticated("invalid_token", "The access token is missing, malformed, expired or not valid.")


def suspended() -> Forbidden:
    """The answer to a partner that has shown who it is and is suspended."""
    return Forbidden("partner_suspended", "This partner is suspended.")


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Reads tokens with the key ring of the moment, fetching the ring again once for a key it does not know."""

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


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A call whose signature was verified: by whom, with which key, and the timestamp as sent."""

    partner: Partner
    kid: str
    timestamp: str


@dataclass(frozen=True, slots=True)
class Callers:
    """Finds out who is calling, or raises the refusal that says why not.

    `limit` counts the call once the caller is known, so that nobody can use up another partner's calls.
    """

    partners: PartnerDirectory
    tokens: TokenVerifier
    clock: Clock
    limit: Callable[[str], None] = unlimited

    def token_holder(self, call: Call) -> Partner:
        """The active partner of the bearer token; a client id that is sent must match it."""
        claims = self._claims(call)
        if call.client_id is not None:
            _require_client(call.client_id, claims)
        partner = active_partner(self.partners, claims)
        self.limit(partner.client_id)
        return partner

    def signer(self, call: Call) -> SignedCall:
        """The active partner that holds the token and has signed this call."""
        claims = self._claims(call)
        _require_client(_required(call.client_id, "client_id"), claims)
        partner = active_partner(self.partners, claims)
        timestamp = self._fresh_timestamp(call)
        signature = _required(call.signature, "signature")
        message = message_to_sign(
            partner.signature_profile,
            client_id=partner.client_id,
            timestamp=timestamp,
            method=call.method,
            path=call.path,
            body=call.body,
        )
        try:
            key = verify_signature(partner.active_keys(), message, decode_signature(signature))
        except BadSignature as error:
            raise Unauthenticated(
                "invalid_signature",
                "is not valid for this client, timestamp and signature profile.",
                about="signature",
            ) from error
        self.limit(partner.client_id)
        return SignedCall(partner, key.kid, timestamp)

    def _claims(self, call: Call) -> TokenClaims:
        if call.token is None:
            raise invalid_token()
        return self.tokens.claims(call.token)

    def _fresh_timestamp(self, call: Call) -> str:
        timestamp = _required(call.timestamp, "timestamp")
        try:
            sent_ms = timestamp_to_milliseconds(timestamp)
        except BadTimestamp as error:
            raise MalformedRequest("invalid_header", str(error), about="timestamp") from error
        if not is_fresh(sent_ms, int(self.clock().timestamp() * 1000)):
            raise Unauthenticated(
                "stale_timestamp", "is more than 300 seconds away from the present time.", about="timestamp"
            )
        return timestamp


def _require_client(client_id: str, claims: TokenClaims) -> None:
    if not CLIENT_ID.fullmatch(client_id):
        raise MalformedRequest("invalid_header", "is not a client id.", about="client_id")
    if not hmac.compare_digest(client_id, claims.client_id):
        raise Forbidden("client_mismatch", "is not the client of the access token.", about="client_id")


def _required(value: str | None, field: CallField) -> str:
    """The field exactly as sent; raises `MalformedRequest` where it is missing or blank."""
    if value is None or not value.strip():
        raise MalformedRequest("missing_header", "is required.", about=field)
    return value
