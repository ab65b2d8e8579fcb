"""Request signatures: RSASSA-PKCS1-v1_5 with SHA-256 over the string of the partner's profile (traps A2).

::

    BadSignature
    └── UndecodableSignature
    BadPublicKey
    BadTimestamp
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from orderbridge.partners.partner import PartnerKey, SignatureProfile

TIMESTAMP_TOLERANCE_SECONDS = 300

_STANDARD = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_URL_SAFE = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_MILLISECONDS = re.compile(r"[0-9]{13}")


class BadSignature(Exception):
    """The signature was not made by any active key of the partner over the expected string."""


class UndecodableSignature(BadSignature):
    """The signature is not strict Base64."""


class BadPublicKey(ValueError):
    """A public key that cannot be registered."""


class BadTimestamp(ValueError):
    """A timestamp that is not unix seconds or 13 digits of milliseconds."""


def message_to_sign(
    profile: SignatureProfile, *, client_id: str, timestamp: str, method: str, path: str, body: bytes
) -> bytes:
    """What a partner signs, by its profile; `timestamp` is the X-TIMESTAMP exactly as sent.

    ``legacy`` (traps A2): ``client_id|X-TIMESTAMP``, which does not cover the body. ``snap-asym``:
    ``METHOD:path:hex(sha256(body)):X-TIMESTAMP``, which does.
    """
    if profile == "legacy":
        return f"{client_id}|{timestamp}".encode()
    return f"{method}:{path}:{hashlib.sha256(body).hexdigest()}:{timestamp}".encode()


def timestamp_to_milliseconds(timestamp: str) -> int:
    """Unix milliseconds of a timestamp as sent: seconds, or milliseconds where it has 13 digits."""
    if _MILLISECONDS.fullmatch(timestamp):
        return int(timestamp)
    if _SECONDS.fullmatch(timestamp):
        return int(timestamp) * 1000
    raise BadTimestamp("must be the unix time in seconds (or 13 digits of milliseconds).")


def is_fresh(timestamp_ms: int, now_ms: int) -> bool:
    """Whether a signed timestamp is within the tolerance of now, in the past or ahead."""
    return abs(now_ms - timestamp_ms) <= TIMESTAMP_TOLERANCE_SECONDS * 1000


def decode_signature(text: str) -> bytes:
    """The bytes of a standard or URL-safe Base64 text, padded or not; nothing else is read."""
    if _STANDARD.fullmatch(text):
        altchars = b"+/"
    elif _URL_SAFE.fullmatch(text):
        altchars = b"-_"
    else:
        raise UndecodableSignature("the signature is not Base64")
    unpadded = text.rstrip("=")
    if "=" in text and len(text) % 4:
        raise UndecodableSignature("the signature's Base64 padding is wrong")
    try:
        decoded = base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), altchars=altchars, validate=True)
    except binascii.Error as error:
        raise UndecodableSignature("the signature is not Base64") from error
    if base64.b64encode(decoded, altchars=altchars).decode().rstrip("=") != unpadded:
        raise UndecodableSignature("the signature's last Base64 character carries stray bits")
    return decoded


def verify_signature(keys: Iterable[PartnerKey], message: bytes, signature: bytes) -> PartnerKey:
    """The key that signed `message`; raises `BadSignature` where none of `keys` did."""
    for key in keys:
        try:
            _public_key(key.spki_der).verify(signature, message, PKCS1v15(), SHA256())
        except InvalidSignature:
            continue
        return key
    raise BadSignature("no active key of the partner made this signature")


@lru_cache(maxsize=1024)
def _public_key(spki_der: bytes) -> RSAPublicKey:
    key = load_der_public_key(spki_der)
    if not isinstance(key, RSAPublicKey):
        raise BadPublicKey("the key is not an RSA key")
    return key
