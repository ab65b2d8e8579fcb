"""One request and its response, for platforms and for receivers of webhooks alike.

::

    CallFailed        a call brought no reply
    ├── NothingSent   no byte of the request left: refused address, DNS, connect, TLS, or no time left to begin
    └── NoAnswer      bytes left and no usable reply came back: timeout, reset, broken HTTP, an unknown encoding
        └── ReplyTooLarge   a reply over its bound; of a list a smaller page may be asked for

The difference between the two decides whether a create call may be repeated (invariant 2), so it is not guessed
from the name of an exception: the sockets note their first write in the call's `Progress`.

The request goes to an httpx transport, `connection.SocketTransport` or a test's `httpx.MockTransport`, and not to
`httpx.Client`, of which nothing would be left on and not all can be switched off (decision 0034): no redirect is
followed, no cookie kept, no proxy and no variable of the environment read. httpx is imported when the first call is
made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from orderbridge.http.base_urls import Address
from orderbridge.http.deadline import Deadline

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3})\b")


class CallFailed(Exception):
    """A call that brought no reply; the message names what happened and never what was sent.

    `cause` is the name of the exception behind it, where there is one.
    """

    def __init__(self, message: str, cause: str | None = None) -> None:
        super().__init__(message)
        self.cause = cause


class NothingSent(CallFailed):
    """No byte of the request left this machine."""


class NoAnswer(CallFailed):
    """The request left, at least in part, and no usable reply came back; `status` is that of one that began."""

    def __init__(self, message: str, status: int | None = None, cause: str | None = None) -> None:
        super().__init__(message, cause)
        self.status = status


class ReplyTooLarge(NoAnswer):
    """A reply over its bound, as it came or inflated."""


@dataclass(slots=True)
class Progress:
    """How far a call has come: the sockets hold every step to its `deadline`, and note the rest."""

    deadline: Deadline
    has_written: bool = False
    beginning: bytes = b""
    """The first bytes that came back: a status line, if it was one."""

    def failure(self, cause: str) -> CallFailed:
        """What it means that the call ended here."""
        if not self.has_written:
            return NothingSent(f"{cause} before anything was sent", cause)
        matched = _STATUS_LINE.match(self.beginning)
        if matched is None:
            return NoAnswer(f"{cause} after the request left", None, cause)
        status = int(matched[1])
        return NoAnswer(f"a reply of status {status} was cut short: {cause}", status, cause)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it goes on the wire: `target` is path and query as they are; the path of `address` is not used.

    Its headers beside Host and Content-Length, its target and its body may hold secrets: they are not shown in a repr.
    """

    method: str
    address: Address
    target: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def exchange(
    transport: httpx.BaseTransport, request: Outgoing, progress: Progress, read: Callable[[httpx.Response], T]
) -> T:
    """What `read` makes of the response; raises `NothingSent` or `NoAnswer`, and no other exception."""
    try:
        return _exchange(transport, request, progress, read)
    except CallFailed:
        raise
    except Exception as failure:  # noqa: BLE001 - whatever it is, an order must not be sent twice for it
        # The library's own words may quote a header or the body; its type says enough.
        cause = type(failure).__name__
    raise progress.failure(cause)


def _exchange(
    transport: httpx.BaseTransport, request: Outgoing, progress: Progress, read: Callable[[httpx.Response], T]
) -> T:
    import httpx

    address = request.address
    headers = {"Host": address.authority, **request.headers, "Content-Length": str(len(request.body))}
    response = transport.handle_request(
        httpx.Request(
            request.method,
            # The target is not in it: nothing that shows a URL shows a token.
            httpx.URL(scheme=address.scheme, host=address.host, port=address.port),
            headers=list(headers.items()),
            content=request.body,
            extensions={"target": request.target.encode("ascii"), "progress": progress},
        )
    )
    try:
        return read(response)
    finally:
        with suppress(Exception):
            response.close()


def raw_body(response: httpx.Response) -> Iterable[bytes]:
    """The pieces of a body as they come, in whatever encoding."""
    return cast("httpx.SyncByteStream", response.stream)


def headers_in(response: httpx.Response) -> dict[str, str]:
    """The headers by their names in lower case; of one that comes twice the last."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
