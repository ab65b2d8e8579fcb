"""Who is calling: from the token alone for reading, from token and RSA signature for what changes something.

The checks come in this order (docs/architecture.md#security): token, client, timestamp, signature. Missing or malformed
Authorization is 401, another required header missing or unparsable is 400, an undecodable signature is 401.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
from orderbridge.values.problems import Forbidden, MalformedRequest, Unauthenticated
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


_BEARER = re.compile(r"Bearer +(\S+) *", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request as it came: header names in lower case with one value each, and the exact body bytes."""

    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"
    path: str = ""
    resource: str = ""
    """Which path of the API this is, e.g. ``/api/v1/sales-orders/{code}``."""
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    address: str = ""

    def required_header(self, name: str) -> str:
        """The header's value exactly as sent; raises `MalformedRequest` where it is missing or blank."""
        value = self.headers.get(name.lower(), "")
        if not value.strip():
            raise MalformedRequest("missing_header", f"The header {name} is required.")
        return value


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A call whose signature was verified: by whom, with which key, and the timestamp header as sent."""

    partner: Partner
    kid: str
    timestamp: str


@dataclass(frozen=True, slots=True)
class Callers:
    """Finds out who is calling, or raises the problem that says why not.

    `limit` counts the call once the caller is known, so that nobody can use up another partner's calls.
    """

    partners: PartnerDirectory
    tokens: TokenVerifier
    clock: Clock
    limit: Callable[[str], None] = unlimited

    def token_holder(self, request: ApiRequest) -> Partner:
        """The active partner of the bearer token; an X-CLIENT-ID that is sent must match it."""
        partner = self._partner(request, client_id=request.headers.get("x-client-id"))
        self.limit(partner.client_id)
        return partner

    def signer(self, request: ApiRequest) -> SignedCall:
        """The active partner that holds the token and has signed this request."""
        partner = self._partner(request, client_id=None, client_id_required=True)
        timestamp = self._fresh_timestamp(request)
        signature = request.required_header("X-SIGNATURE")
        message = message_to_sign(
            partner.signature_profile,
            client_id=partner.client_id,
            timestamp=timestamp,
            method=request.method,
            path=request.path,
            body=request.body,
        )
        try:
            key = verify_signature(partner.active_keys(), message, decode_signature(signature))
        except BadSignature as error:
            raise Unauthenticated(
                "invalid_signature", "X-SIGNATURE is not valid for this client, timestamp and signature profile."
            ) from error
        self.limit(partner.client_id)
        return SignedCall(partner, key.kid, timestamp)

    def _partner(self, request: ApiRequest, client_id: str | None, *, client_id_required: bool = False) -> Partner:
        authorization = _BEARER.fullmatch(request.headers.get("authorization", ""))
        if authorization is None:
            raise invalid_token()
        claims = self.tokens.claims(authorization.group(1))
        if client_id_required:
            client_id = request.required_header("X-CLIENT-ID")
        if client_id is not None:
            if not CLIENT_ID.fullmatch(client_id):
                raise MalformedRequest("invalid_header", "X-CLIENT-ID is not a client id.")
            if not hmac.compare_digest(client_id, claims.client_id):
                raise Forbidden("client_mismatch", "X-CLIENT-ID is not the client of the access token.")
        return active_partner(self.partners, claims)

    def _fresh_timestamp(self, request: ApiRequest) -> str:
        timestamp = request.required_header("X-TIMESTAMP")
        try:
            sent_ms = timestamp_to_milliseconds(timestamp)
        except BadTimestamp as error:
            raise MalformedRequest("invalid_header", str(error)) from error
        if not is_fresh(sent_ms, int(self.clock().timestamp() * 1000)):
            raise Unauthenticated("stale_timestamp", "X-TIMESTAMP is more than 300 seconds away from the present time.")
        return timestamp
