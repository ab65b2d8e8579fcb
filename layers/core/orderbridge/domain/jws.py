"""JSON Web Signatures in the one form that Orderbridge issues: compact, HS256 (RFC 7515).

There is no algorithm to negotiate, so none can be confused. A library for all of them would accept a padded signature,
which the RFC forbids, and its import would cost an eighth of a cold start; the Wycheproof and RFC vectors are run
through this module instead.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

ALGORITHM = "HS256"
MAX_LENGTH = 4096

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


class BadJws(ValueError):
    """Not a compact HS256 JWS, or not signed with the key it was verified with."""


def sign(payload: bytes, key: bytes, kid: str) -> str:
    """The compact JWS of `payload`, naming its key in ``kid``."""
    header = {"alg": ALGORITHM, "kid": kid, "typ": "JWT"}
    signing_input = f"{_encode(json.dumps(header, separators=(',', ':')).encode())}.{_encode(payload)}"
    return f"{signing_input}.{_signature(signing_input, key)}"


def key_id(jws: str) -> str | None:
    """The ``kid`` that a JWS claims, None where it names none; raises `BadJws` where its header is not ours to read."""
    kid = _header(jws).get("kid")
    if kid is not None and not isinstance(kid, str):
        raise BadJws("kid is not a text")
    return kid


def verify(jws: str, key: bytes) -> bytes:
    """The payload of a JWS that was signed with `key`; raises `BadJws` for any other."""
    _header(jws)
    signing_input, _, signature = jws.rpartition(".")
    # The signature is compared as text: another spelling of the same bytes is not the same signature.
    if not hmac.compare_digest(signature, _signature(signing_input, key)):
        raise BadJws("the signature is not of this key")
    return _decode(signing_input.partition(".")[2])


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


def _signature(signing_input: str, key: bytes) -> str:
    return _encode(hmac.digest(key, signing_input.encode(), hashlib.sha256))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    """The bytes of unpadded Base64url; raises `BadJws` for a text that no bytes are encoded to."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise BadJws("not Base64url") from None
    if _encode(data) != text:
        raise BadJws("the last Base64url character carries stray bits")
    return data
