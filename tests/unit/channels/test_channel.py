"""Where a channel's calls go."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.http.base_urls import address_in, origin

HOSTS = st.text(string.ascii_letters + string.digits + ".-", min_size=1, max_size=40)
PATHS = st.text(string.ascii_letters + string.digits + "/._-@:%", max_size=30)


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://Shop.Example", "https://shop.example"),
        ("https://shop.example:443/a/b", "https://shop.example"),
        ("https://shop.example:8443/a", "https://shop.example:8443"),
        ("HTTPS://shop.example", "https://shop.example"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://LOCALHOST:8080/x", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://shop.example/@evil.example", "https://shop.example"),
        ("https://shop.example:0443", "https://shop.example"),
    ],
)
def test_an_origin_is_scheme_host_and_port_in_one_spelling(base_url: str, expected: str) -> None:
    assert origin(base_url) == expected


@pytest.mark.parametrize(
    "base_url",
    [
        "http://shop.example",
        "https://shop.example@evil.example",
        "https://user:word@shop.example",
        "https://shop.example\\@evil.example",
        "https://shop.example?x",
        "https://shop.example#x",
        "https:///path",
        "https://shop.example:99999",
        "https://shop.example\n",
        "\thttps://shop.example",
        "http\u017f://shop.example",
        "ftp://shop.example",
        "",
        None,
        b"https://shop.example",
    ],
)
def test_what_no_base_url_may_be_has_no_origin(base_url: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        origin(base_url)


@given(HOSTS, st.integers(0, 65535) | st.none(), PATHS)
def test_the_origin_is_what_the_transport_calls(host: str, port: int | None, path: str) -> None:
    base_url = f"https://{host}" + ("" if port is None else f":{port}") + (f"/{path}" if path else "")
    try:
        called = address_in(base_url)  # as `Transport.conversation` does
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            origin(base_url)
        return
    assert origin(base_url) == f"https://{called.host}" + ("" if called.port in (None, 443) else f":{called.port}")
