"""How SIRCLO knows its caller.

The document of 2019-07 names a MAC and leaves out how it is composed (traps C5); the later public revision has the same
under the name ``secret``: base64 of HMAC-SHA256 over request-URI and raw body, under the partner_secret as plain text.
Its published examples are tests here (one of them without the leading slash, which its own request line has; we sign
what is sent).
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from orderbridge.platforms.sirclo import Credentials, Revision

_HEADERS = {"2019-07": ("partner_id", "MAC"), "2021-02": ("partner-id", "secret")}


def composed(partner_secret: str, message: bytes) -> str:
    """The MAC of a message."""
    return base64.b64encode(hmac.new(partner_secret.encode(), message, hashlib.sha256).digest()).decode()


def signed_headers(revision: Revision, credentials: Credentials, uri: str, body: bytes = b"") -> dict[str, str]:
    """The headers of a signed call; `uri` is the path and query exactly as they go on the wire.

    Whether a query is signed as sent or decoded is unsettled (facts 3), so ours hold nothing that would be encoded.
    """
    name, mac = _HEADERS[revision]
    message = uri.encode("ascii") + body
    return {name: credentials.partner_id, mac: composed(credentials.partner_secret.get_secret_value(), message)}


def keyed_headers(credentials: Credentials) -> dict[str, str]:
    """The headers of Update Order and Get Stocks in 2019-07, which are not signed."""
    return {"api_key": credentials.api_key.get_secret_value(), "api_secret": credentials.api_secret.get_secret_value()}
