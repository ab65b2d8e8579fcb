"""The one place that opens sockets to platforms.

::

    CallFailed        a call brought no reply
    ├── NothingSent   no byte of the request left: refused address, DNS, connect, TLS, or no time left to begin
    └── NoAnswer      bytes left and no usable reply came back: timeout, reset, broken HTTP, an unknown encoding
        └── ReplyTooLarge   a reply over 1 MiB; of a list a smaller page may be asked for

The difference between the two decides whether a create call may be repeated (invariant 2), so it is not guessed
from the name of an exception: the connection itself notes its first write.

httpcore, the part of httpx that moves bytes, is used as it is: the request line and body go out exactly as given
(SIRCLO signs them), no redirect is followed, no proxy and no variable of the environment is read, and every read and
write of a call is held to one deadline, so that a server that drips bytes cannot outlive the lease. Nothing compressed
is asked for; what comes gzipped all the same, from a proxy that does not listen, is inflated within the bound. httpcore
is imported when the first call is made.
"""

from __future__ import annotations

import re
import ssl
import threading
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from orderbridge.http.base_urls import Address, address_in
from orderbridge.http.deadline import Deadline
from orderbridge.values.text import bounded

if TYPE_CHECKING:
    import httpcore

    from orderbridge.http.connection import TimedBackend


MAX_REPLY_BYTES = 1024 * 1024
_TARGET = re.compile(r"/[!-~]*")
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3})\b")
_GZIP = 16 + zlib.MAX_WBITS
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_ALWAYS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "orderbridge",
}


class CallFailed(Exception):
    """A call that brought no reply; the message names what happened and never what was sent."""


class NothingSent(CallFailed):
    """No byte of the request left this machine."""


class NoAnswer(CallFailed):
    """The request left, at least in part, and no usable reply came back; `status` is that of one that began."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ReplyTooLarge(NoAnswer):
    """A reply over `MAX_REPLY_BYTES`, as it came or inflated."""


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
    ) -> None:
        self._allow_loopback_http = allow_loopback_http
        self._ssl_context = ssl_context
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
        return Conversation(address, self._tls())

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

    def __init__(self, address: Address, ssl_context: ssl.SSLContext) -> None:
        import httpcore

        from orderbridge.http.connection import TimedBackend

        self._address = address
        self._backend: TimedBackend = TimedBackend()
        self._pool: httpcore.ConnectionPool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=1,
            max_keepalive_connections=1,
            keepalive_expiry=5.0,
            http1=True,
            http2=False,
            retries=0,
            network_backend=self._backend,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        # Whatever closing meets, the replies were read.
        with suppress(Exception):
            self._pool.close()

    @property
    def path_prefix(self) -> str:
        """The path of the base_url, which comes before every target and is part of what SIRCLO signs."""
        return self._address.path.rstrip("/")

    def call(self, call: Call, deadline: Deadline) -> Reply:
        """Make one call; raises `NothingSent` or `NoAnswer`."""
        target = self.path_prefix + call.target
        if not _TARGET.fullmatch(target) or not call.target.startswith("/"):
            raise NothingSent("the path or query holds characters that cannot go on the wire")
        self._backend.begin(deadline)
        try:
            return self._exchange(call, target)
        except CallFailed:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever it is, an order must not be sent twice for it
            # The library's own words may quote a header or the body; its type says enough.
            what = type(failure).__name__
        if not self._backend.has_written:
            raise NothingSent(f"{what} before anything was sent")
        status = _status_in(self._backend.beginning)
        if status is None:
            raise NoAnswer(f"{what} after the request left")
        raise NoAnswer(f"a reply of status {status} was cut short: {what}", status)

    def _exchange(self, call: Call, target: str) -> Reply:
        import httpcore

        address = self._address
        fixed = {"Host": address.authority, **_ALWAYS, "Content-Length": str(len(call.body))}
        request = httpcore.Request(
            call.method,
            httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=target),
            headers=list({**fixed, **call.headers}.items()),
            content=call.body,
        )
        response = self._pool.handle_request(request)
        try:
            body = bytearray()
            for piece in response.iter_stream():
                body += piece
                if len(body) > MAX_REPLY_BYTES:
                    raise _too_large(response.status)
        finally:
            with suppress(Exception):
                response.close()
        headers = _lower(response.headers)
        return Reply(response.status, headers, _inflated(response.status, headers, bytes(body)))


def _too_large(status: int) -> ReplyTooLarge:
    return ReplyTooLarge(f"a reply of status {status} is larger than {MAX_REPLY_BYTES} bytes", status)


def _status_in(beginning: bytes) -> int | None:
    """The status of a reply of which nothing more could be read."""
    matched = _STATUS_LINE.match(beginning)
    return int(matched[1]) if matched else None


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


def _lower(headers: Any) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
