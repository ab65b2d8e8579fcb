"""Addresses and calls that cannot be: nothing is sent, and nothing else is raised."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orderbridge.http.base_urls import address_in
from orderbridge.http.connection import TimedBackend
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import NothingSent
from orderbridge.http.transport import Call, Transport


class Unconnected(TimedBackend):
    """Resolves names as ever, and then finds nobody."""

    def connect_tcp(self, host: str, port: int, *_: object, **__: object):
        if port:
            host.encode("idna")
        raise OSError("nobody")


CHARACTERS = st.characters(codec=None) | st.sampled_from("/?#@:[]%.-_ \t\n\0\ud800é\u3002\uff0f")
HOSTS = st.sampled_from(
    ["example.com", "127.0.0.1", "[::1]", "", ".", "a..b", "x" * 64, "é.id", "[", "[v1.x]", "℀.com"]
)
STRANGE = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "HTTPS://", "", "https:", "//", "ftp://"]),
    HOSTS | st.text(CHARACTERS, max_size=20),
    st.sampled_from(["", ":", ":0", ":443", ":65535", ":65536", ":99999999999", ":-1", ":٣", ":x", ":4 4"]),
    st.sampled_from(["", "/", "/v1", "/é", "/\0", "/a b", "?q", "#f"]) | st.text(CHARACTERS, max_size=10),
)


@given(STRANGE, st.sampled_from(["/", "/x?y=z", "", "/é", "/\ud800"]))
@example("https://example.com:99999", "/")
@example("https://example.com:0", "/")
@example("https://[", "/")
@example("https://" + "a" * 64 + ".id", "/")
@example("https://exa\0mple.com", "/")
@example("https://℀.com", "/")
def test_an_address_that_cannot_be_called_means_that_nothing_was_sent(base_url: str, target: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("orderbridge.http.connection.TimedBackend", Unconnected)
        with pytest.raises(NothingSent) as failure:
            Transport(allow_loopback_http=True).call(base_url, Call("GET", target), Deadline.after(5))
    assert str(failure.value).isprintable()


@given(STRANGE)
@example("https://1.2.3.999")
@example("https://1234567")
@example("https://xn--zzzzzzzzz")
def test_every_address_that_may_be_set_up_can_be_called(base_url: str) -> None:
    try:
        address_in(base_url)
    except ValueError:
        return
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("orderbridge.http.connection.TimedBackend", Unconnected)
        with pytest.raises(NothingSent, match=r"^OSError before anything was sent$"):
            Transport(allow_loopback_http=True).call(base_url, Call("GET", "/"), Deadline.after(5))


@settings(max_examples=30, deadline=None)
@given(st.text(CHARACTERS, max_size=8), st.text(CHARACTERS, max_size=8), st.text(CHARACTERS, max_size=8))
def test_a_call_that_cannot_be_written_down_means_that_nothing_was_sent(method: str, name: str, value: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("orderbridge.http.connection.TimedBackend", Unconnected)
        with pytest.raises(NothingSent):
            Transport().call("https://example.com", Call(method, "/", {name: value}), Deadline.after(5))
