"""Why a partner's signature is refused: the debugger's verdict on one request, in plain words.

The verdict itself is that of `partners.signatures`, the code that the API runs. What is added here explains a refusal:
what the signature was really made over (`recovery`) is compared with the strings that partners sign by mistake
(`mistakes`), and its text is read in the ways in which signatures are written wrongly (`texts`).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import load_der_public_key

from orderbridge.partners.partner import PartnerKey
from orderbridge.partners.signatures import (
    TIMESTAMP_TOLERANCE_SECONDS,
    BadSignature,
    BadTimestamp,
    decode_signature,
    is_fresh,
    timestamp_to_milliseconds,
    verify_signature,
)
from orderbridge_cli.signatures.mistakes import Mistake, SignedRequest, Suspect, suspects
from orderbridge_cli.signatures.recovery import Recovered, SignedDigest, SignedPss, SignedRaw, recover
from orderbridge_cli.signatures.texts import Reading, readings

_HOUR = 3600
_DIGEST_SIZES = frozenset({16, 20, 28, 32, 48, 64})
_DIGESTS = {
    32: ("sha256", "an HMAC-SHA256 or a digest"),
    64: ("sha512", "an HMAC-SHA512, a digest, or a signature by an ECDSA or Ed25519 key"),
}
"""By their bytes, the digests that are sent instead of a signature, and what else is as long."""
_CONTEXT_BYTES = 12


@dataclass(frozen=True, slots=True)
class TextToSign:
    """Bytes to be signed, in the forms in which a person can compare them."""

    content: bytes

    @property
    def visible(self) -> str:
        r"""Printable ASCII as it is, everything else as an escape: ``\n``, ``\\``, ``\xc3``."""
        return visible(self.content)

    def body(self) -> dict[str, Any]:
        return {
            "text": self.visible,
            "bytes": len(self.content),
            "hex": self.content.hex(),
            "sha256": hashlib.sha256(self.content).hexdigest(),
        }


def visible(content: bytes) -> str:
    named = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x5C: "\\\\"}
    return "".join(named.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}") for byte in content)


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first byte (counted from 0) at which what was signed leaves what had to be signed; None: the text ended."""

    offset: int
    expected: int | None
    signed: int | None
    expected_around: str
    signed_around: str

    def body(self) -> dict[str, Any]:
        return {
            "offset": self.offset,
            "expected": None if self.expected is None else f"{self.expected:02x}",
            "signed": None if self.signed is None else f"{self.signed:02x}",
            "expected_around": self.expected_around,
            "signed_around": self.signed_around,
        }


def first_difference(expected: bytes, signed: bytes) -> FirstDifference | None:
    """Where `signed` first differs from `expected`; None where they are equal."""
    if expected == signed:
        return None
    pairs = zip(expected, signed, strict=False)
    offset = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(expected), len(signed)))
    around = slice(max(0, offset - _CONTEXT_BYTES), offset + _CONTEXT_BYTES)
    return FirstDifference(
        offset,
        expected[offset] if offset < len(expected) else None,
        signed[offset] if offset < len(signed) else None,
        visible(expected[around]),
        visible(signed[around]),
    )


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What the debugger found.

    `verifies` is the API's own verdict on signature and string, by `kid`; `findings` says what is wrong, the signature
    first, then the key, then the timestamp; it may be empty only where nothing is.
    """

    request: SignedRequest
    string_to_sign: TextToSign
    verifies: bool
    kid: str | None
    findings: tuple[Mistake, ...]
    signed_text: TextToSign | None = None
    """What was signed instead, where it is known."""
    difference: FirstDifference | None = None

    def body(self) -> dict[str, Any]:
        return {
            "verifies": self.verifies,
            "kid": self.kid,
            "profile": self.request.profile,
            "string_to_sign": self.string_to_sign.body(),
            "signed_text": self.signed_text.body() if self.signed_text else None,
            "first_difference": self.difference.body() if self.difference else None,
            "findings": [{"code": finding.code, "detail": finding.detail} for finding in self.findings],
        }


def examine(
    request: SignedRequest, signature: str, keys: Sequence[PartnerKey], now: datetime, claimed: bytes | None = None
) -> SignatureReport:
    """The report on a signature as it was in X-SIGNATURE; `claimed` is what its maker says that it was made over."""
    expected = request.string_to_sign()
    active = [key for key in keys if key.state == "active"]
    try:
        kid = verify_signature(active, expected, decode_signature(signature)).kid
    except BadSignature:
        return _refused(request, signature, keys, now, claimed)
    difference = first_difference(expected, claimed) if claimed is not None else None
    return SignatureReport(
        request,
        TextToSign(expected),
        verifies=True,
        kid=kid,
        findings=tuple(timestamp_findings(request.timestamp, now)),
        signed_text=TextToSign(expected),
        difference=difference,
    )


def _refused(
    request: SignedRequest, signature: str, keys: Sequence[PartnerKey], now: datetime, claimed: bytes | None
) -> SignatureReport:
    expected = request.string_to_sign()
    made = next(_makings(signature, keys), None)
    if made is None:
        signed, findings = None, _not_made_with_any(signature, keys, request)
    else:
        suspect = _signed_suspect(made.recovered, request, claimed)
        signed = suspect.message if suspect else None
        findings = [*made.mistakes(), *(suspect.mistakes if suspect else _unknown_text(made.recovered))]
    compared = signed if signed is not None else claimed
    return SignatureReport(
        request,
        TextToSign(expected),
        verifies=False,
        kid=made.key.kid if made else None,
        findings=(*findings, *timestamp_findings(request.timestamp, now)),
        signed_text=TextToSign(signed) if signed is not None else None,
        difference=first_difference(expected, compared) if compared is not None else None,
    )


@dataclass(frozen=True, slots=True)
class _Making:
    """A signature that was made with the private half of `key`, found under some reading of its text."""

    key: PartnerKey
    reading: Reading
    recovered: Recovered

    def mistakes(self) -> Iterator[Mistake]:
        if self.reading.mistake is not None:
            yield self.reading.mistake
        if self.key.state != "active":
            detail = f"The signature was made with key {self.key.kid}, which is revoked. Sign with an active key."
            yield Mistake("key_revoked", detail)
        match self.recovered:
            case SignedPss(algorithm):
                detail = f"The signature is RSASSA-PSS with {algorithm.upper()}. Use RSASSA-PKCS1-v1_5 (SHA256withRSA)."
                yield Mistake("pss_padding", detail)
            case SignedDigest(algorithm) if algorithm != "sha256":
                yield Mistake("hash", f"The signature uses {algorithm.upper()}. Use SHA-256 (SHA256withRSA).")
            case SignedRaw(content):
                what = "a bare digest" if len(content) in _DIGEST_SIZES else "the text itself, not to its digest"
                detail = (
                    f"The private key was applied to {what} ({len(content)} bytes), without the name of the hash. "
                    "Use a function for SHA256withRSA (`openssl dgst -sha256 -sign`), not `pkeyutl` or `rsautl`."
                )
                yield Mistake("no_digest_info", detail)


def _makings(signature: str, keys: Sequence[PartnerKey]) -> Iterator[_Making]:
    for reading in readings(signature):
        for key in sorted(keys, key=lambda key: key.state != "active"):
            recovered = recover(_numbers(key.spki_der), reading.signature)
            if recovered is not None:
                yield _Making(key, reading, recovered)


@cache
def _numbers(spki_der: bytes) -> RSAPublicNumbers:
    key = load_der_public_key(spki_der)
    if not isinstance(key, RSAPublicKey):
        raise TypeError("a partner's key is an RSA key")
    return key.public_numbers()


def _signed_suspect(recovered: Recovered, request: SignedRequest, claimed: bytes | None) -> Suspect | None:
    """The text that was signed, with its mistakes; the maker's own word for it counts where no mistake is known."""
    for suspect in suspects(request):
        if recovered.covers(suspect.message):
            return suspect
    if claimed is not None and recovered.covers(claimed):
        return Suspect(claimed, (Mistake("other_text", "What was signed is what you said, and it is another text."),))
    if isinstance(recovered, SignedRaw) and len(recovered.content) not in _DIGEST_SIZES:
        return Suspect(recovered.content, (Mistake("other_text", "Another text was signed; see below."),))
    return None


def _unknown_text(recovered: Recovered) -> Iterator[Mistake]:
    digest = f" Its digest is {recovered.digest.hex()}." if isinstance(recovered, SignedDigest) else ""
    yield Mistake(
        "other_text",
        f"The key is right, and another text was signed, by none of the mistakes that are known.{digest} "
        "Have its maker print, in hex, the very bytes that go into the signing function, and compare.",
    )


def _not_made_with_any(signature: str, keys: Sequence[PartnerKey], request: SignedRequest) -> list[Mistake]:
    found = list(readings(signature))
    # A digest in hex can be read as Base64 too, and then has a length that says nothing.
    in_hex = (each for each in found if each.mistake and each.mistake.code == "signature_in_hex")
    read = next((each for each in in_hex if len(each.signature) in _DIGESTS), next(iter(found), None))
    if read is None:
        return [Mistake("not_base64", "X-SIGNATURE is not Base64 and cannot be read in any other way.")]
    findings = [read.mistake] if read.mistake else []
    sizes = {len(_bytes_of(key)) for key in keys}
    length = len(read.signature)
    if length in _DIGESTS:
        name, looks_like = _DIGESTS[length]
        hashed = (hashlib.new(name, suspect.message).digest() for suspect in suspects(request))
        detail = (
            f"This is the {name.upper()} digest of the string, unsigned. Sign it with the private key."
            if any(hmac.compare_digest(read.signature, digest) for digest in hashed)
            else f"{length} bytes are no RSA signature; they look like {looks_like}. Sign with the private RSA key."
        )
        return [*findings, Mistake("not_rsa", detail)]
    if 68 <= length <= 72 and read.signature.startswith(b"\x30"):
        return [*findings, Mistake("not_rsa", f"{length} bytes look like an ECDSA signature; use an RSA key.")]
    if sizes and length not in sizes:
        made = " or ".join(str(size) for size in sorted(sizes))
        detail = (
            f"The signature has {length} bytes; a signature by the key has {made}. It is cut off, or of another key."
        )
        return [*findings, Mistake("signature_length", detail)]
    return [*findings, _other_key(keys)]


def _bytes_of(key: PartnerKey) -> bytes:
    return bytes((key.bits + 7) // 8)


def _other_key(keys: Sequence[PartnerKey]) -> Mistake:
    if not keys:
        return Mistake("no_key", "There is no public key to check the signature with.")
    kids = ", ".join(key.kid for key in keys)
    return Mistake(
        "other_key",
        f"The signature was not made with the private half of the key ({kids}), or was damaged on the way. The first "
        "16 digits of `openssl pkey -in private.pem -pubout -outform DER | openssl dgst -sha256` must be a kid.",
    )


def timestamp_findings(timestamp: str, now: datetime) -> Iterator[Mistake]:
    """What is wrong with an X-TIMESTAMP header at this moment, besides any signature."""
    try:
        sent_ms = timestamp_to_milliseconds(timestamp)
    except BadTimestamp as bad:
        yield Mistake("timestamp_unreadable", f"The API answers 400 invalid_header: X-TIMESTAMP {bad}")
        return
    now_ms = int(now.timestamp() * 1000)
    if is_fresh(sent_ms, now_ms):
        return
    seconds = round((sent_ms - now_ms) / 1000)
    hours = round(seconds / _HOUR)
    detail = (
        f"X-TIMESTAMP is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} the present time. Beyond "
        f"{TIMESTAMP_TOLERANCE_SECONDS} s the API answers 401 stale_timestamp."
    )
    if 0 < abs(hours) <= 14 and abs(seconds - hours * _HOUR) <= TIMESTAMP_TOLERANCE_SECONDS:
        detail += f" It is off by {hours:+d} h: unix time counts from 1970-01-01 UTC, whatever the local time zone."
    yield Mistake("timestamp_stale", detail)
