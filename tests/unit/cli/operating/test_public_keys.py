"""Which files are taken for a partner's public key, and what is said of the others."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from hypothesis import example, given
from hypothesis import strategies as st

from orderbridge.partners.signatures import BadPublicKey
from orderbridge_cli.operating.public_keys import MIN_KEY_BITS, read_public_key
from tests.fakes.samples import private_key, public_pem
from tests.unit import vectors

RSA_OID = bytes.fromhex("06092a864886f70d010101") + b"\x05\x00"
PSS_OID = bytes.fromhex("06092a864886f70d01010a")
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a partner")])


def said_of(content: bytes) -> str:
    """Why a file is refused."""
    with pytest.raises(BadPublicKey) as refused:
        read_public_key(content, "")
    return str(refused.value)


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else bytes([0x82]) + size.to_bytes(2)
    return bytes([tag]) + length + content


def pem_of(modulus: int, exponent: int, algorithm: bytes = RSA_OID) -> bytes:
    """A key of these numbers, whatever they are, as no library would write it."""
    numbers = b"".join(_der(2, each.to_bytes(each.bit_length() // 8 + 1)) for each in (modulus, exponent))
    der = _der(0x30, _der(0x30, algorithm) + _der(3, b"\x00" + _der(0x30, numbers)))
    return b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(der) + b"-----END PUBLIC KEY-----\n"


def modulus() -> int:
    return private_key().public_key().public_numbers().n


def public_der() -> bytes:
    return private_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def certificate(encoding: Encoding) -> bytes:
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).serial_number(1)
    builder = builder.public_key(private_key().public_key()).not_valid_before(begin)
    return builder.not_valid_after(begin.replace(year=2026)).sign(private_key(), SHA256()).public_bytes(encoding)


def ssh(key: rsa.RSAPublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" someone@here\n"


def test_a_key_is_known_by_itself() -> None:
    key = read_public_key(public_pem(), "2025-01-01T03:00:00.000Z")
    spelt_otherwise = public_pem().replace(b"\n", b"\r\n") + b"\n\n"

    assert (key.bits, key.state, key.added_at) == (MIN_KEY_BITS, "active", "2025-01-01T03:00:00.000Z")
    assert read_public_key(spelt_otherwise, "").kid == key.kid
    assert read_public_key(public_pem("second"), "").kid != key.kid
    loaded = load_der_public_key(key.spki_der)
    assert isinstance(loaded, rsa.RSAPublicKey)
    assert loaded.public_numbers() == private_key().public_key().public_numbers()


@pytest.mark.parametrize("bits", [1024, 2047])
def test_short_keys_are_refused(bits: int) -> None:
    with pytest.raises(BadPublicKey, match=f"{bits} bits"):
        read_public_key(public_pem("short", bits), "")


def test_a_private_key_is_refused_and_called_disclosed() -> None:
    key = private_key()
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        for encryption in (NoEncryption(), BestAvailableEncryption(b"password")):
            with pytest.raises(BadPublicKey, match="disclosed"):
                read_public_key(key.private_bytes(Encoding.PEM, form, encryption), "")


@pytest.mark.parametrize(
    "pem",
    [
        b"", b"MIIB", b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", b"\x00" * 64, b"\xff\xfe",
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        b"-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n",
        b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== someone",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(pem: bytes) -> None:
    with pytest.raises(BadPublicKey):
        read_public_key(pem, "")


def test_a_truncated_key_is_refused() -> None:
    lines = public_pem().splitlines(keepends=True)

    with pytest.raises(BadPublicKey):
        read_public_key(b"".join(lines[:-3] + lines[-1:]), "")


# --- keys that can never verify the documented signature --------------------------------------------------------------


def test_a_key_written_out_by_hand_is_the_same_key() -> None:
    assert read_public_key(pem_of(modulus(), 65537), "") == read_public_key(public_pem(), "")


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: ec.generate_private_key(ec.SECP256R1()), "EC"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "EC"),
        (lambda: ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
        (lambda: ed448.Ed448PrivateKey.generate(), "Ed448"),
        (lambda: x25519.X25519PrivateKey.generate(), "X25519"),
        (lambda: dsa.generate_private_key(1024), "DSA"),
    ],
)
def test_keys_that_are_not_rsa_are_refused_with_their_kind(make: Callable[[], Any], kind: str) -> None:
    pem = make().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert said_of(pem).startswith(f"not an RSA key but one for {kind},")


def test_a_key_for_pss_alone_is_refused_although_it_loads_as_an_rsa_key() -> None:
    assert "RSASSA-PSS alone" in said_of(pem_of(modulus(), 65537, PSS_OID))


@pytest.mark.parametrize("exponent", [1, 2, 4, 65536])
def test_an_exponent_that_no_private_key_goes_with_is_refused(exponent: int) -> None:
    assert "no private key belongs to this one" in said_of(pem_of(modulus(), exponent))


def test_an_even_modulus_is_refused() -> None:
    assert "no private key belongs to this one" in said_of(pem_of(modulus() + 1, 65537))


@pytest.mark.parametrize("bits", [65, 2000])
def test_an_exponent_that_openssl_may_refuse_to_verify_with_is_refused(bits: int) -> None:
    assert f"has {bits} bits" in said_of(pem_of(modulus(), 2 ** (bits - 1) + 1))
    assert read_public_key(pem_of(modulus(), 2**63 + 1), "").bits == MIN_KEY_BITS


def test_a_modulus_too_large_to_verify_with_is_refused() -> None:
    assert "16384 bits" in said_of(pem_of(2**16383 + 1, 65537))


def test_the_key_that_the_api_document_prints_is_nobodys() -> None:
    seed = vectors.FOLDER.parent / "seeds" / "000-sales-order-api.txt"
    if not seed.is_file():
        pytest.skip(f"shared/seeds/{seed.name} is not here")
    begin, _, rest = seed.read_bytes().partition(b"-----BEGIN PUBLIC KEY-----")
    pem = b"-----BEGIN PUBLIC KEY-----" + rest.partition(b"-----END")[0] + b"-----END PUBLIC KEY-----\n"
    assert begin
    assert "example key" in said_of(pem)
    assert "example key" in said_of(pem.replace(b"\n", b"\r\n"))


# --- other files ------------------------------------------------------------------------------------------------------


def test_two_keys_in_a_file_are_refused_and_not_the_first_of_them_taken() -> None:
    assert "2 PEM blocks (PUBLIC KEY, PUBLIC KEY)" in said_of(public_pem() + public_pem("second"))
    assert "2 PEM blocks (PUBLIC KEY, CERTIFICATE)" in said_of(public_pem() + certificate(Encoding.PEM))


def test_a_private_key_is_called_disclosed_in_whatever_encoding() -> None:
    key = private_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    encrypted = BestAvailableEncryption(b"password")
    for content in (
        pem.decode().encode("utf-16"),
        public_pem() + pem,
        key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, encrypted),
        b"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n",
    ):
        assert "disclosed" in said_of(content)


def test_every_other_form_of_a_key_is_named_with_the_command_that_converts_it() -> None:
    public = private_key().public_key()
    request = x509.CertificateSigningRequestBuilder().subject_name(NAME).sign(private_key(), SHA256())
    escaped = public_pem().replace(b"\n", rb"\n")
    forms = [
        (certificate(Encoding.PEM), "a certificate:", "openssl x509 -in"),
        (certificate(Encoding.PEM) * 2, "a certificate:", "openssl x509 -in"),
        (certificate(Encoding.DER), "binary DER", "openssl x509 -inform DER"),
        (request.public_bytes(Encoding.PEM), "a certificate request", "openssl req -in"),
        (public_der(), "a key in DER", "openssl pkey -pubin -inform DER"),
        (ssh(public), "an SSH key", "ssh-keygen -e -m PKCS8"),
        (ssh(ed25519.Ed25519PrivateKey.generate().public_key()), "an SSH key", "ssh-keygen"),
        (b"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n", "an SSH key", "ssh-keygen"),
        (public_pem().decode().encode("utf-16"), "UTF-16", "iconv -f UTF-16"),
        (public_pem().decode().encode("utf-16-le"), "UTF-16", "iconv -f UTF-16"),
        (escaped, r"written as \n", """printf '%b' "$(cat FILE)" > key.pem"""),
        (b'"' + escaped + b'"', r"written as \n", "printf"),
    ]
    for content, name, conversion in forms:
        said = said_of(content)
        assert name in said
        assert conversion in said


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@example(b"\x30\x82\x01")
@example(b"-----BEGIN CERTIFICATE-----")
def test_no_file_whatever_raises_anything_but_a_refusal(content: bytes) -> None:
    assert said_of(content)
