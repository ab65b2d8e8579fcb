"""Request signatures: what is signed, how it is written, with which keys, and until when."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.partners.partner import PartnerKey
from orderbridge.partners.signatures import (
    BadPublicKey,
    BadSignature,
    BadTimestamp,
    UndecodableSignature,
    decode_signature,
    is_fresh,
    message_to_sign,
    timestamp_to_milliseconds,
    verify_signature,
)
from orderbridge_cli.operating.public_keys import read_public_key
from tests.fakes.samples import CLIENT_ID, partner_key, private_key, sign
from tests.unit import vectors

TIMESTAMP = "1735700400"
MESSAGE = b"partner-client-001|1735700400"


def stored(der: bytes, bits: int = 2048) -> PartnerKey:
    """A key as it is at rest, whoever let it in."""
    return PartnerKey(kid="kid", spki_der=der, bits=bits)


def accepts(key: PartnerKey, message: bytes, signature: bytes) -> bool:
    try:
        verify_signature([key], message, signature)
    except BadSignature:
        return False
    return True


# --- published vectors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bits", "valid", "invalid"), [(2048, 9, 249), (3072, 8, 250), (4096, 7, 250)])
def test_wycheproof_rsa_pkcs1_sha256(bits: int, valid: int, invalid: int) -> None:
    """Every valid vector is accepted and no other; of the "acceptable" ones (a missing NULL) none is."""
    cases = list(vectors.wycheproof(f"rsa_signature_{bits}_sha256_test.json"))
    wrong = [
        case.name
        for case in cases
        if accepts(
            stored(bytes.fromhex(case.group["publicKeyDer"]), bits),
            bytes.fromhex(case.test["msg"]),
            bytes.fromhex(case.test["sig"]),
        )
        != case.is_valid
    ]
    assert sum(case.is_valid for case in cases) == valid
    assert sum(case.test["result"] == "invalid" for case in cases) == invalid
    assert wrong == []


def test_wycheproof_rsa_pkcs1_generated_signatures() -> None:
    cases = [
        case
        for case in vectors.wycheproof("rsa_pkcs1_2048_sig_gen_test.json")
        if case.group["sha"] == "SHA-256" and case.is_valid
    ]
    assert len(cases) == 8
    for case in cases:
        key = read_public_key(case.group["keyPem"].encode(), "")
        assert accepts(key, bytes.fromhex(case.test["msg"]), bytes.fromhex(case.test["sig"])), case.name


def test_a_published_signature_of_another_houses_client_id_and_timestamp() -> None:
    vector = vectors.load("snap/snap_asymmetric_token_qoinhub.json")
    pem = vector["public_key_pem"].encode()
    with pytest.raises(BadPublicKey, match="1024 bits"):
        read_public_key(pem, "")
    der = b"".join(line for line in pem.splitlines() if not line.startswith(b"-"))
    key = stored(base64.b64decode(der), 1024)
    signature = decode_signature(vector["signature_b64"])
    message = message_to_sign(
        "legacy", client_id=vector["client_id"], timestamp=vector["timestamp"], method="", path="", body=b""
    )

    assert message.decode() == vector["string_to_sign"]
    assert accepts(key, message, signature)
    for derived in vector["derived_invalid"]:
        assert not accepts(key, derived["string_to_sign"].encode(), signature), derived["why"]


# --- what is signed ---------------------------------------------------------------------------------------------------


def test_the_legacy_string_is_client_id_bar_timestamp_exactly_as_sent() -> None:
    def legacy(timestamp: str, body: bytes = b"{}", path: str = "/api/v1/sales-orders") -> bytes:
        return message_to_sign("legacy", client_id=CLIENT_ID, timestamp=timestamp, method="POST", path=path, body=body)

    assert legacy(TIMESTAMP) == MESSAGE
    assert legacy("01735700400") == b"partner-client-001|01735700400"
    assert legacy(TIMESTAMP, b"other", "/other") == MESSAGE, "the document's string covers neither body nor path"


def test_the_body_bound_string_changes_with_everything_that_is_sent() -> None:
    sent = {"client_id": CLIENT_ID, "timestamp": TIMESTAMP, "method": "POST", "path": "/api/v1/sales-orders"}

    message = message_to_sign("snap-asym", **sent, body=b"{}")

    assert message == (
        b"POST:/api/v1/sales-orders:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a:1735700400"
    )
    for change in ({"timestamp": "1"}, {"method": "GET"}, {"path": "/"}):
        assert message_to_sign("snap-asym", **{**sent, **change}, body=b"{}") != message
    assert message_to_sign("snap-asym", **sent, body=b"{ }") != message


# --- which signatures -------------------------------------------------------------------------------------------------


def test_a_partners_signature_is_accepted_over_its_own_message_alone() -> None:
    signature = sign(MESSAGE)

    assert accepts(partner_key(), MESSAGE, signature)
    for other in (b"partner-client-001|1735700401", b"partner-client-002|1735700400", MESSAGE + b"\n", b""):
        assert not accepts(partner_key(), other, signature)


def test_a_signature_of_another_key_is_refused() -> None:
    assert not accepts(partner_key(), MESSAGE, sign(MESSAGE, "second"))


@pytest.mark.parametrize(
    ("scheme", "digest"),
    [
        (padding.PSS(padding.MGF1(SHA256()), padding.PSS.MAX_LENGTH), SHA256()),
        (padding.PSS(padding.MGF1(SHA256()), 32), SHA256()),
        (padding.PKCS1v15(), SHA512()),
        (padding.PKCS1v15(), SHA1()),
    ],
    ids=["PSS", "PSS with a salt of 32 bytes", "SHA-512", "SHA-1"],
)
def test_no_other_scheme_is_accepted(scheme: padding.AsymmetricPadding, digest: SHA256 | SHA512 | SHA1) -> None:
    assert not accepts(partner_key(), MESSAGE, private_key().sign(MESSAGE, scheme, digest))


@pytest.mark.parametrize("signature", [b"", b"\x00", b"\x00" * 255, b"\x00" * 256, b"\x01" * 257, b"\xff" * 256])
def test_what_is_no_signature_is_refused_and_nothing_else(signature: bytes) -> None:
    assert not accepts(partner_key(), MESSAGE, signature)


def test_any_of_several_keys_may_sign_and_is_named() -> None:
    keys = [partner_key("first"), partner_key("second")]

    assert verify_signature(keys, MESSAGE, sign(MESSAGE, "first")) == keys[0]
    assert verify_signature(keys, MESSAGE, sign(MESSAGE, "second")) == keys[1]
    with pytest.raises(BadSignature):
        verify_signature([], MESSAGE, sign(MESSAGE))


# --- how they are written ---------------------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=600))
def test_standard_and_url_safe_base64_padded_or_not_are_read(signature: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(signature).decode()
        assert decode_signature(text) == signature
        assert decode_signature(text.rstrip("=")) == signature


@given(st.text(max_size=40))
def test_whatever_else_is_read_has_one_spelling(text: str) -> None:
    try:
        decoded = decode_signature(text)
    except UndecodableSignature:
        return
    spellings = {encode(decoded).decode() for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    assert text in spellings | {spelling.rstrip("=") for spelling in spellings}


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "=", "==", "A", "AAAAA", "AAA==", "AAAA=", "AAAA==", "AA=", "A===", "AA===", "AA=A", "=AAA",
        "AA==AA==",
        "AAAA AAAA", " AAAA", "AAAA ", "AAAA\n", "AA\nAA", "AA\r\nAA", "AA+_", "AA-/", "AA.A", "AA,A", "AA%3D%3D",
        "AAA\u0410", "\u0410\u0410\u0410\u0410", "０AAA", "AAAA\x00", "AAAA;AAAA", "AAAA\u200b",
    ],
)  # fmt: skip
def test_junk_is_undecodable(text: str) -> None:
    with pytest.raises(UndecodableSignature):
        decode_signature(text)


@pytest.mark.parametrize("text", ["AB", "AB==", "AAB", "AAB=", "_w", "_x=="])
def test_stray_bits_in_the_last_character_are_undecodable(text: str) -> None:
    decodable = {"_w": b"\xff"}

    if text in decodable:
        assert decode_signature(text) == decodable[text]
    else:
        with pytest.raises(UndecodableSignature):
            decode_signature(text)


def test_hexadecimal_is_base64_of_something_else() -> None:
    """Hex is refused (traps A6): as Base64 it decodes, to bytes that verify nothing."""
    assert not accepts(partner_key(), MESSAGE, decode_signature(sign(MESSAGE).hex()))


# --- timestamps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0", 0), ("1735700400", 1735700400_000), ("1735700400123", 1735700400_123), ("01735700400", 1735700400_000),
        ("999999999999", 999999999999_000), ("1000000000000", 1000000000000),
    ],
)  # fmt: skip
def test_seconds_and_thirteen_digits_of_milliseconds(text: str, milliseconds: int) -> None:
    assert timestamp_to_milliseconds(text) == milliseconds


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-1", "+1735700400", "1735700400.0", "1735700400.5", "1e9", "17357004001234", "9" * 400,
        " 1735700400", "1735700400 ", "1735700400\n", "1_735_700_400", "0x67",
        "２０２５", "١٧٣٥", "2025-01-01T03:00:00Z", "NaN", "null",
    ],
)  # fmt: skip
def test_nothing_else_is_a_timestamp(text: str) -> None:
    with pytest.raises(BadTimestamp):
        timestamp_to_milliseconds(text)


@pytest.mark.parametrize(
    ("off_by_ms", "fresh"),
    [(0, True), (299_000, True), (300_000, True), (300_001, False), (301_000, False), (3_600_000, False)],
)
@pytest.mark.parametrize("direction", [-1, 1])
def test_five_minutes_to_either_side(off_by_ms: int, fresh: bool, direction: int) -> None:
    now_ms = 1735700400_000

    assert is_fresh(now_ms + direction * off_by_ms, now_ms) is fresh


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_revoked_key_is_still_a_key_and_it_is_the_partner_who_leaves_it_out() -> None:
    revoked = replace(partner_key(), state="revoked")

    assert verify_signature([revoked], MESSAGE, sign(MESSAGE)) == revoked
