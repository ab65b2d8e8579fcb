"""Access tokens: whose they are, until when, and everything that is not one."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.partners import jws
from orderbridge.partners.tokens import (
    FAMILY_LIFETIME_SECONDS,
    LEEWAY_SECONDS,
    LIFETIME_SECONDS,
    REFRESH_GRACE_SECONDS,
    InvalidToken,
    SigningKeys,
    TokenClaims,
    TokenExpired,
    UnknownKey,
    issue_token,
    new_claims,
    verify_token,
)
from tests.fakes.samples import CLIENT_ID, NOW, SIGNING_KEYS

KEY = SIGNING_KEYS.keys["1"]
HOUR = 3600
DAY = 24 * HOUR


def issued() -> tuple[TokenClaims, str]:
    claims = new_claims(CLIENT_ID, 1, NOW)
    return claims, issue_token(claims, SIGNING_KEYS)


def payload_of(token: str) -> dict[str, Any]:
    return json.loads(jws.verify(token, KEY))


def signed(payload: Any, key: bytes = KEY, kid: str = "1") -> str:
    return jws.sign(json.dumps(payload).encode(), key, kid)


def later(seconds: float) -> Any:
    return NOW + timedelta(seconds=seconds)


def test_a_token_says_what_was_claimed() -> None:
    claims, token = issued()

    assert verify_token(token, SIGNING_KEYS, NOW) == claims
    assert claims.expires_at == int(NOW.timestamp()) + 12 * HOUR
    assert payload_of(token).keys() == {
        "iss", "aud", "sub", "client_id", "iat", "exp", "jti", "family", "family_iat", "credential_version"
    }  # fmt: skip


def test_two_tokens_are_never_the_same() -> None:
    assert issued()[1] != issued()[1]


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds_after_expiry", "is_good"), [(-1, True), (0, True), (29, True), (30, True), (31, False)]
)
def test_thirty_seconds_of_leeway_after_expiry(seconds_after_expiry: int, is_good: bool) -> None:
    _, token = issued()
    now = later(LIFETIME_SECONDS + seconds_after_expiry)

    if is_good:
        verify_token(token, SIGNING_KEYS, now)
    else:
        with pytest.raises(TokenExpired):
            verify_token(token, SIGNING_KEYS, now)


@pytest.mark.parametrize(("seconds_early", "is_good"), [(29, True), (30, True), (31, False)])
def test_thirty_seconds_of_leeway_before_issue(seconds_early: int, is_good: bool) -> None:
    _, token = issued()

    if is_good:
        verify_token(token, SIGNING_KEYS, later(-seconds_early))
    else:
        with pytest.raises(InvalidToken):
            verify_token(token, SIGNING_KEYS, later(-seconds_early))


def test_a_token_is_renewed_for_a_day_after_its_expiry() -> None:
    _, token = issued()
    end = LIFETIME_SECONDS + REFRESH_GRACE_SECONDS + LEEWAY_SECONDS

    verify_token(token, SIGNING_KEYS, later(end), expired_for_seconds=REFRESH_GRACE_SECONDS)
    with pytest.raises(TokenExpired):
        verify_token(token, SIGNING_KEYS, later(end + 1), expired_for_seconds=REFRESH_GRACE_SECONDS)
    with pytest.raises(TokenExpired):
        verify_token(token, SIGNING_KEYS, later(end), expired_for_seconds=0)


def test_a_family_ends_after_thirty_days_however_often_it_is_renewed() -> None:
    claims, renewals = new_claims(CLIENT_ID, 1, NOW), 0
    while True:
        now = later(renewals * 11 * HOUR)
        if now - NOW > timedelta(seconds=FAMILY_LIFETIME_SECONDS):
            break
        claims = new_claims(CLIENT_ID, 1, now, continuing=claims)
        renewals += 1

    assert renewals == 66
    assert claims.expires_at == int(NOW.timestamp()) + FAMILY_LIFETIME_SECONDS, "no token outlives its family"
    token = issue_token(claims, SIGNING_KEYS)
    verify_token(token, SIGNING_KEYS, later(FAMILY_LIFETIME_SECONDS), expired_for_seconds=DAY)
    with pytest.raises(TokenExpired):
        verify_token(token, SIGNING_KEYS, later(FAMILY_LIFETIME_SECONDS + 1), expired_for_seconds=DAY)


def test_a_renewed_token_stays_in_its_family_and_a_login_begins_one() -> None:
    first = new_claims(CLIENT_ID, 1, NOW)
    renewed = new_claims(CLIENT_ID, 1, later(HOUR), continuing=first)

    assert (renewed.family, renewed.family_issued_at) == (first.family, first.family_issued_at)
    assert renewed.token_id != first.token_id
    assert renewed.issued_at == first.issued_at + HOUR
    assert new_claims(CLIENT_ID, 1, NOW).family != first.family


# --- claims -----------------------------------------------------------------------------------------------------------

CLAIMS = ("iss", "aud", "sub", "client_id", "iat", "exp", "jti", "family", "family_iat", "credential_version")


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_is_required(name: str) -> None:
    payload = payload_of(issued()[1])
    verify_token(signed(payload), SIGNING_KEYS, NOW)
    del payload[name]

    with pytest.raises(InvalidToken):
        verify_token(signed(payload), SIGNING_KEYS, NOW)


@pytest.mark.parametrize("name", ["iat", "exp", "family_iat", "credential_version"])
@pytest.mark.parametrize("turn", [float, str, lambda _: True, lambda _: None, lambda value: [value]])
def test_a_number_is_a_whole_number(name: str, turn: Any) -> None:
    payload = payload_of(issued()[1])

    with pytest.raises(InvalidToken):
        verify_token(signed({**payload, name: turn(payload[name])}), SIGNING_KEYS, NOW)


@pytest.mark.parametrize("name", ["sub", "client_id", "jti", "family"])
@pytest.mark.parametrize("value", ["", 1, True, None, ["x"], {"x": 1}])
def test_a_name_is_a_text(name: str, value: Any) -> None:
    payload = payload_of(issued()[1])

    with pytest.raises(InvalidToken):
        verify_token(signed({**payload, name: value}), SIGNING_KEYS, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "somebody else"}, {"iss": None}, {"iss": ["orderbridge"]}, {"aud": "others"},
        {"aud": ["orderbridge-partners"]}, {"aud": ["orderbridge-partners", "others"]}, {"sub": "partner-client-002"},
        {"client_id": "partner-client-002"},
    ],
)  # fmt: skip
def test_a_token_for_another_use_or_of_two_minds_is_refused(change: dict[str, Any]) -> None:
    payload = payload_of(issued()[1])

    with pytest.raises(InvalidToken):
        verify_token(signed({**payload, **change}), SIGNING_KEYS, NOW)


@pytest.mark.parametrize("payload", [[], "text", 1, None, True])
def test_a_payload_is_an_object(payload: Any) -> None:
    with pytest.raises(InvalidToken):
        verify_token(signed(payload), SIGNING_KEYS, NOW)


@pytest.mark.parametrize("payload", [b"x", b"\xff", b"{", b'{"exp":' + b"9" * 2000 + b"}"])
def test_a_payload_that_is_not_json_is_refused_like_any_other(payload: bytes) -> None:
    with pytest.raises(InvalidToken):
        verify_token(jws.sign(payload, KEY, "1"), SIGNING_KEYS, NOW)


def test_numbers_beyond_every_calendar_are_no_error_of_ours() -> None:
    payload = payload_of(issued()[1])

    assert verify_token(signed({**payload, "exp": 10**300}), SIGNING_KEYS, NOW).expires_at == 10**300
    with pytest.raises(TokenExpired):
        verify_token(signed({**payload, "exp": -(10**300)}), SIGNING_KEYS, NOW)


def test_tampered_claims_are_refused() -> None:
    header, payload, signature = issued()[1].split(".")
    changed = json.dumps({**json.loads(base64.urlsafe_b64decode(payload + "==")), "client_id": "x", "sub": "x"})
    forged = base64.urlsafe_b64encode(changed.encode()).decode().rstrip("=")

    with pytest.raises(InvalidToken):
        verify_token(f"{header}.{forged}.{signature}", SIGNING_KEYS, NOW)


# --- keys -------------------------------------------------------------------------------------------------------------


def test_every_key_of_the_ring_verifies_and_one_signs() -> None:
    ring = SigningKeys({"1": KEY, "2": b"x" * 32}, signing_kid="2")
    claims = new_claims(CLIENT_ID, 1, NOW)

    assert jws.key_id(issue_token(claims, ring)) == "2"
    assert verify_token(issue_token(claims, ring), ring, NOW) == claims
    assert verify_token(issue_token(claims, SIGNING_KEYS), ring, NOW) == claims


@pytest.mark.parametrize(
    "kid", ["2", "", "../../etc/passwd", "1' OR '1'='1", "1\x00", "http://127.0.0.1/key", "01", " 1"]
)
def test_a_key_is_named_exactly_or_unknown(kid: str) -> None:
    with pytest.raises(UnknownKey):
        verify_token(signed(payload_of(issued()[1]), kid=kid), SIGNING_KEYS, NOW)


def test_a_token_that_names_no_key_is_of_an_unknown_one() -> None:
    import jwt

    with pytest.raises(UnknownKey):
        verify_token(jwt.encode(payload_of(issued()[1]), KEY, algorithm="HS256"), SIGNING_KEYS, NOW)


def test_a_token_under_another_key_of_the_ring_than_it_names_is_refused() -> None:
    ring = SigningKeys({"1": KEY, "2": b"x" * 32}, signing_kid="1")

    with pytest.raises(InvalidToken) as refused:
        verify_token(signed(payload_of(issued()[1]), key=b"x" * 32, kid="1"), ring, NOW)
    assert not isinstance(refused.value, UnknownKey)


def test_a_ring_has_its_signing_key_and_no_short_key() -> None:
    with pytest.raises(ValueError, match="not in the ring"):
        SigningKeys({"1": KEY}, signing_kid="2")
    with pytest.raises(ValueError, match="fewer than 32"):
        SigningKeys({"1": KEY, "2": b"x" * 31}, signing_kid="1")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "Bearer x", "." * 5000, "a" * 10_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        verify_token(token, SIGNING_KEYS, NOW)
