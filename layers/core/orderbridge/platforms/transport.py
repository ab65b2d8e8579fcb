"""The one place that opens sockets to platforms.

::

    CallFailed        a call brought no reply
    ├── NothingSent   no byte of the request left: refused address, DNS, connect, TLS, or no time left to begin
    └── NoAnswer      bytes left and no usable reply came back: timeout, reset, broken HTTP
        └── ReplyTooLarge   a reply over 1 MiB; of a list a smaller page may be asked for

The difference between the two decides whether a create call may be repeated (DESIGN invariant 2), so it is not guessed
from the name of an exception: the connection itself notes its first write.

httpcore, the part of httpx that moves bytes, is used as it is: the request line and body go out exactly as given
(SIRCLO signs them), no redirect is followed, no proxy and no variable of the environment is read, nothing is
decompressed, and every read and write of a call is held to one deadline, so that a server that drips bytes cannot
outlive the lease. It is imported when the first call is made.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from orderbridge.domain.channels import is_loopback
from orderbridge.platforms.turns import Turns

if TYPE_CHECKING:
    import httpcore

    from orderbridge.platforms.connection import TimedBackend

MAX_REPLY_BYTES = 1024 * 1024
_TARGET = re.compile(r"/[!-~]*")
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
    """The request left, at least in part, and no usable reply came back."""


class ReplyTooLarge(NoAnswer):
    """A reply with more than `MAX_REPLY_BYTES` of body."""


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
    """What came back: any status, header names in lower case, at most 1 MiB of body as it was on the wire."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock by which something must be over."""

    at: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
        return cls(clock() + seconds, clock)

    @property
    def seconds_left(self) -> float:
        return self.at - self.clock()

    def sooner(self, seconds: float) -> Deadline:
        """This deadline, or the one `seconds` from now if that comes first."""
        return Deadline(min(self.at, self.clock() + seconds), self.clock)


class Transport:
    """Makes calls, each on a connection of its own; safe to share between threads.

    A kept-alive connection that died while the environment was frozen would look like an order whose fate is unknown
    (DESIGN invariant 3); a page loop that wants one connection for many reads uses `conversation`.
    """

    def __init__(
        self,
        *,
        allow_loopback_http: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.turns = turns or Turns()
        self._allow_loopback_http = allow_loopback_http
        self._ssl_context = ssl_context
        self._lock = threading.Lock()

    def call(self, base_url: str, call: Call, deadline: Deadline) -> Reply:
        """Make one call on a fresh connection; raises `NothingSent` or `NoAnswer`."""
        with self.conversation(base_url) as conversation:
            return conversation.call(call, deadline)

    def conversation(self, base_url: str) -> Conversation:
        """Calls one after the other to one base_url, on one connection as long as the server keeps it."""
        if not (base_url.startswith("https://") or (self._allow_loopback_http and is_loopback(base_url))):
            raise NothingSent("the channel's base_url is not https")
        return Conversation(base_url, self._tls())

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

    def __init__(self, base_url: str, ssl_context: ssl.SSLContext) -> None:
        import httpcore

        from orderbridge.platforms.connection import TimedBackend

        parts = urlsplit(base_url)
        self._scheme, self._host, self._prefix = parts.scheme, parts.hostname or "", parts.path.rstrip("/")
        self._port = parts.port
        self._authority = parts.netloc
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
        self._pool.close()

    @property
    def path_prefix(self) -> str:
        """The path of the base_url, which comes before every target and is part of what SIRCLO signs."""
        return self._prefix

    def call(self, call: Call, deadline: Deadline) -> Reply:
        """Make one call; raises `NothingSent` or `NoAnswer`."""
        import httpcore

        target = self._prefix + call.target
        if not _TARGET.fullmatch(target) or not call.target.startswith("/"):
            raise NothingSent("the path or query holds characters that cannot go on the wire")
        fixed = {"Host": self._authority, **_ALWAYS, "Content-Length": str(len(call.body))}
        request = httpcore.Request(
            call.method,
            httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=target),
            headers=list({**fixed, **call.headers}.items()),
            content=call.body,
        )
        self._backend.begin(deadline)
        try:
            return self._exchange(request)
        except CallFailed:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever it is, an order must not be sent twice for it
            # The library's own words may quote a header or the body; its type says enough.
            what = type(failure).__name__
        raise (NoAnswer if self._backend.has_written else NothingSent)(self._told(what))

    def _told(self, what: str) -> str:
        stage = "after the request left" if self._backend.has_written else "before anything was sent"
        return f"{what} {stage}"

    def _exchange(self, request: httpcore.Request) -> Reply:
        response = self._pool.handle_request(request)
        try:
            body = bytearray()
            for piece in response.iter_stream():
                body += piece
                if len(body) > MAX_REPLY_BYTES:
                    raise ReplyTooLarge(f"a reply of status {response.status} is larger than {MAX_REPLY_BYTES} bytes")
            return Reply(response.status, _lower(response.headers), bytes(body))
        finally:
            response.close()


def _lower(headers: Any) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
