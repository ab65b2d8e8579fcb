"""The front door with an engine that is not there, slow, or closes too early."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from orderbridge_cli.local.front_door import Answer, FrontDoor
from orderbridge_cli.local.machine.problems import PortTaken
from tests.patience import PATIENCE_S

TOO_LARGE = Answer(413, ((b"Content-Type", b"application/json"),), b"too large")
Engine = Callable[[bytes], FrontDoor]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """``engine(answer)`` is a front door to an engine that says these bytes to each request and closes."""
    closing: list[Callable[[], None]] = []

    def make(answer: bytes) -> FrontDoor:
        listener = socket.create_server(("127.0.0.1", 0))
        heard: list[bytes] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        door = FrontDoor(0, listener.getsockname()[1], "/_aws/execute-api/abc/prod", TOO_LARGE)
        door.start()
        door.heard = heard  # type: ignore[attr-defined]
        closing.extend([door.stop, lambda: listener.shutdown(socket.SHUT_RDWR), listener.close])
        return door

    yield make
    for close in closing:
        close()


def exchange(door: FrontDoor, request: bytes) -> bytes:
    host, port = door.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def test_a_request_reaches_the_engine_byte_for_byte(engine: Engine) -> None:
    door = engine(b"HTTP/1.1 201 Created\r\nX-One: a\r\nX-One: b\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
    answer = exchange(
        door,
        b"POST /api/v1/%41b?x=1&x=%20 HTTP/1.1\r\nHost: evil.execute-api.localhost\r\nX-TIMESTAMP: 1\r\nx-Dup: 1\r\n"
        b"X-Dup: 2\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    )
    (heard,) = door.heard  # type: ignore[attr-defined]
    head, _, body = heard.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /_aws/execute-api/abc/prod/api/v1/%41b?x=1&x=%20 HTTP/1.1"
    assert lines[1].startswith(b"Host: 127.0.0.1:")
    assert [line for line in lines[2:] if not line.startswith((b"Connection", b"Content-Length"))] == [
        b"X-TIMESTAMP: 1",
        b"x-Dup: 1",
        b"X-Dup: 2",
    ]
    assert body == b"abc"
    assert answer.startswith(b"HTTP/1.1 201 Created\r\nX-One: a\r\nX-One: b\r\n")
    assert answer.endswith(b"\r\n\r\nok")


def test_connections_are_kept_alive(engine: Engine) -> None:
    door = engine(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    connection = http.client.HTTPConnection(door.url.removeprefix("http://"), timeout=PATIENCE_S)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/api/v1/x")
        assert connection.getresponse().read() == b"ok"
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"nonsense\r\n\r\n"])
def test_an_engine_that_breaks_off_is_503(engine: Engine, answer: bytes) -> None:
    door = engine(answer)
    reply = exchange(door, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 503 Service Unavailable")
    assert json.loads(reply.partition(b"\r\n\r\n")[2])["code"] == "local_stack"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET ftp://x/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 300_000 + b"\r\n\r\n", b"431"),
        (b"GET http://x/api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"200"),
    ],
)
def test_what_is_no_request_for_a_path_is_refused(engine: Engine, request_: bytes, status: bytes) -> None:
    door = engine(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert exchange(door, request_).split(b" ", 2)[1] == status


def test_a_client_that_waits_for_100_is_reported_to_go_on(engine: Engine) -> None:
    door = engine(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    host, port = door.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(1024).startswith(b"HTTP/1.1 100")
        connection.sendall(b"ab")
        assert connection.recv(1024).startswith(b"HTTP/1.1 200")
    assert b"Expect" not in door.heard[0]  # type: ignore[attr-defined]


def test_a_taken_port_is_refused_in_words(engine: Engine) -> None:
    door = engine(b"")
    second = FrontDoor(int(door.url.rsplit(":", 1)[1]), 1, "/", TOO_LARGE)
    with pytest.raises(PortTaken, match="--port"):
        second.start()
