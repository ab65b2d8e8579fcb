"""Public keys of partners: which files hold one that can be registered, and what the others are.

A file that holds something else is named for what it is, with the command that gets a key out of it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_public_key,
)

from orderbridge.partners.partner import PartnerKey
from orderbridge.partners.signatures import BadPublicKey
from orderbridge.values.text import is_utf16

MIN_KEY_BITS = 2048
ADVISED_KEY_BITS = 3072
MAX_KEY_BITS = 8192
MAX_EXPONENT_BITS = 64
EXAMPLE_KID = "53f5775a66b1cf55"
"""The key that the API's document prints (traps A8); whoever holds its private half, it is nobody's own."""

_PSS_OID = bytes.fromhex("06092a864886f70d01010a")
_UNUSABLE = "no private key belongs to this one: modulus and public exponent are odd numbers, the exponent 3 or more"


def read_public_key(pem: bytes, added_at: str) -> PartnerKey:
    """A partner's key from X.509 PEM (``BEGIN PUBLIC KEY``), one that can verify the documented signature.

    Raises `BadPublicKey`, which says what else the file is and how a key is got out of it.
    """
    key = _rsa_key_in(pem)
    if not MIN_KEY_BITS <= key.key_size <= MAX_KEY_BITS:
        raise BadPublicKey(f"the key has {key.key_size} bits; {MIN_KEY_BITS} to {MAX_KEY_BITS} are accepted")
    numbers = key.public_numbers()
    if numbers.e < 3 or numbers.e % 2 == 0 or numbers.n % 2 == 0:
        raise BadPublicKey(_UNUSABLE)
    if numbers.e.bit_length() > MAX_EXPONENT_BITS:
        # With a modulus of more than 3072 bits OpenSSL verifies nothing then, and slowly with a smaller one.
        raise BadPublicKey(f"the key's public exponent has {numbers.e.bit_length()} bits; make a key with 65537")
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    kid = hashlib.sha256(der).hexdigest()[:16]
    if kid == EXAMPLE_KID:
        raise BadPublicKey("this is the example key that the API document prints; register the partner's own key")
    return PartnerKey(kid=kid, spki_der=der, bits=key.key_size, added_at=added_at)


def _rsa_key_in(pem: bytes) -> RSAPublicKey:
    if (instead := what_else_it_is(pem)) is not None:
        raise BadPublicKey(instead)
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        if "e must be" in str(error):
            raise BadPublicKey(_UNUSABLE) from error
        raise BadPublicKey("not an X.509 PEM public key (-----BEGIN PUBLIC KEY-----)") from error
    except Exception as error:  # cryptography raises UnsupportedAlgorithm for exotic keys
        raise BadPublicKey("an unsupported kind of key") from error
    if not isinstance(key, RSAPublicKey):
        kind = type(key).__name__.removesuffix("PublicKey")
        raise BadPublicKey(f"not an RSA key but one for {kind}, and the documented signature is made with RSA")
    # Loaded, such a key is an RSA key like any other; only the file says that nothing but PSS is signed with it.
    if _PSS_OID in base64.b64decode(pem.partition(b"-----BEGIN PUBLIC KEY-----")[2].partition(b"-----END")[0]):
        raise BadPublicKey("the key is for RSASSA-PSS alone, and the documented signature is RSASSA-PKCS1-v1_5")
    return key


_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_SSH = re.compile(rb"\s*(?:ssh-|ecdsa-sha2-|sk-|---- BEGIN SSH2)")
_DER = re.compile(rb"\x30[\x81-\x84]")
_PRIVATE = "this is a private key: register the public half, and treat this key as disclosed"
_DER_KEY = "this is a key in DER: convert it with `openssl pkey -pubin -inform DER -in FILE -out key.pem`"


def what_else_it_is(content: bytes) -> str | None:
    """What a file is that holds no single PEM public key, with the command that makes one of it; None where it does."""
    # In UTF-16 every letter has a NUL beside it, and a private key is one in any encoding.
    readable = content.replace(b"\0", b"")
    if b"PRIVATE KEY" in readable or b"PuTTY-User-Key-File" in readable:
        return _PRIVATE
    if is_utf16(content):
        return "this is UTF-16 text: convert it with `iconv -f UTF-16 -t UTF-8 FILE > key.pem`"
    blocks = [name.decode() for name in _BLOCK.findall(content)]
    if blocks and b"\\n" in content:
        return "its line breaks are written as \\n: make real ones with `printf '%b' \"$(cat FILE)\" > key.pem`"
    if blocks and all("CERTIFICATE REQUEST" in name for name in blocks):
        return "this is a certificate request: take its key with `openssl req -in FILE -noout -pubkey > key.pem`"
    if blocks and all("CERTIFICATE" in name for name in blocks):
        return "this is a certificate: take its key with `openssl x509 -in FILE -noout -pubkey > key.pem`"
    if len(blocks) > 1:
        return (
            f"the file holds {len(blocks)} PEM blocks ({', '.join(blocks)}): give one public key, `add-key` adds more"
        )
    if not blocks and _SSH.match(content):
        return "this is an SSH key: convert it with `ssh-keygen -e -m PKCS8 -f FILE > key.pem`"
    return _what_der_it_is(content) if _DER.match(content) else None


def _what_der_it_is(content: bytes) -> str:
    found: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: load_der_public_key(content), _DER_KEY),
        (lambda: load_der_private_key(content, None), _PRIVATE),
    )
    for load, words in found:
        try:
            load()
        except TypeError:  # a private key whose password is not given
            return _PRIVATE
        except Exception:  # noqa: BLE001, S112 - cryptography raises several kinds for what it does not know
            continue
        return words
    return "this is binary DER: of a certificate take `openssl x509 -inform DER -in FILE -noout -pubkey > key.pem`"
