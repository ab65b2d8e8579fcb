"""Posts a message to a receiver that its partner chose, and that must therefore be on the public internet.

The name is resolved here, every address that it resolves to must be public, and the connection goes to what was looked
at, so that a name which changes its mind between looking and connecting leads nowhere (DNS rebinding). No redirect is
followed, no variable of the environment is read, and an attempt has one deadline. The answer's status counts as soon as
its headers are in; of its body a little is read for a moment, and nothing kept. Loopback over plain http is for the
local stack only.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from orderbridge.http.answer import Answer
from orderbridge.http.base_urls import Address
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import CallFailed, Outgoing, Progress, exchange, headers_in, raw_body
from orderbridge.http.public_addresses import is_public
from orderbridge.http.public_urls import BadWebhookUrl, check_url, is_on_this_machine
from orderbridge.http.retry_after import retry_after_seconds
from orderbridge.http.transport import tls_context

if TYPE_CHECKING:
    import httpx


MOST_OF_A_BODY = 16 * 1024
"""So much of an answer is read, so that its sender is not cut off in the middle of a short one."""
BODY_SECONDS = 1.0
"""How long that may take; whatever becomes of the body changes nothing about the answer."""

_ALWAYS = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "User-Agent": "orderbridge-webhooks",
    "Connection": "close",
}

Resolve = Callable[[str, int], Iterable[str]]


class Unreachable(Exception):
    """There is no address to connect to; the message says why and is fit to be kept."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, IPv4 first (a Lambda function has no other by itself); raises `Unreachable`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("its name does not resolve") from None
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return sorted(addresses, key=lambda address: ":" in address)


class PublicPost:
    """`WebhookPost` over HTTP/1.1, each attempt on a connection of its own."""

    def __init__(
        self,
        *,
        allow_loopback_http: bool = False,
        resolve: Resolve = resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_loopback_http = allow_loopback_http
        self._resolve = resolve
        self._ssl_context = ssl_context

    def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        deadline = Deadline.after(seconds)
        try:
            check_url(url, allow_loopback_http=self._allow_loopback_http)
            parts = urlsplit(url)
            addresses = self._addresses(url, parts)
        except BadWebhookUrl as bad:
            return Answer(None, f"its url {bad}")
        except Unreachable as unreachable:
            return Answer(None, str(unreachable))
        return self._exchange(parts, addresses, headers, body, deadline)

    def _addresses(self, url: str, parts: SplitResult) -> Sequence[str]:
        addresses = list(self._resolve(parts.hostname or "", _port_of(parts)))
        if not addresses:
            raise Unreachable("its name does not resolve")
        # One of several that is not public is enough: an honest receiver has none.
        if not is_on_this_machine(url) and not all(is_public(address) for address in addresses):
            raise Unreachable("its name leads to an address that is not public")
        return addresses

    def _exchange(
        self, parts: SplitResult, addresses: Sequence[str], headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> Answer:
        from orderbridge.http.connection import SocketTransport

        progress = Progress(deadline)

        def read(response: httpx.Response) -> Answer:
            progress.deadline = deadline.sooner(BODY_SECONDS)
            _let_it_finish(response)
            return Answer(response.status_code, retry_after=retry_after_seconds(headers_in(response)))

        with SocketTransport(self._tls(), addresses) as transport:
            try:
                return exchange(transport, _request(parts, headers, body), progress, read)
            except CallFailed as failed:
                return Answer(None, failed.cause)

    def _tls(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = tls_context()
        return self._ssl_context


def _request(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> Outgoing:
    target = parts.path or "/"
    if parts.query:
        target = f"{target}?{parts.query}"
    # The host stays the name: TLS asks for it and checks it, whatever addresses the connection goes to.
    address = Address(parts.scheme, parts.hostname or "", parts.port, parts.netloc, "")
    return Outgoing("POST", address, target, {**_ALWAYS, **headers}, body)


def _let_it_finish(response: httpx.Response) -> None:
    """Read the beginning of a body, whatever comes of it."""
    with suppress(Exception):
        received = 0
        for piece in raw_body(response):
            received += len(piece)
            if received >= MOST_OF_A_BODY:
                break


def _port_of(parts: SplitResult) -> int:
    return parts.port if parts.port is not None else 443 if parts.scheme == "https" else 80
