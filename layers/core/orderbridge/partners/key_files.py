"""Files that are handed over as a partner's public key and are something else: what each is, and how a key is got."""

from __future__ import annotations

import re
from collections.abc import Callable

from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from orderbridge.values.text import is_utf16

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
