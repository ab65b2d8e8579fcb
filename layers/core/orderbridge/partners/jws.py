"""JSON Web Signatures in the one form that Orderbridge issues: compact, HS256 (RFC 7515), signed and verified by PyJWT.

PyJWT reads a part with its padding, which RFC 7515 section 2 forbids: what holds a character outside the alphabet is
refused here before it parses anything. The header is read here first, for the key it names, by the same strict rules.
The RFC's vectors and Wycheproof's are run through this module; on four of Wycheproof's 40 it differs from the file, as
PyJWT by itself does. 367 and 370 are called invalid for their padding, have none, and are byte for byte the valid 357;
372 and 373 are called valid and hold a ``?``, which is outside the alphabet.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from jwt.api_jws import PyJWS
from jwt.exceptions import PyJWTError

ALGORITHM = "HS256"
MAX_LENGTH = 4096

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_JWS = PyJWS(algorithms=[ALGORITHM])


class BadJws(ValueError):
    """Not a compact HS256 JWS, or not signed with the key it was verified with."""


def sign(payload: bytes, key: bytes, kid: str) -> str:
    """The compact JWS of `payload`, naming its key in ``kid``."""
    return _JWS.encode(payload, key, algorithm=ALGORITHM, headers={"kid": kid})


def key_id(jws: str) -> str | None:
    """The ``kid`` that a JWS claims, None where it names none; raises `BadJws` where its header is not ours to read."""
    kid = _header(jws).get("kid")
    if kid is not None and not isinstance(kid, str):
        raise BadJws("kid is not a text")
    return kid


def verify(jws: str, key: bytes) -> bytes:
    """The payload of a JWS that was signed with `key`; raises `BadJws` for any other."""
    _header(jws)
    try:
        payload: bytes = _JWS.decode(jws, key, algorithms=[ALGORITHM])
    except PyJWTError as failure:
        raise BadJws("not signed with this key") from failure
    return payload


def _header(jws: str) -> Mapping[str, Any]:
    parts = _COMPACT.fullmatch(jws) if len(jws) <= MAX_LENGTH else None
    if parts is None:
        raise BadJws("not a compact JWS")
    try:
        header = json.loads(_decode(parts[1]))
    except (ValueError, RecursionError):
        raise BadJws("the header is not JSON") from None
    # `crit` names extensions that must be understood; none is (RFC 7515 section 4.1.11).
    if not isinstance(header, dict) or header.get("alg") != ALGORITHM or "crit" in header:
        raise BadJws("the header is not that of an HS256 signature")
    return header


def _decode(text: str) -> bytes:
    """The bytes of unpadded Base64url; raises `BadJws` for a text that no bytes are encoded to."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise BadJws("not Base64url") from None
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != text:
        raise BadJws("the last Base64url character carries stray bits")
    return data
