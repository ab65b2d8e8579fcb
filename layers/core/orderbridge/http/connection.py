"""httpx's transport over sockets that keep one deadline for all their reads and writes, and note the first write."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

import httpcore
import httpx

from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import Progress

_WRITE_PIECE = 16 * 1024
_STATUS_LINE_LENGTH = len("HTTP/1.1 200 ")

# What it says at DEBUG holds headers, and those hold tokens.
logging.getLogger("httpcore").setLevel(logging.WARNING)


class SocketTransport(httpx.BaseTransport):
    """HTTP/1.1 to one host by one thread, on one connection for as long as the server keeps it.

    A request has two extensions: `target`, the bytes between method and version, and `progress`, the call's `Progress`.
    Exceptions are httpcore's. `httpx.HTTPTransport` takes no network backend, which is why this is in its place.
    """

    def __init__(self, ssl_context: ssl.SSLContext, addresses: Sequence[str] | None = None) -> None:
        """`addresses`: connect to these, one after the other, whatever name the request has; None resolves the name."""
        self._backend = TimedBackend(addresses)
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=1,
            max_keepalive_connections=1,
            keepalive_expiry=5.0,
            http1=True,
            http2=False,
            retries=0,
            network_backend=self._backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._backend.progress = request.extensions["progress"]
        url = request.url
        target = request.extensions["target"]
        response = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target),
                headers=request.headers.raw,
                content=request.content,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        # Whatever closing meets, the replies were read.
        with suppress(Exception):
            self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class TimedBackend(httpcore.SyncBackend):
    """Opens connections whose every step is held to the deadline of the call under way, and notes what it came to.

    Name resolution cannot be interrupted, so a call whose deadline passed during it ends before its first write.
    """

    def __init__(self, addresses: Sequence[str] | None = None) -> None:
        self.progress = Progress(Deadline(float("-inf")))
        self._addresses = addresses

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in [host] if self._addresses is None else self._addresses:
            try:
                seconds = self.seconds_left(timeout, httpcore.ConnectTimeout)
                return TimedStream(super().connect_tcp(address, port, seconds, local_address, socket_options), self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                failure = failed
        raise failure

    def seconds_left(self, timeout: float | None, failure: type[httpcore.TimeoutException]) -> float:
        """How long the next step may take; raises `failure` once the deadline has passed."""
        left = self.progress.deadline.seconds_left
        if left <= 0:
            raise failure("deadline")
        return left if timeout is None else min(left, timeout)


class TimedStream(httpcore.NetworkStream):
    """A connection under a `TimedBackend`'s deadline."""

    def __init__(self, stream: httpcore.NetworkStream, backend: TimedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._backend.seconds_left(timeout, httpcore.ReadTimeout))
        progress = self._backend.progress
        if len(progress.beginning) < _STATUS_LINE_LENGTH:
            progress.beginning += data[:_STATUS_LINE_LENGTH]
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITE_PIECE):
            seconds = self._backend.seconds_left(timeout, httpcore.WriteTimeout)
            self._backend.progress.has_written = True
            self._stream.write(buffer[start : start + _WRITE_PIECE], seconds)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._backend.seconds_left(timeout, httpcore.ConnectTimeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._backend)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
