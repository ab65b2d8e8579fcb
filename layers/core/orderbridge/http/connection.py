"""Sockets that keep one deadline for all their reads and writes, and know whether anything was written."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterable

import httpcore

from orderbridge.http.deadline import Deadline

_WRITE_PIECE = 16 * 1024
_STATUS_LINE_LENGTH = len("HTTP/1.1 200 ")

# What it says at DEBUG holds headers, and those hold tokens.
logging.getLogger("httpcore").setLevel(logging.WARNING)


class TimedBackend(httpcore.SyncBackend):
    """Opens connections whose every step is held to the deadline of the call under way, and notes what it came to.

    Name resolution cannot be interrupted, so a call whose deadline passed during it ends before its first write.
    """

    def __init__(self) -> None:
        self.begin(Deadline(float("-inf")))

    def begin(self, deadline: Deadline) -> None:
        """A new call: its deadline, nothing written yet, and nothing read."""
        self.deadline = deadline
        self.has_written = False
        self.beginning = b""
        """The first bytes that came back: a status line, if it was one."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self.seconds_left(timeout, httpcore.ConnectTimeout)
        return TimedStream(super().connect_tcp(host, port, seconds, local_address, socket_options), self)

    def seconds_left(self, timeout: float | None, failure: type[httpcore.TimeoutException]) -> float:
        """How long the next step may take; raises `failure` once the deadline has passed."""
        left = self.deadline.seconds_left
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
        if len(self._backend.beginning) < _STATUS_LINE_LENGTH:
            self._backend.beginning += data[:_STATUS_LINE_LENGTH]
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITE_PIECE):
            seconds = self._backend.seconds_left(timeout, httpcore.WriteTimeout)
            self._backend.has_written = True
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
