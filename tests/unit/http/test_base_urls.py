"""The addresses that channels may have: those that a call can be made to."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orderbridge.channels.channel import CommonSettings
from orderbridge.http.base_urls import address_in, is_loopback
from orderbridge.http.public_urls import BadWebhookUrl, check_url


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.salesmania.id", "https://api.connexi.id/", "https://API.example.com:8443/a/b", "HTTPS://x-1.id",
        "https://xn--bcher-kva.example", "https://10.0.0.7:65535", "https://localhost:1", "https://a/~x;y=1,2%20(z)",
        "http://127.0.0.1:40123", "http://127.0.0.1:40123/api/", "http://localhost", "HTTP://[::1]:9/x",
        "https://" + ".".join(["a" * 63] * 3 + ["b" * 61]), "https://h:443",
    ],
)  # fmt: skip
def test_an_address_that_can_be_called_is_taken(base_url: str) -> None:
    assert CommonSettings(base_url=base_url).base_url == base_url.rstrip("/")


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("https://h:0", "port"), ("https://h:65536", "port"), ("https://h:99999999999999999999", "port"),
        ("https://h:", "port"), ("https://h:-1", "port"), ("https://h:4x", "port"), ("http://localhost:70000", "port"),
        ("https://h:\u0663", "visible ASCII"), ("https://h/\x01", "visible ASCII"), ("https://h/\x00", "visible ASCII"),
        ("https://h/a b", "visible ASCII"), ("https://h/é", "visible ASCII"), ("https://h\n", "visible ASCII"),
        ("https://h\x7f", "visible ASCII"), ("https://bücher.example", "visible ASCII"), ("", "visible ASCII"),
        ("https://h/\ud800", "visible ASCII"),
        ("https://", "host"), ("https://:443", "host"), ("https://a..b", "host"), ("https://.a", "host"),
        ("https://a.", "host"), ("https://-a.id", "host"), ("https://a-.id", "host"), ("https://a_b.id", "host"),
        ("https://" + "a" * 64, "host"), ("https://" + ".".join(["a" * 63] * 4), "host"), ("https://a%2eb", "host"),
        ("https:///x", "host"), ("https://a\\\\b", "host"),
        ("https://1.2.3.999", "host"), ("https://1-2-3-4", "host"), ("https://0177.0.0.1", "host"),
        ("https://1234567", "host"), ("https://1a2b3c4", "host"),
        ("https://u@h", "user"), ("https://u:p@h", "user"), ("https://h?q=1", "query"), ("https://h/#f", "fragment"),
        ("http://example.com", "https"), ("ftp://h", "https"), ("h", "https"), ("https:h", "https"),
        ("http://127.0.0.1.example.com", "https"), ("http://127.0.0.2", "https"), ("https://[::1]", "https"),
        ("https://[", "https"), ("http://localhost.", "https"),
    ],
)  # fmt: skip
def test_an_address_that_no_call_can_be_made_to_is_refused_and_the_reason_said(base_url: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        CommonSettings(base_url=base_url)
    assert not is_loopback(base_url)


def test_an_address_in_its_parts() -> None:
    assert address_in("HTTPS://API.Example.com:8443/a/") == (
        "https",
        "api.example.com",
        8443,
        "API.Example.com:8443",
        "/a/",
    )
    assert address_in("http://[::1]") == ("http", "::1", None, "[::1]", "")


def test_a_webhook_on_this_machine_needs_a_port_that_there_is() -> None:
    check_url("http://127.0.0.1:40123/hook?x=1", allow_loopback_http=True)
    with pytest.raises(BadWebhookUrl):
        check_url("http://127.0.0.1:99999/hook", allow_loopback_http=True)
