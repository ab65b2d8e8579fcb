"""The one form of signed token that we read, on published vectors and on everything that is nearly it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.partners import jws
from tests.unit import vectors

KEY = b"0123456789abcdef0123456789abcdef"
OTHER_KEY = b"fedcba9876543210fedcba9876543210"
PAYLOAD = b'{"sub":"partner-client-001"}'

DEVIATIONS = {
    367: "accepted: invalidBase64Padding, but there is no padding in it; byte for byte the valid tcId 357",
    370: "accepted: invalidBase64PaddingInPayload, but there is no padding in it; byte for byte the valid tcId 357",
    372: "refused: a ? in the header is to be skipped; RFC 7515 section 2 has no such character",
    373: "refused: a ? in the payload is to be skipped; RFC 7515 section 2 has no such character",
}


def accepts(token: str, key: bytes) -> bool:
    try:
        jws.verify(token, key)
    except jws.BadJws:
        return False
    return True


def compact(header: Any, payload: bytes = PAYLOAD, key: bytes = KEY) -> str:
    """A token with any header and a right HS256 signature over it."""

    def encode(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    signing_input = f"{encode(raw)}.{encode(payload)}"
    return f"{signing_input}.{encode(hmac.digest(key, signing_input.encode(), hashlib.sha256))}"


# --- published vectors ------------------------------------------------------------------------------------------------


def test_wycheproof_hs256() -> None:
    deviating = set()
    cases = [
        case
        for case in vectors.wycheproof("json_web_signature_test.json")
        if case.group.get("private", {}).get("alg") == "HS256"
    ]
    for case in cases:
        if accepts(case.test["jws"], vectors.base64url(case.group["private"]["k"])) != case.is_valid:
            deviating.add(case.test["tcId"])

    assert len(cases) == 40
    assert deviating == DEVIATIONS.keys(), DEVIATIONS


def test_the_two_invalid_wycheproof_vectors_that_we_accept_are_a_valid_one() -> None:
    texts = {case.test["tcId"]: case.test["jws"] for case in vectors.wycheproof("json_web_signature_test.json")}

    assert texts[367] == texts[370] == texts[357]
    assert "=" not in texts[367]


def test_the_two_valid_wycheproof_vectors_that_we_refuse_are_a_valid_one_with_a_foreign_character() -> None:
    texts = {case.test["tcId"]: case.test["jws"] for case in vectors.wycheproof("json_web_signature_test.json")}

    assert texts[372].replace("?", "") == texts[373].replace("?", "") == texts[357]
    assert texts[372].count("?") == texts[373].count("?") == 1


def test_wycheproof_signatures_of_every_other_algorithm_are_refused_under_their_own_keys() -> None:
    cases = [
        case
        for case in vectors.wycheproof("json_web_signature_test.json")
        if case.group.get("private", {}).get("kty") != "oct"
    ]
    assert len(cases) > 300
    for case in cases:
        public = json.dumps(case.group["public"]).encode()
        assert not accepts(case.test["jws"], public), case.name


def test_rfc_7515_appendix_a_1() -> None:
    vector = vectors.load("rfc/rfc7515_a1_hs256.json")

    payload = jws.verify(vector["jws"], vectors.base64url(vector["jwk"]["k"]))

    assert json.loads(payload) == vector["payload"]


def test_rfc_7520_section_4_4() -> None:
    vector = vectors.load("jose-cookbook/4_4.hmac-sha2_integrity_protection.json")
    token, key = vector["output"]["compact"], vectors.base64url(vector["input"]["key"]["k"])

    assert jws.verify(token, key).decode() == vector["input"]["payload"]
    assert jws.key_id(token) == vector["input"]["key"]["kid"]


# --- our own form -----------------------------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=100), st.binary(min_size=32, max_size=64), st.text(max_size=8))
def test_what_was_signed_is_verified_with_its_key_and_no_other(payload: bytes, key: bytes, kid: str) -> None:
    token = jws.sign(payload, key, kid)

    assert jws.verify(token, key) == payload
    assert jws.key_id(token) == kid
    assert not accepts(token, key + b"x")


def test_another_library_reads_our_tokens() -> None:
    token = jws.sign(PAYLOAD, KEY, "1")

    assert jwt.decode(token, KEY, algorithms=["HS256"]) == json.loads(PAYLOAD)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": "1", "typ": "JWT"}


def test_we_read_the_tokens_of_another_library() -> None:
    token = jwt.encode({"sub": "x"}, KEY, algorithm="HS256", headers={"kid": "1"})

    assert json.loads(jws.verify(token, KEY)) == {"sub": "x"}


# --- what is nearly it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"}, {"alg": "None"}, {"alg": "hs256"}, {"alg": "HS384"}, {"alg": "HS512"}, {"alg": "RS256"},
        {"alg": "ES256"}, {"alg": ""}, {"alg": None}, {"alg": ["HS256"]}, {"alg": {"HS256": 1}}, {"typ": "JWT"}, {},
        {"alg": "HS256", "crit": ["exp"]}, {"alg": "HS256", "crit": []}, {"alg": "HS256", "b64": False, "crit": None},
        [], "HS256", 1, None, b"", b"{", b'{"alg":"HS256"', b"\xff\xff\xff", b"[" * 2900, b'{"a":' * 500,
    ],
)  # fmt: skip
def test_a_right_mac_under_any_other_header_is_refused(header: Any) -> None:
    token = compact(header)

    assert not accepts(token, KEY)
    with pytest.raises(jws.BadJws):
        jws.key_id(token)


def test_the_same_mac_under_the_right_header_is_accepted() -> None:
    assert accepts(compact({"alg": "HS256"}), KEY)
    assert accepts(compact({"alg": "HS256", "unknown": [1]}), KEY)


@pytest.mark.parametrize("kid", [1, True, ["1"], {"1": 1}, 1.0])
def test_a_key_id_is_a_text(kid: Any) -> None:
    with pytest.raises(jws.BadJws):
        jws.key_id(compact({"alg": "HS256", "kid": kid}))


def test_a_public_key_is_no_secret_to_verify_with() -> None:
    """RS256 confusion: the attacker signs with HMAC under our public key and says so, or says RS256."""
    public = b"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"

    assert not accepts(compact({"alg": "HS256"}, key=public), KEY)
    assert not accepts(compact({"alg": "RS256"}, key=KEY), KEY)


@pytest.mark.parametrize(
    "spell",
    [
        lambda h, p, s: f"{h}.{p}.{s}=",
        lambda h, p, s: f"{h}.{p}.{s}==",
        lambda h, p, s: f"{h}=.{p}.{s}",
        lambda h, p, s: f"{h}.{p}=.{s}",
        lambda h, p, s: f" {h}.{p}.{s}",
        lambda h, p, s: f"{h}.{p}.{s}\n",
        lambda h, p, s: f"{h}.{p}.{s}.",
        lambda h, p, s: f"{h}.{p}.{s}.{s}",
        lambda h, p, s: f"{h}.{p}.",
        lambda h, p, s: f"{h}..{s}",
        lambda h, p, s: f".{p}.{s}",
        lambda h, p, s: f"{h}.{p}",
        lambda h, p, s: f"{h}.{p}.{s[:-1]}",
        lambda h, p, s: f"{h}.{p}.{s}A",
        lambda h, p, s: f"{h}.{p}.{s.translate(str.maketrans('-_', '+/'))}+",
        lambda h, p, s: f"{h}.{p}.{s[:10]}\u0430{s[11:]}",
    ],
)
def test_there_is_one_spelling_of_a_token(spell: Any) -> None:
    token = jws.sign(PAYLOAD, KEY, "1")

    assert accepts(token, KEY)
    assert not accepts(spell(*token.split(".")), KEY)


@pytest.mark.parametrize("part", [0, 1], ids=["header", "payload"])
@pytest.mark.parametrize(
    "spell",
    [
        lambda text: text + "=" * (-len(text) % 4),
        lambda text: text[:-1] + chr(ord(text[-1]) + 1),
        lambda text: text[:4] + "?" + text[4:],
        lambda text: text[:4] + "\n" + text[4:],
    ],
    ids=["padding", "spare bits", "a foreign character", "a line break"],
)
def test_another_spelling_of_a_part_is_refused_under_its_right_mac(part: int, spell: Any) -> None:
    """The MAC is over the text as it is spelled, so the rules of Base64url alone are against these."""

    def signed(parts: list[str]) -> str:
        signing_input = ".".join(parts)
        mac = hmac.digest(KEY, signing_input.encode(), hashlib.sha256)
        return f"{signing_input}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    parts = compact({"alg": "HS256"}, b'{"a":12}').split(".")[:2]
    assert accepts(signed(parts), KEY)
    assert len(parts[part]) % 4

    parts[part] = spell(parts[part])

    assert not accepts(signed(parts), KEY)


def test_every_other_last_character_of_a_signature_is_refused() -> None:
    """43 characters carry 258 bits for 256: three further spellings of the last character decode to the same bytes."""
    token = jws.sign(PAYLOAD, KEY, "1")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    assert [last for last in alphabet if accepts(token[:-1] + last, KEY)] == [token[-1]]


@given(st.data())
def test_no_single_changed_character_is_overlooked(data: st.DataObject) -> None:
    token = jws.sign(PAYLOAD, KEY, "1")
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(max_codepoint=0x7F).filter(lambda character: character != token[at]))

    assert not accepts(token[:at] + other + token[at + 1 :], KEY)


def test_a_token_has_a_longest_length() -> None:
    longest = "x" * 2900
    fits = compact({"alg": "HS256"}, longest.encode())
    assert len(fits) <= jws.MAX_LENGTH
    assert accepts(fits, KEY)

    assert not accepts(compact({"alg": "HS256"}, longest.encode() * 2), KEY)


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,12}\.[A-Za-z0-9_-]{0,12}\.[A-Za-z0-9_-]{0,12}"))
def test_no_text_whatever_raises_anything_but_a_refusal(text: str) -> None:
    with pytest.raises(jws.BadJws):
        jws.verify(text, KEY)
    with pytest.raises(jws.BadJws):
        jws.key_id(text)
