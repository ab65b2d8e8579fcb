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

from orderbridge.domain.partners import CLIENT_ID, Partner
from orderbridge.domain.problems import Forbidden, MalformedRequest, Unauthenticated
from orderbridge.domain.signatures import (
    BadSignature,
    BadTimestamp,
    decode_signature,
    is_fresh,
    message_to_sign,
    timestamp_to_milliseconds,
    verify_signature,
)
from orderbridge.domain.times import Clock
from orderbridge.usecases.limits import unlimited
from orderbridge.usecases.tokens import TokenVerifier, active_partner, invalid_token

if TYPE_CHECKING:
    from orderbridge.ports import PartnerDirectory

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
