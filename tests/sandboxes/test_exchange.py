"""Bytes in, values out: JSON read strictly, money written exactly, secrets masked."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orderbridge_sandboxes.exchange import NotJson, Request, read_json, write_json


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b'"\xff"',
        b"\xff\xfe{\x00}\x00",
        b"[1,]",
        b"{} {}",
        b"[" * 100_000,
        b"9" * 5000,
    ],
)
def test_what_is_no_strict_json_is_refused(body):
    with pytest.raises(NotJson):
        read_json(body)


def test_fractions_stay_exact_and_are_reported_from_integers():
    document = read_json(b'{"a": 43.6015, "b": 2.0, "c": 2, "d": true, "e": 1e2}')
    assert document == {"a": Decimal("43.6015"), "b": Decimal("2.0"), "c": 2, "d": True, "e": Decimal("1e2")}
    assert [type(document[name]) for name in "abcde"] == [Decimal, Decimal, int, bool, Decimal]
    assert write_json(document) == b'{"a":43.6015,"b":2,"c":2,"d":true,"e":100}'


def test_a_float_has_no_place_in_a_reply_unless_it_is_finite():
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(float("nan"))


def test_a_query_is_decoded_and_a_raw_plus_is_a_blank():
    request = Request("GET", "/a%20b?since=2025-01-01T00:00:00+07:00&x=%2B&empty=")
    assert request.path == "/a b"
    assert request.query == {"since": "2025-01-01T00:00:00 07:00", "x": "+", "empty": ""}


def test_secrets_are_masked_and_the_rest_is_kept():
    headers = {
        "authorization": "Bearer s",
        "mac": "s",
        "secret": "s",
        "api_key": "s",
        "api_secret": "s",
        "accept": "*/*",
    }
    request = Request("GET", "/orders?page=1&team_token=s", headers)
    assert request.masked_target() == "/orders?page=1&team_token=***"
    assert request.masked_headers() == {**dict.fromkeys(headers, "***"), "accept": "*/*"}
