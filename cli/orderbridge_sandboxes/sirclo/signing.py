"""The two ways in which SIRCLO knows its caller.

The algorithm is not in the document of 2019-07 ("refer to section: Composing HMAC"); it is the one of the later public
revision, whose published examples verify: base64(HMAC-SHA256(partner_secret as UTF-8 text, request-URI + body)).
"""

from __future__ import annotations

import base64
import hashlib
import hmac


def mac(secret: str, uri: str, body: bytes) -> str:
    """The MAC (2019-07) or `secret` (2021-02) header over a request-URI and the raw body."""
    digest = hmac.new(secret.encode(), uri.encode("latin-1", "replace") + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
