"""The bytes that an X-SIGNATURE header may have been meant to carry, however it was written down."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from orderbridge.partners.signatures import UndecodableSignature, decode_signature
from orderbridge_cli.signatures.mistakes import Mistake

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[:\s]?)+")
_LABEL = re.compile(r"^\s*(?:x-signature\s*[:=]|signature\s*[:=]|[A-Za-z0-9-]*\(stdin\)\s*=|base64:)\s*", re.IGNORECASE)
_ESCAPED_LINE_BREAK = re.compile(r"(?:\\r)?\\n")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the text of a signature: the bytes, and the mistake in the writing (None: strict Base64)."""

    signature: bytes
    mistake: Mistake | None


def readings(text: str) -> Iterator[Reading]:
    """Every way in which `text` can be read as a signature; the strict one, which the API takes, comes first."""
    for strict in _base64(text, None):
        yield strict
        yield from _wrapped(strict.signature)
    yield from _hexadecimal(text)
    for cleaned, mistake in _cleaned(text):
        yield from _base64(cleaned, mistake)
        yield from _hexadecimal(cleaned)


def _base64(text: str, mistake: Mistake | None) -> Iterator[Reading]:
    try:
        decoded = decode_signature(text)
    except UndecodableSignature:
        return
    yield Reading(decoded, mistake)


def _hexadecimal(text: str) -> Iterator[Reading]:
    # Most hex can be read as Base64 too; only the key tells which one was meant.
    compact = "".join(text.replace(":", "").split())
    if _HEX.fullmatch(text.strip()) and len(compact) % 2 == 0:
        detail = "The signature is written in hex. Send the Base64 of its bytes."
        yield Reading(bytes.fromhex(compact), Mistake("signature_in_hex", detail))


def _wrapped(decoded: bytes) -> Iterator[Reading]:
    """What the Base64 held, where it was not the signature itself."""
    detail = "The signature's bytes are in the reverse order, as CAPI writes them."
    yield Reading(decoded[::-1], Mistake("signature_reversed", detail))
    text = decoded.decode("ascii", "replace").strip()
    yield from _hexadecimal(text)
    detail = "The signature was put into Base64 twice."
    yield from _base64("".join(text.split()), Mistake("base64_twice", detail))


def _cleaned(text: str) -> Iterator[tuple[str, Mistake]]:
    """The text without what does not belong into a header, one mistake at a time."""
    if _ESCAPED_LINE_BREAK.search(text) or len(text.split()) > 1:
        detail = "The Base64 is broken into lines. Write it as one line (`openssl base64 -A`)."
        yield "".join(_ESCAPED_LINE_BREAK.sub("", text).split()), Mistake("base64_line_breaks", detail)
    if " " in text.strip():
        detail = "The plus signs of the Base64 have become spaces, as in a form. Send it as it is."
        yield text.strip().replace(" ", "+"), Mistake("plus_became_space", detail)
    stripped = text.strip()
    if stripped != text:
        yield stripped, Mistake("signature_whitespace", "White space stands around the signature.")
    if (unlabelled := _LABEL.sub("", text, count=1).strip()) != stripped:
        yield (
            unlabelled,
            Mistake("signature_label", "The header holds a label besides the signature; send the Base64 alone."),
        )
    if len(stripped) > 1 and stripped[0] in "\"'" and stripped[0] == stripped[-1]:
        yield stripped[1:-1], Mistake("signature_quoted", "The signature stands in quotes.")
    if "%" in text:
        yield unquote(stripped), Mistake("signature_url_encoded", "The signature is URL-encoded. Send it as it is.")
    if "\\/" in text:
        yield (
            stripped.replace("\\/", "/"),
            Mistake("signature_json_escaped", "The slashes of the Base64 are escaped, as in JSON."),
        )
    unpadded = stripped.rstrip("=")
    try:
        loose = base64.b64decode(
            unpadded + "=" * (-len(unpadded) % 4), altchars=b"-_" if set("-_") & set(text) else None
        )
    except (binascii.Error, ValueError):
        return
    detail = "The Base64 is not a strict one: its padding is wrong, or signs of both alphabets are mixed."
    yield base64.b64encode(loose).decode(), Mistake("base64_not_strict", detail)
