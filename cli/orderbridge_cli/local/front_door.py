"""The front door: the API's own address on loopback, in front of the engine's path for it.

`http://127.0.0.1:PORT/api/v1/...` goes to `/_aws/execute-api/<api>/<stage>/api/v1/...` of the engine. Method, body and
headers pass as they are, repeated ones too; only what belongs to a single connection (RFC 9110, 7.6.1) and the Host
do not. As API Gateway does, it takes in a request whole, and refuses more than 10 MB by itself.
"""

import asyncio
import contextlib
import errno
import json
import logging
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import h11

from orderbridge_cli.local.machine.ports import HOST
from orderbridge_cli.local.machine.problems import LocalStackProblem, PortTaken

MAX_BODY_BYTES = 10 * 1024 * 1024  # API Gateway's quota
_MAX_HEAD_BYTES = 64 * 1024
_CHUNK = 64 * 1024
_IDLE_S = 75.0
_FINISH_S = 5.0
_ENGINE_S = 60.0  # longer than any function of the API may take
_CONNECTION_HEADERS = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"expect"}
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """A whole answer, ours or the engine's."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True)
class _Request:
    head: h11.Request
    body: bytes
    too_large: bool


class FrontDoor:
    """A small HTTP server in a thread of its own.

    `at_once` requests are with the engine at a time and the others wait their turn: each one there is a process of a
    function, and beyond a few per processor they only cost memory.
    """

    def __init__(self, port: int, engine_port: int, prefix: str, too_large: Answer, at_once: int = 8) -> None:
        self._port = port
        self._engine_port = engine_port
        self._prefix = prefix.rstrip("/").encode()
        self._too_large = too_large
        self._at_once = at_once
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="front-door", daemon=True)
        self._started = threading.Event()
        self._failure: OSError | None = None
        self._stopping: asyncio.Event | None = None
        self._under_way = 0
        self._nothing_under_way = asyncio.Event()
        self._nothing_under_way.set()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    def start(self) -> None:
        """Listens.

        Raises:
            PortTaken: another program listens on the port.
        """
        self._thread.start()
        self._started.wait()
        if self._failure:
            self._thread.join()
            if self._failure.errno in (errno.EADDRINUSE, errno.EACCES):
                raise PortTaken(
                    f"Port {self._port} cannot be used ({self._failure.strerror}). Choose another one with --port."
                ) from self._failure
            raise LocalStackProblem(f"The front door does not open: {self._failure}") from self._failure

    def stop(self) -> None:
        """Closes the port, waits a few seconds for answers that are under way, and gives up the others."""
        if self._thread.is_alive() and self._stopping:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._listen())
        finally:
            self._started.set()
            self._loop.close()

    async def _listen(self) -> None:
        self._stopping = asyncio.Event()
        turns = asyncio.Semaphore(self._at_once)
        conversations: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(self._converse(reader, writer, turns))
            conversations[task] = writer
            task.add_done_callback(conversations.pop)

        try:
            server = await asyncio.start_server(accept, HOST, self._port, limit=_MAX_HEAD_BYTES)
        except OSError as error:
            self._failure = error
            return
        self._port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._nothing_under_way.wait(), _FINISH_S)
        for task, writer in list(conversations.items()):
            writer.transport.abort()  # one that waits for its next request ends by itself then
            if self._under_way:
                task.cancel()
        if conversations:
            await asyncio.wait(conversations, timeout=_FINISH_S)

    @contextlib.contextmanager
    def _one_under_way(self) -> Iterator[None]:
        self._under_way += 1
        self._nothing_under_way.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._nothing_under_way.set()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turns: asyncio.Semaphore
    ) -> None:
        """One connection: request after request, until either side has enough."""
        ours = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD_BYTES)
        try:
            while True:
                request = await _read_request(ours, reader, writer)
                if request is None:
                    break
                with self._one_under_way():
                    answer = await self._answer(request, turns)
                    writer.write(_written(ours, answer, request.head.method == b"HEAD"))
                    await writer.drain()
                if ours.our_state is not h11.DONE or ours.their_state is not h11.DONE:
                    break
                ours.start_next_cycle()
        except h11.RemoteProtocolError as error:
            if ours.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                problem = _problem(error.error_status_hint, "The request is not readable HTTP.")
                writer.write(_written(ours, problem, head_only=False))
                await _let_it_be_read(reader, writer)
        except (OSError, TimeoutError):
            pass  # the client is gone, or silent for too long
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, request: _Request, turns: asyncio.Semaphore) -> Answer:
        if request.too_large:
            return self._too_large
        target = _path(request.head.target)
        if target is None:
            return _problem(400, "The request names no path.")
        async with turns:
            try:
                return await asyncio.wait_for(self._ask_engine(request, self._prefix + target), _ENGINE_S)
            except TimeoutError:
                return _problem(504, "The local engine did not answer in time.")
            except (OSError, h11.RemoteProtocolError) as error:
                _log.warning("the engine did not answer: %s", error)
                return _problem(503, "The local engine does not answer.")

    async def _ask_engine(self, request: _Request, target: bytes) -> Answer:
        # A connection for each request: a kept one may be closing just when a request is sent over it.
        reader, writer = await asyncio.open_connection(HOST, self._engine_port)
        try:
            engine = h11.Connection(h11.CLIENT)
            headers = [
                (name, value)
                for name, value in request.head.headers.raw_items()
                if name.lower() not in _CONNECTION_HEADERS | {b"host", b"content-length"}
            ]
            headers = [(b"Host", f"{HOST}:{self._engine_port}".encode()), *headers, (b"Connection", b"close")]
            names = {name.lower() for name, _ in request.head.headers.raw_items()}
            if request.body or names & {b"content-length", b"transfer-encoding"}:
                headers.append((b"Content-Length", str(len(request.body)).encode()))
            head = h11.Request(method=request.head.method, target=target, headers=headers)
            writer.write((engine.send(head) or b"") + (engine.send(h11.Data(data=request.body)) or b""))
            engine.send(h11.EndOfMessage())
            response: h11.Response | None = None
            body = bytearray()
            while True:
                event = await _next_event(engine, reader)
                if isinstance(event, h11.Response):
                    response = event
                elif isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                    break
            if response is None:
                raise h11.RemoteProtocolError("the engine closed the connection without an answer")
            kept = tuple(
                (bytes(name), bytes(value))
                for name, value in response.headers.raw_items()
                if name.lower() not in _CONNECTION_HEADERS
            )
            return Answer(response.status_code, kept, bytes(body))
        finally:
            writer.close()


async def _let_it_be_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Closes our side and reads on for a moment: closing over unread bytes would take the answer back."""
    with contextlib.suppress(OSError, TimeoutError):
        writer.write_eof()
        async with asyncio.timeout(1.0):
            while await reader.read(_CHUNK):
                pass


async def _read_request(
    ours: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> _Request | None:
    head: h11.Request | None = None
    body = bytearray()
    size = 0
    while True:
        if ours.they_are_waiting_for_100_continue:
            writer.write(ours.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        event = await asyncio.wait_for(_next_event(ours, reader), _IDLE_S)
        if isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            size += len(event.data)
            if size <= MAX_BODY_BYTES:  # the rest is read all the same: the client listens only when it has sent it
                body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return _Request(head, bytes(body), size > MAX_BODY_BYTES)
        else:
            return None


async def _next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Event | type[h11.PAUSED]:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(_CHUNK))
    return event  # type: ignore[return-value]  # h11 types its sentinels as classes of their own


def _written(ours: h11.Connection, answer: Answer, head_only: bool) -> bytes:
    """The answer as bytes, in one piece: two writes would be two packets."""
    headers = list(answer.headers)
    if not head_only:
        headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        headers.append((b"Content-Length", str(len(answer.body)).encode()))
    parts = [ours.send(h11.Response(status_code=answer.status, headers=headers, reason=_reason(answer.status)))]
    if answer.body and not head_only:
        parts.append(ours.send(h11.Data(data=answer.body)))
    parts.append(ours.send(h11.EndOfMessage()))
    return b"".join(part for part in parts if part)


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""


def _path(target: bytes) -> bytes | None:
    if target.startswith(b"/"):
        return target
    try:
        split = urlsplit(target)
    except ValueError:
        return None
    if split.scheme not in (b"http", b"https"):
        return None
    return (split.path or b"/") + (b"?" + split.query if split.query else b"")


def _problem(status: int, detail: str) -> Answer:
    body = {"type": "about:blank", "title": "Local stack", "status": status, "detail": detail, "message": detail}
    body |= {"code": "local_stack", "request_id": str(uuid.uuid4())}
    return Answer(status, ((b"Content-Type", b"application/problem+json"),), json.dumps(body).encode())
