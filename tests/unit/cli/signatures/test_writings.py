"""The signature debugger reads a signature however it was written down, and names the kind that it is."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Callable
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512, HashAlgorithm

from orderbridge_cli.signatures.mistakes import SignedRequest
from orderbridge_cli.signatures.recovery import recover
from orderbridge_cli.signatures.report import examine
from tests.unit.cli.signatures.signature_cases import (
    CLIENT_ID,
    LEGACY,
    NOW,
    SECONDS,
    base64_of,
    codes,
    private_key,
    public_key,
    report_on,
    sign,
)


def broken_into_lines(signature: bytes) -> str:
    text = base64_of(signature)
    return "\n".join(text[start : start + 64] for start in range(0, len(text), 64)) + "\n"


WRITINGS: dict[str, tuple[Callable[[bytes], str], str]] = {
    "hex": (lambda signature: signature.hex(), "signature_in_hex"),
    "hex with colons": (lambda signature: signature.hex(":"), "signature_in_hex"),
    "hex in Base64": (lambda signature: base64_of(signature.hex().encode()), "signature_in_hex"),
    "line breaks": (broken_into_lines, "base64_line_breaks"),
    "escaped line breaks": (lambda signature: broken_into_lines(signature).replace("\n", "\\n"), "base64_line_breaks"),
    "folded": (lambda signature: broken_into_lines(signature).replace("\n", " "), "base64_line_breaks"),
    "newline behind": (lambda signature: base64_of(signature) + "\n", "signature_whitespace"),
    "Base64 twice": (lambda signature: base64_of(base64_of(signature).encode()), "base64_twice"),
    "quotes": (lambda signature: f'"{base64_of(signature)}"', "signature_quoted"),
    "URL encoding": (lambda signature: quote(base64_of(signature), safe=""), "signature_url_encoded"),
    "label": (lambda signature: f"X-SIGNATURE: {base64_of(signature)}", "signature_label"),
    "label of openssl": (lambda signature: f"SHA2-256(stdin)= {signature.hex()}", "signature_in_hex"),
    "reversed": (lambda signature: base64_of(signature[::-1]), "signature_reversed"),
    "too much padding": (lambda signature: base64_of(signature) + "=", "base64_not_strict"),
}  # fmt: skip


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("bits", [2048, 3072])
def test_a_right_signature_in_a_wrong_writing_is_read(writing: str, bits: int) -> None:
    write, code = WRITINGS[writing]
    signature = private_key("size", bits).sign(LEGACY.string_to_sign(), padding.PKCS1v15(), SHA256())

    report = examine(LEGACY, write(signature), [public_key("size", bits)], NOW)

    assert not report.verifies
    assert codes(report) == [code]
    assert report.difference is None


def test_plus_signs_that_became_spaces_are_read() -> None:
    for number in range(100):  # until a signature has a plus sign
        request = SignedRequest(CLIENT_ID, str(SECONDS + number))
        text = base64_of(sign(request.string_to_sign()))
        if "+" in text:
            break
    report = report_on(text.replace("+", " "), request)

    assert codes(report) == ["plus_became_space"]


def test_url_safe_and_unpadded_base64_are_no_mistakes() -> None:
    signature = sign(LEGACY.string_to_sign())

    assert report_on(base64.urlsafe_b64encode(signature).decode()).verifies
    assert report_on(base64_of(signature).rstrip("=")).verifies


@pytest.mark.parametrize("salt", [0, 32, padding.PSS.MAX_LENGTH])
@pytest.mark.parametrize("hash_", [SHA256(), SHA1()], ids=["sha256", "sha1"])
def test_pss_is_named_and_its_text_is_still_found(salt: int, hash_: HashAlgorithm) -> None:
    signature = private_key().sign(b"Partner-001|1704067200\n", padding.PSS(padding.MGF1(hash_), salt), hash_)

    report = report_on(base64_of(signature))

    assert codes(report) == ["pss_padding", "trailing_newline"]
    assert hash_.name.upper() in report.findings[0].detail


@pytest.mark.parametrize("hash_", [SHA1(), SHA512()], ids=["sha1", "sha512"])
def test_another_hash_is_named(hash_: HashAlgorithm) -> None:
    report = report_on(base64_of(sign(LEGACY.string_to_sign(), hash_=hash_)))

    assert codes(report) == ["hash"]
    assert hash_.name.upper() in report.findings[0].detail


def pkcs1_block_around(content: bytes) -> bytes:
    """What `openssl pkeyutl -sign` makes of bytes without a digest."""
    return block_signed(b"\x00\x01" + b"\xff" * (256 - 3 - len(content)) + b"\x00" + content)


def test_a_text_that_was_not_hashed_is_read_out_of_the_signature() -> None:
    assert codes(report_on(base64_of(pkcs1_block_around(LEGACY.string_to_sign())))) == ["no_digest_info"]

    report = report_on(base64_of(pkcs1_block_around(b"something else")))
    assert codes(report) == ["no_digest_info", "other_text"]
    assert report.signed_text is not None
    assert report.signed_text.content == b"something else"


def test_a_bare_digest_in_the_signature_is_named() -> None:
    digest = hashlib.sha256(LEGACY.string_to_sign()).digest()

    assert codes(report_on(base64_of(pkcs1_block_around(digest)))) == ["no_digest_info"]


def block_signed(block: bytes) -> bytes:
    """The signature whose public operation gives this block."""
    numbers = private_key().private_numbers()
    return pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n).to_bytes(256)


@pytest.mark.parametrize(
    "block",
    [
        b"\x00\x01" + b"\xff" * 7 + b"\x00" + b"x" * 246,  # seven bytes of padding, one too few
        b"\x00\x01" + b"\xff" * 20 + b"\xfe" + b"\xff" * 20 + b"\x00" + b"x" * 212,
        b"\x00\x01" + b"\xff" * 254,  # nothing behind the padding
        b"\x00\x02" + b"\xff" * 200 + b"\x00" + b"x" * 53,  # the padding of encryption
    ],
)
def test_a_block_that_is_padded_otherwise_was_not_made_by_signing(block: bytes) -> None:
    numbers = private_key().public_key().public_numbers()

    assert recover(numbers, block_signed(block)) is None


def test_a_signature_beyond_the_modulus_is_none_though_it_is_congruent_to_one() -> None:
    numbers = private_key().public_key().public_numbers()
    for number in itertools.count():  # until one leaves room for the modulus
        signature = int.from_bytes(sign(str(number).encode()))
        if signature + numbers.n < 1 << 2048:
            break

    assert recover(numbers, signature.to_bytes(256)) is not None
    assert recover(numbers, (signature + numbers.n).to_bytes(256)) is None
