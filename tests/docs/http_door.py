"""A door in front of an API that loses or delays answers, as networks do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.patience import PATIENCE_S


@dataclass(frozen=True)
class Request:
    """What came in; header names as they were sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Seen:
    """A request with what became of it; None where its answer was lost."""

    request: Request
    answered: int | None


@dataclass
class Door:
    """Serves `answer` on loopback. `lose` the answers to the first orders, after `answer` has dealt with them, or
    `refuse` them before it has, with 503."""

    answer: Callable[[Request], Answer]
    lose: int = 0
    refuse: int = 0
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def orders(self) -> list[Seen]:
        return [each for each in self.seen if each.request.path.endswith("/sales-orders")]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def deal_with(self, request: Request) -> Answer | None:
        """The answer to give; None: none."""
        is_order = request.path.endswith("/sales-orders")
        with self._lock:
            if is_order and self.refuse > 0:
                self.refuse -= 1
                answer: Answer | None = Answer(503, {"Retry-After": "1", "Content-Type": "text/plain"}, b"busy")
            else:
                answer = self.answer(request)
                if is_order and self.lose > 0:
                    self.lose -= 1
                    answer = None
            self.seen.append(Seen(request, answer.status if answer else None))
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                answer = door.deal_with(Request("POST", self.path, dict(self.headers.items()), body))
                self.close_connection = True
                if answer is None:
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def passing_on_to(url: str) -> Callable[[Request], Answer]:
    """The answers of the API at `url`."""
    target = urlsplit(url)
    assert target.hostname is not None

    def answer(request: Request) -> Answer:
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=PATIENCE_S)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
            connection.request(request.method, request.path, request.body, headers)
            response = connection.getresponse()
            answered = {name: value for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP}
            return Answer(response.status, answered, response.read())
        finally:
            connection.close()

    return answer


_HOP_BY_HOP = {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "http2-settings"}
