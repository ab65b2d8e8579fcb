"""Connections that go to addresses which were looked at before, whatever name the request has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import httpcore

from orderbridge.http.connection import TimedBackend


class PinnedBackend(TimedBackend):
    """Tries these addresses one after the other, under one deadline; resolves nothing."""

    def __init__(self, addresses: Sequence[str]) -> None:
        super().__init__()
        self._addresses = addresses

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - the request's name, which was resolved before
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                failure = failed
        raise failure
