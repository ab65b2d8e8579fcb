"""Puts one platform on a loopback socket: HTTP/1.1 with keep-alive, a thread per connection, faults carried out."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import traceback
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from orderbridge_sandboxes.control import control, is_control
from orderbridge_sandboxes.delivery import Delivery, deliver
from orderbridge_sandboxes.exchange import Reply, Request
from orderbridge_sandboxes.faults import Faults
from orderbridge_sandboxes.platform import Platform

BODY_LIMIT = 8 * 1024 * 1024
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 seconds: close() sends RST instead of FIN


class SandboxServer(ThreadingHTTPServer):
    """Serves one platform until `stop`. `url` has no trailing slash."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, platform: Platform, faults: Faults, host: str, port: int) -> None:
        self.platform = platform
        self.faults = faults
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__((host, port), _Connection)
        self.url = f"http://{host}:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name=f"sandbox {platform.name}")
        self._thread.daemon = True

    def start(self) -> None:
        """Begins to serve, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Ends every connection, kept-alive ones too, and frees the port; a second time it does nothing."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        if self._thread.ident is not None:
            self.shutdown()
            self._thread.join()
        self.server_close()
        with self._connections_lock:
            open_connections = list(self._connections)
        for connection in open_connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def server_bind(self) -> None:
        """Binds without looking up the host's name, which HTTPServer does."""
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accepts a connection and keeps it in mind."""
        connection, address = super().get_request()
        with self._connections_lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Forgets a connection that has ended."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class names them
        """A client that went away is no event; anything else is a crash of the sandbox."""
        if not isinstance(sys.exc_info()[1], OSError):
            self.platform.crashes.append(traceback.format_exc())


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        server = cast("SandboxServer", self.server)
        request = self._read()
        if request is None:
            return
        if is_control(request):
            self._send(Delivery(control(server.platform, server.faults, request)))
        else:
            self._send(deliver(server.platform, server.faults, request, lambda seconds: self._pause(server, seconds)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - the base class names them

    def _read(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > BODY_LIMIT:
            self.close_connection = True
            self._send(Delivery(Reply.of({"message": "a body needs its length, at most 8 MiB"}, 411)))
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):  # the client went away in the middle of its request
            self.close_connection = True
            return None
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        return Request(self.command, self.path, headers, body)

    def _pause(self, server: SandboxServer, seconds: float) -> None:
        server.stopping.wait(seconds)

    def _send(self, delivery: Delivery) -> None:
        reply = delivery.reply
        ends = reply is None or delivery.share < 1
        self.close_connection = self.close_connection or ends
        if reply is not None:
            kept = reply.body[: int(len(reply.body) * delivery.share)] if self.command != "HEAD" else b""
            with suppress(OSError):
                self.wfile.write(self._head(reply) + kept)
        if delivery.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self.connection.close()

    def _head(self, reply: Reply) -> bytes:
        try:
            phrase = HTTPStatus(reply.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [f"HTTP/1.1 {reply.status} {phrase}", f"Date: {self.date_time_string()}"]
        lines += [f"Content-Type: {reply.content_type}", f"Content-Length: {len(reply.body)}"]
        lines += [f"{name}: {value}" for name, value in reply.headers]
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class names it
        """The request log is the platform's; nothing goes to stderr."""
