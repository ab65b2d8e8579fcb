"""Servers on loopback that do one thing wrong each, and a call to one of them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orderbridge.http.deadline import Deadline
from orderbridge.http.transport import Call, Transport
from tests.patience import PATIENCE_S

Serve = Callable[[socket.socket, bytes], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Accepts connections one after the other, reads a request's head and body, and then does as it is set."""

    def __init__(self, serve: Serve, *, reads: bool = True, context: ssl.SSLContext | None = None) -> None:
        self._serve, self._reads, self._context = serve, reads, context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            try:
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                with connection:
                    connection.settimeout(PATIENCE_S)
                    self._converse(connection)
            except OSError:
                continue

    def _converse(self, connection: socket.socket) -> None:
        while True:
            request = _read(connection) if self._reads else b""
            if self._reads and not request:
                return
            self.requests.append(request)
            self._serve(connection, request)
            if not self._reads or b"close" in request.lower():
                return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes the accept
        self._socket.close()
        self._thread.join(5)


def _read(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(serve: Serve, **options: bool) -> Iterator[Server]:
    server = Server(serve, **options)  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.close()


@contextmanager
def holding() -> Iterator[Server]:
    """A server that takes connections, and reads and says nothing until the end."""
    over = threading.Event()
    with serving(lambda *_: over.wait(PATIENCE_S) and None, reads=False) as server:
        try:
            yield server
        finally:
            over.set()


def answer(connection: socket.socket, _: bytes, data: bytes = OK) -> None:
    connection.sendall(data)


def get(server: Server | int, target: str = "/", seconds: float = 60, **call: object):
    port = server if isinstance(server, int) else server.port
    made = Call("GET", target, **call)  # type: ignore[arg-type]
    return Transport(allow_loopback_http=True).call(f"http://127.0.0.1:{port}", made, Deadline.after(seconds))
