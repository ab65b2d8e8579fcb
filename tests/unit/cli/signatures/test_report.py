"""The signature debugger names each mistake that partners make, from the signature and the public key alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge_cli.signatures.mistakes import SignedRequest, suspects
from orderbridge_cli.signatures.recovery import SignedDigest, recover
from orderbridge_cli.signatures.report import examine, first_difference, visible
from tests.unit import vectors
from tests.unit.cli.signatures.signature_cases import (
    BODY,
    BODY_BOUND,
    CLIENT_ID,
    DIGEST,
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


def test_a_right_signature_verifies_and_nothing_is_found() -> None:
    report = report_on(base64_of(sign(b"Partner-001|1704067200")))

    assert report.verifies
    assert report.kid == public_key().kid
    assert report.findings == ()
    assert report.body()["string_to_sign"] == {
        "text": "Partner-001|1704067200",
        "bytes": 22,
        "hex": b"Partner-001|1704067200".hex(),
        "sha256": hashlib.sha256(b"Partner-001|1704067200").hexdigest(),
    }


def test_a_right_body_bound_signature_verifies() -> None:
    report = report_on(base64_of(sign(f"POST:/api/v1/sales-orders:{DIGEST}:1704067200".encode())), BODY_BOUND)

    assert report.verifies
    assert report.findings == ()


LEGACY_TEXTS = {
    "Partner-001|1704067200\n": "trailing_newline",
    "Partner-001|1704067200\r\n": "trailing_crlf",
    "Partner-001|1704067200\r": "trailing_cr",
    "Partner-001|1704067200\\n": "literal_newline",
    "Partner-001|1704067200 ": "trailing_space",
    "Partner-001|1704067200\0": "trailing_nul",
    " Partner-001|1704067200": "leading_space",
    "\ufeffPartner-001|1704067200": "byte_order_mark",
    '"Partner-001|1704067200"': "quoted",
    "'Partner-001|1704067200'": "quoted",
    "Partner-001%7C1704067200": "url_encoded",
    "Partner-001:1704067200": "separator",
    "Partner-0011704067200": "separator",
    "Partner-001 | 1704067200": "separator",
    "1704067200|Partner-001": "order",
    "partner-001|1704067200": "client_id_case",
    "PARTNER-001|1704067200": "client_id_case",
    "Partner-001\n|1704067200": "client_id_whitespace",
    "Partner-001|1704067200123": "timestamp_unit",
    "Partner-001|1704067200000": "timestamp_unit",
    "Partner-001|1704067200.0": "timestamp_format",
    "Partner-001|2024-01-01T00:00:00Z": "timestamp_iso",
    "Partner-001|2024-01-01T07:00:00+07:00": "timestamp_iso",
    "Partner-001|2024-01-01T00:00:00.000Z": "timestamp_iso",
    "Partner-001|1704067201": "other_timestamp",
    "Partner-001|1704066950": "other_timestamp",
    "Partner-001": "timestamp_left_out",
    "1704067200": "client_id_left_out",
    "$CLIENT_ID|$TIMESTAMP": "literal_signed",
    f"Partner-001|1704067200|{BODY.decode()}": "body_included",
    f"Partner-001|1704067200{BODY.decode()}": "body_included",
    f"Partner-001|1704067200|{DIGEST}": "body_included",
    BODY.decode(): "body_included",
    f"POST:/api/v1/sales-orders:{DIGEST}:1704067200": "other_profile",
}


@pytest.mark.parametrize(("text", "code"), LEGACY_TEXTS.items())
def test_the_text_that_was_signed_instead_is_found(text: str, code: str) -> None:
    report = report_on(base64_of(sign(text.encode())))

    assert not report.verifies
    assert codes(report) == [code]
    assert report.signed_text is not None
    assert report.signed_text.content == text.encode()
    assert report.difference is not None


BODY_BOUND_TEXTS = {
    f"POST:/api/v1/sales-orders:{DIGEST}:1704067200\n": "trailing_newline",
    f"post:/api/v1/sales-orders:{DIGEST}:1704067200": "method_case",
    f"POST:/prod/api/v1/sales-orders:{DIGEST}:1704067200": "path",
    f"POST:/sales-orders:{DIGEST}:1704067200": "path",
    f"POST:/api/v1/sales-orders:{DIGEST.upper()}:1704067200": "body_digest",
    f"POST:/api/v1/sales-orders:{base64_of(hashlib.sha256(BODY).digest())}:1704067200": "body_digest",
    f"POST:/api/v1/sales-orders:{hashlib.sha256(b'').hexdigest()}:1704067200": "body_digest",
    f"POST:/api/v1/sales-orders:{hashlib.sha256(BODY + bytes([10])).hexdigest()}:1704067200": "body_digest",
    f"POST:/api/v1/sales-orders:{BODY.decode()}:1704067200": "body_digest",
    "POST:/api/v1/sales-orders:1704067200": "body_digest",
    f"POST|/api/v1/sales-orders|{DIGEST}|1704067200": "separator",
    f"POST:/api/v1/sales-orders:{DIGEST}": "timestamp_left_out",
    f"POST:/api/v1/sales-orders:{DIGEST}:2024-01-01T07:00:00+07:00": "timestamp_iso",
    "Partner-001|1704067200": "other_profile",
}


@pytest.mark.parametrize(("text", "code"), BODY_BOUND_TEXTS.items())
def test_the_text_that_was_signed_instead_is_found_in_the_body_bound_profile(text: str, code: str) -> None:
    report = report_on(base64_of(sign(text.encode())), BODY_BOUND)

    assert not report.verifies
    assert codes(report) == [code]


def test_a_body_that_was_written_again_after_signing_is_found() -> None:
    minified = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
    text = f"POST:/api/v1/sales-orders:{hashlib.sha256(minified).hexdigest()}:1704067200"

    report = report_on(base64_of(sign(text.encode())), BODY_BOUND)

    assert codes(report) == ["body_digest"]
    assert "without spaces" in report.findings[0].detail


DIGESTS_SIGNED: dict[str, Callable[[bytes], bytes]] = {
    "raw": lambda text: hashlib.sha256(text).digest(),
    "hex": lambda text: hashlib.sha256(text).hexdigest().encode(),
    "HEX": lambda text: hashlib.sha256(text).hexdigest().upper().encode(),
    "base64": lambda text: base64.b64encode(hashlib.sha256(text).digest()),
}


@pytest.mark.parametrize("form", DIGESTS_SIGNED)
def test_a_digest_that_was_hashed_once_more_is_found(form: str) -> None:
    report = report_on(base64_of(sign(DIGESTS_SIGNED[form](LEGACY.string_to_sign()))))

    assert codes(report) == ["digest_signed_again"]


def test_a_digest_signed_as_a_digest_is_right() -> None:
    digest = hashlib.sha256(LEGACY.string_to_sign()).digest()
    signature = private_key().sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))

    assert report_on(base64_of(signature)).verifies


def test_two_mistakes_in_one_text_are_both_named() -> None:
    assert codes(report_on(base64_of(sign(b"partner-001|1704067200\n")))) == ["client_id_case", "trailing_newline"]


def test_mistakes_in_the_text_and_in_its_writing_are_both_named() -> None:
    report = report_on(sign(b"Partner-001|1704067200\n").hex())

    assert codes(report) == ["signature_in_hex", "trailing_newline"]


def test_the_signature_of_another_key_is_named_with_the_way_to_tell() -> None:
    report = report_on(base64_of(sign(LEGACY.string_to_sign(), name="two")))

    assert codes(report) == ["other_key"]
    assert public_key().kid in report.findings[0].detail
    assert report.kid is None
    assert report.signed_text is None


def test_a_revoked_key_is_named() -> None:
    revoked = replace(public_key(), state="revoked")
    signature = base64_of(sign(LEGACY.string_to_sign()))

    report = examine(LEGACY, signature, [public_key("two"), revoked], NOW)

    assert not report.verifies
    assert codes(report) == ["key_revoked"]


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        (base64_of(hashlib.sha256(LEGACY.string_to_sign()).digest()), "not_rsa"),
        (base64_of(bytes(32)), "not_rsa"),
        (base64_of(bytes(64)), "not_rsa"),
        (base64_of(bytes([0x30]) + bytes(70)), "not_rsa"),
        (base64_of(bytes(255)), "signature_length"),
        (base64_of(bytes(384)), "signature_length"),
        ("", "not_base64"),
        ("!!", "not_base64"),
    ],
)
def test_what_is_no_signature_by_the_key_is_reported_by_its_shape(signature: str, code: str) -> None:
    assert codes(report_on(signature))[-1] == code


def test_an_unsigned_digest_is_reported_from_any_32_bytes() -> None:
    digest = report_on(base64_of(hashlib.sha256(b"Partner-001|1704067200\n").digest()))

    assert "unsigned" in digest.findings[0].detail
    assert "unsigned" not in report_on(base64_of(bytes(32))).findings[0].detail


@pytest.mark.parametrize("write", [base64_of, bytes.hex])
def test_an_hmac_is_named_by_its_length_in_base64_and_in_hex(write: Callable[[bytes], str]) -> None:
    for name in ("sha256", "sha512"):
        made = hmac.digest(b"the client_secret", LEGACY.string_to_sign(), name)
        finding = report_on(write(made)).findings[-1]
        assert (finding.code, f"HMAC-{name.upper()}" in finding.detail) == ("not_rsa", True)


@pytest.mark.parametrize("name", ["sha256", "sha512"])
def test_an_unsigned_digest_is_named(name: str) -> None:
    digest = hashlib.new(name, LEGACY.string_to_sign()).digest()
    for text in (base64_of(digest), digest.hex()):
        assert f"the {name.upper()} digest of the string, unsigned" in report_on(text).findings[-1].detail


def test_an_unknown_text_is_reported_with_its_digest() -> None:
    report = report_on(base64_of(sign(b"Partner-002|1704067200")))

    assert codes(report) == ["other_text"]
    assert hashlib.sha256(b"Partner-002|1704067200").hexdigest() in report.findings[0].detail


def test_the_makers_own_word_for_the_text_is_checked_and_compared() -> None:
    signed = b"Partner-002|1704067200"

    true = report_on(base64_of(sign(signed)), claimed=signed)
    assert true.signed_text is not None
    assert true.signed_text.content == signed
    assert true.difference is not None
    assert (true.difference.offset, true.difference.expected, true.difference.signed) == (10, ord("1"), ord("2"))

    untrue = report_on(base64_of(sign(signed)), claimed=LEGACY.string_to_sign())
    assert untrue.signed_text is None
    assert codes(untrue) == ["other_text"]


def test_the_word_is_compared_even_where_the_key_is_another_one() -> None:
    report = report_on(base64_of(sign(b"x", name="two")), claimed=b"Partner-001:1704067200")

    assert report.difference is not None
    assert report.difference.offset == 11


@pytest.mark.parametrize(
    ("timestamp", "code", "words"),
    [
        ("2024-01-01T00:00:00Z", "timestamp_unreadable", "400"),
        ("-5", "timestamp_unreadable", "400"),
        (str(SECONDS - 400), "timestamp_stale", "420 s behind"),
        (str(SECONDS + 7 * 3600), "timestamp_stale", "+7 h"),
        (str(SECONDS * 1000 - 400_000), "timestamp_stale", "behind"),
    ],
)
def test_a_timestamp_that_the_api_refuses_is_named_though_the_signature_is_right(
    timestamp: str, code: str, words: str
) -> None:
    request = SignedRequest(CLIENT_ID, timestamp)

    report = report_on(base64_of(sign(request.string_to_sign())), request)

    assert report.verifies
    assert codes(report) == [code]
    assert words in report.findings[0].detail


def test_milliseconds_in_the_header_and_seconds_in_the_text_are_found() -> None:
    request = SignedRequest(CLIENT_ID, f"{SECONDS}123")

    assert codes(report_on(base64_of(sign(b"Partner-001|1704067200")), request)) == ["timestamp_unit"]


def test_an_iso_header_with_seconds_in_the_text_is_found() -> None:
    request = SignedRequest(CLIENT_ID, "2024-01-01T07:00:00+07:00")

    report = report_on(base64_of(sign(b"Partner-001|1704067200")), request)

    assert codes(report) == ["timestamp_format", "timestamp_unreadable"]


def test_the_published_snap_example_is_recovered() -> None:
    """The digest in a signature that another company published is read without its private key."""
    vector = vectors.load("snap/snap_asymmetric_token_qoinhub.json")
    key = load_pem_public_key(vector["public_key_pem"].encode())
    assert isinstance(key, rsa.RSAPublicKey)
    recovered = recover(key.public_numbers(), base64.b64decode(vector["signature_b64"]))

    assert recovered == SignedDigest("sha256", hashlib.sha256(vector["string_to_sign"].encode()).digest())
    assert not any(recovered.covers(wrong["string_to_sign"].encode()) for wrong in vector["derived_invalid"])


def test_bytes_are_visible_without_moving_the_cursor() -> None:
    assert visible(b"a|1\r\n\t\\\x00\xc3\xa9~") == "a|1\\r\\n\\t\\\\\\x00\\xc3\\xa9~"


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_the_first_difference_is_the_first(expected: bytes, signed: bytes) -> None:
    difference = first_difference(expected, signed)

    if difference is None:
        assert expected == signed
        return
    offset = difference.offset
    assert expected[:offset] == signed[:offset]
    assert expected[offset : offset + 1] != signed[offset : offset + 1]
    assert difference.expected == (expected[offset] if offset < len(expected) else None)
    assert difference.signed == (signed[offset] if offset < len(signed) else None)


@given(
    client_id=st.text(st.characters(codec="utf-8"), max_size=10),
    timestamp=st.one_of(st.text(st.characters(codec="utf-8"), max_size=20), st.integers(0, 10**14).map(str)),
    signature=st.one_of(
        st.text(st.characters(codec="utf-8"), max_size=400), st.binary(max_size=300).map(base64_of),
        st.binary(min_size=256, max_size=256).map(base64_of),
    ),
    body=st.one_of(st.none(), st.binary(max_size=40)),
    profile=st.sampled_from(["legacy", "snap-asym"]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_whatever_is_asked_there_is_an_answer(client_id, timestamp, signature, body, profile) -> None:
    request = SignedRequest(client_id, timestamp, profile, body=body)

    report = examine(request, signature, [public_key()], NOW)

    assert report.verifies is False
    assert report.findings
    json.dumps(report.body())


def test_no_suspect_but_the_first_is_the_right_string() -> None:
    for request in (LEGACY, BODY_BOUND, SignedRequest("partner", "1704067200123")):
        first, *others = suspects(request)
        assert first.message == request.string_to_sign()
        assert first.mistakes == ()
        assert all(other.message != first.message for other in others if len(other.mistakes) == 1)
        assert all(other.mistakes for other in others)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 2000 + b"1" + b"}" * 2000])
def test_a_body_of_nothing_but_brackets_is_compared_as_it_is(body: bytes) -> None:
    request = replace(BODY_BOUND, body=body)
    report = examine(request, base64_of(sign(request.string_to_sign())), [public_key()], NOW)
    assert report.verifies
    assert "other_text" in codes(examine(request, base64_of(sign(b"something else")), [public_key()], NOW))
