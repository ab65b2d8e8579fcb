"""Calls to platforms: one base_url, one target, one reply of at most 1 MiB.

The request line and body go out exactly as given (SIRCLO signs them), and every read and write of a call is held to one
deadline, so that a server that drips bytes cannot outlive the lease. Nothing compressed is asked for; what comes
gzipped all the same, from a proxy that does not listen, is inflated within the bound.
"""

from __future__ import annotations

import re
import ssl
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from orderbridge.http.base_urls import Address, address_in
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import (
    CallFailed,
    NoAnswer,
    NothingSent,
    Outgoing,
    Progress,
    ReplyTooLarge,
    exchange,
    headers_in,
    raw_body,
)
from orderbridge.http.heard import note_failure, note_reply, note_sent
from orderbridge.values.text import bounded

if TYPE_CHECKING:
    import httpx


MAX_REPLY_BYTES = 1024 * 1024
_TARGET = re.compile(r"/[!-~]*")
_GZIP = 16 + zlib.MAX_WBITS
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_ALWAYS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "orderbridge",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `target` is path and query exactly as they go on the wire, relative to the channel's base_url.

    Headers, query and body may hold secrets and personal data, so they are not shown in a repr.
    """

    method: str
    target: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: any status, header names in lower case, at most 1 MiB of body, inflated."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Transport:
    """Makes calls, each on a connection of its own; safe to share between threads.

    A kept-alive connection that died while the environment was frozen would look like an order whose fate is unknown
    (invariant 3); a page loop that wants one connection for many reads uses `conversation`.
    """

    def __init__(
        self,
        *,
        allow_loopback_http: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        answered_by: httpx.BaseTransport | None = None,
    ) -> None:
        """`answered_by` takes the place of sockets, whatever address is called."""
        self._allow_loopback_http = allow_loopback_http
        self._ssl_context = ssl_context
        self._answered_by = answered_by
        self._lock = threading.Lock()

    def call(self, base_url: str, call: Call, deadline: Deadline) -> Reply:
        """Make one call on a fresh connection; raises `NothingSent` or `NoAnswer`."""
        with self.conversation(base_url) as conversation:
            return conversation.call(call, deadline)

    def conversation(self, base_url: str) -> Conversation:
        """Calls one after the other to one base_url, on one connection as long as the server keeps it."""
        try:
            address = address_in(base_url)
        except ValueError as invalid:
            # A row of an earlier version, or one written by hand.
            raise NothingSent(f"the channel's base_url {invalid}") from None
        if address.is_loopback and not self._allow_loopback_http:
            raise NothingSent("the channel's base_url is not https")
        return Conversation(address, self._answered_by or self._sockets())

    def _sockets(self) -> httpx.BaseTransport:
        from orderbridge.http.connection import SocketTransport

        return SocketTransport(self._tls())

    def _tls(self) -> ssl.SSLContext:
        with self._lock:
            if self._ssl_context is None:
                self._ssl_context = tls_context()
            return self._ssl_context


def tls_context() -> ssl.SSLContext:
    """TLS 1.2 or newer, with the public certificate authorities."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Conversation:
    """Calls to one host by one thread, each with its own deadline. A context manager; ends by closing."""

    def __init__(self, address: Address, transport: httpx.BaseTransport) -> None:
        self._address = address
        self._transport = transport

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    @property
    def path_prefix(self) -> str:
        """The path of the base_url, which comes before every target and is part of what SIRCLO signs."""
        return self._address.path.rstrip("/")

    def call(self, call: Call, deadline: Deadline) -> Reply:
        """Make one call; raises `NothingSent` or `NoAnswer`."""
        target = self.path_prefix + call.target
        if not _TARGET.fullmatch(target) or not call.target.startswith("/"):
            raise NothingSent("the path or query holds characters that cannot go on the wire")
        request = Outgoing(call.method, self._address, target, {**_ALWAYS, **call.headers}, call.body)
        note_sent(call.headers)
        try:
            reply = exchange(self._transport, request, Progress(deadline), _reply)
        except CallFailed as failure:
            note_failure(failure.status if isinstance(failure, NoAnswer) else None, str(failure))
            raise
        note_reply(reply.status, reply.headers.get("content-type"), reply.body)
        return reply


def _reply(response: httpx.Response) -> Reply:
    body = bytearray()
    for piece in raw_body(response):
        body += piece
        if len(body) > MAX_REPLY_BYTES:
            raise _too_large(response.status_code)
    headers = headers_in(response)
    return Reply(response.status_code, headers, _inflated(response.status_code, headers, bytes(body)))


def _too_large(status: int) -> ReplyTooLarge:
    return ReplyTooLarge(f"a reply of status {status} is larger than {MAX_REPLY_BYTES} bytes", status)


def _inflated(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    """The body without its content-encoding, at most `MAX_REPLY_BYTES`; raises `NoAnswer`."""
    encoding = headers.get("content-encoding", "").strip().lower()
    if not body or encoding in ("", "identity"):
        return body
    what = f"a reply of status {status} in content-encoding {bounded(encoding, 40)}"
    if encoding not in _WINDOWS:
        raise NoAnswer(what, status)
    windows = _WINDOWS[encoding]
    if encoding == "deflate" and not _is_zlib(body):
        windows = -zlib.MAX_WBITS  # what some servers take deflate for
    inflater = zlib.decompressobj(windows)
    try:
        plain = inflater.decompress(body, MAX_REPLY_BYTES + 1)
    except zlib.error:
        raise NoAnswer(f"{what} that cannot be inflated", status) from None
    if len(plain) > MAX_REPLY_BYTES:
        raise _too_large(status)
    if not inflater.eof or inflater.unused_data:
        raise NoAnswer(f"{what} does not end with its body", status)
    return plain


def _is_zlib(body: bytes) -> bool:
    return body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
