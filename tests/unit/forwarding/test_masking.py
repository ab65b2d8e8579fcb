"""What a channel logs in with does not survive in what is kept of an answer, in whatever form it is quoted."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.forwarding.answers import BODY_BYTES, KeptAnswer, kept_answer
from orderbridge.forwarding.masking import MASK, masked, secrets_in
from orderbridge.http.heard import Heard

AT = "2025-01-01T00:00:00.000Z"
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "url": lambda text: quote(text, safe=""),
    "url, small": lambda text: quote(text, safe="").lower() if text.isascii() and text.islower() else quote(text),
    "form": quote_plus,
    "json": lambda text: json.dumps(text)[1:-1],
    "json, not ascii": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json in json": lambda text: json.dumps(json.dumps(text))[1:-1],
    "html": escape,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64, escaped": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
}
WITHIN = {f"base64 behind {n}": n for n in range(3)}
# Of three characters at least: another text may hold what has so few.
SECRETS = st.text(min_size=6, max_size=40).filter(lambda text: len(set(text) - set("*\\")) > 2)
AROUND = st.text(max_size=30)


def kept(body: str, credentials: object, headers: tuple[str, ...] = ()) -> KeptAnswer:
    heard = Heard(200, "text/plain", body.encode(), None, set(headers))
    return kept_answer("a", AT, heard, credentials, "")


def nested(secret: str) -> object:
    return {"account": {"keys": [secret]}}


@pytest.mark.parametrize("form", FORMS)
@given(secret=SECRETS, before=AROUND, after=AROUND)
def test_no_credential_survives_in_any_form_wherever_it_is(form: str, secret: str, before: str, after: str) -> None:
    quoted = FORMS[form](secret)

    body = kept(f"<<<{before}{quoted}{after}>>>", nested(secret)).body or ""

    assert quoted not in body
    assert MASK in body


@pytest.mark.parametrize("place", range(3))
@given(secret=SECRETS)
def test_no_credential_survives_within_a_longer_base64(place: int, secret: str) -> None:
    shown = base64.b64encode(b"x" * place + secret.encode() + b":yz").decode()

    body = kept(shown, nested(secret)).body or ""

    # What is left are the ends, of less than a character's bits at the secret's side.
    assert len(body.replace(MASK, "")) <= 10


@given(secret=SECRETS, cut=st.integers(0, 60))
def test_a_credential_at_the_cut_does_not_survive_in_part(secret: str, cut: int) -> None:
    body = kept("." * (BODY_BYTES - cut) + secret, nested(secret)).body or ""

    assert body.strip(".").strip("\\*") == ""


@pytest.mark.parametrize(
    "text",
    [
        '{"data": {"access_token": "abc.DEF-1"}}',
        '{"api_key":"abc.DEF-1"}',
        '{"X-Signature" : "abc.DEF-1", "ok": true}',
        '{"error": "{\\"clientSecret\\": \\"abc.DEF-1\\"}"}',
        '{"tokens": ["abc.DEF-1", "abc.DEF-1"]}',
        '{"token": {"value": "abc.DEF-1"}}',
        "user=x&password=abc.DEF-1&next=2",
        "https://shop.example/cb?hmac=abc.DEF-1",
        "Authorization: Bearer abc.DEF-1",
        '{"token": "abc.DEF-1',
    ],
)
def test_the_value_of_what_is_named_like_a_secret_is_masked(text: str) -> None:
    shown = masked(text, ())

    assert "abc.DEF-1" not in shown
    assert MASK in shown


def test_what_the_wire_added_is_masked_wherever_it_comes_back() -> None:
    assert kept("you sent t0k3n-1 and x", {}, ("Bearer t0k3n-1",)).body == "you sent *** and x"


def test_json_stays_json_and_the_rest_is_as_it_came() -> None:
    text = '{"code": 17, "message": "customer CUST-001 not found", "token": "abcdef", "n": [1, 2]}'

    assert json.loads(masked(text, ["secret-1"])) == {**json.loads(text), "token": MASK}


def test_short_values_are_in_too_many_words_to_be_masked() -> None:
    assert list(secrets_in({"a": "short", "b": ["long enough"], "c": None, "d": True})) == ["long enough"]


@given(body=st.binary(max_size=3 * BODY_BYTES))
def test_whatever_the_bytes_at_most_four_kilobytes_are_kept(body: bytes) -> None:
    answer = kept_answer("a", AT, Heard(200, None, body * 3), {}, "")

    assert len((answer.body or "").encode()) <= BODY_BYTES


def test_a_large_body_of_one_character_is_masked_in_time() -> None:
    for sign in ('"', "\\", "key", "a", '"key', "\\u005c", "%", "token="):
        masked(sign * (256 * 1024 // len(sign)), ["aaaaaaaaab", "\\\\\\\\aa\\\\b"])
