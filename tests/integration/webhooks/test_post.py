"""One attempt at a receiver, over real sockets: what goes out, what counts as an answer, and where it never goes."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orderbridge.http import public_post as post_module
from orderbridge.http.answer import Answer
from orderbridge.http.public_post import BODY_SECONDS, MOST_OF_A_BODY, PublicPost
from tests.integration.webhooks.conftest import Server

HEADERS = {"Content-Type": "application/json", "webhook-id": "msg_1"}
SECONDS = 60
BODY = '{"type":"order.status_changed","é":1}'.encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Start = Callable[..., Server]


def local() -> PublicPost:
    return PublicPost(allow_loopback_http=True)


def test_what_was_signed_goes_out_byte_for_byte_and_once(serve: Start) -> None:
    server = serve(OK)
    assert local().post(server.url + "?key=%20x", HEADERS, BODY, SECONDS) == Answer(200)
    ((head, body),) = [request.split(b"\r\n\r\n", 1) for request in server.requests]
    assert body == BODY
    assert head.startswith(b"POST /hook?key=%20x HTTP/1.1\r\n")
    lines = {line.split(b": ", 1)[0].lower(): line.split(b": ", 1)[1] for line in head.split(b"\r\n")[1:]}
    assert lines[b"webhook-id"] == b"msg_1"
    assert lines[b"content-type"] == b"application/json"
    assert lines[b"host"] == f"127.0.0.1:{server.port}".encode()
    assert lines[b"content-length"] == str(len(BODY)).encode()


def test_a_url_without_a_path_has_the_root(serve: Start) -> None:
    server = serve(OK)
    assert local().post(f"http://127.0.0.1:{server.port}", HEADERS, BODY, SECONDS).is_success
    assert server.requests[0].startswith(b"POST / HTTP/1.1")


@pytest.mark.parametrize("status", [201, 204, 301, 307, 400, 410, 429, 500, 503])
def test_every_status_is_reported_and_no_redirect_is_followed(serve: Start, status: int) -> None:
    other = serve(OK)
    head = f"HTTP/1.1 {status} X\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n"
    assert local().post(serve(head.encode()).url, HEADERS, BODY, SECONDS).status == status
    assert other.connections == 0


def test_the_status_of_a_redirect_to_nowhere_is_reported(serve: Start) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: https://1.2.3.999/\r\nContent-Length: 0\r\n\r\n"
    assert local().post(serve(head).url, HEADERS, BODY, SECONDS) == Answer(302)


def test_retry_after_is_reported(serve: Start) -> None:
    server = serve(b"HTTP/1.1 503 X\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n")
    assert local().post(server.url, HEADERS, BODY, SECONDS) == Answer(503, retry_after=120.0)


def test_of_a_body_without_end_only_the_beginning_is_read(serve: Start) -> None:
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        while True:
            sent += connection.send(b"x" * 65536)

    assert local().post(serve(endless).url, HEADERS, BODY, SECONDS).status == 200
    assert sent < 64 * 1024 * 1024, "beyond what the two sockets hold"
    assert MOST_OF_A_BODY <= 64 * 1024


def silent_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    silent(connection)


def dripping_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.2)


def reset_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxx")
    reset(connection)


@pytest.mark.parametrize(
    "broken",
    [
        silent_body,
        dripping_body,
        reset_body,
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\xff\xff\xff\xff",
    ],
)
def test_the_status_counts_once_the_headers_are_in_whatever_becomes_of_the_body(
    serve: Start, broken: bytes | Callable[[socket.socket], None]
) -> None:
    assert local().post(serve(broken).url, HEADERS, BODY, SECONDS) == Answer(200)


def test_410_and_retry_after_count_before_a_body_that_never_comes(serve: Start) -> None:
    def gone(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 410 Gone\r\nRetry-After: 5\r\nContent-Length: 10\r\n\r\n")
        silent(connection)

    assert local().post(serve(gone).url, HEADERS, BODY, SECONDS) == Answer(410, retry_after=5.0)


def test_a_body_is_waited_for_a_second_at_most() -> None:
    assert BODY_SECONDS <= 1


def silent(connection: socket.socket) -> None:
    connection.settimeout(None)
    connection.recv(1)  # until the client has gone


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.2)


@pytest.mark.parametrize("slow", [silent, drip])
def test_an_attempt_has_one_deadline(serve: Start, slow: Callable[[socket.socket], None]) -> None:
    answer = local().post(serve(slow).url, HEADERS, BODY, 2)
    assert answer == Answer(None, "ReadTimeout")


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("broken", [b"", b"\x1f\x8b\xff\xfe garbage\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", reset])
def test_what_is_no_answer_is_none(serve: Start, broken: bytes | Callable[[socket.socket], None]) -> None:
    answer = local().post(serve(broken).url, HEADERS, BODY, SECONDS)
    assert answer.status is None
    assert answer.detail
    assert "msg_1" not in answer.detail


def test_nobody_there_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert local().post(f"http://127.0.0.1:{port}/", HEADERS, BODY, SECONDS) == Answer(None, "ConnectError")


def test_no_variable_of_the_environment_sends_it_elsewhere(serve: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = serve(OK), serve(OK)
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert local().post(server.url, HEADERS, BODY, SECONDS).is_success
    assert (proxy.connections, server.connections) == (0, 1)


# --- where it never goes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/hook",
        "http://localhost:{port}/hook",
        "https://127.0.0.1:{port}/hook",
        "https://localhost:{port}/hook",
        "https://[::1]:{port}/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://user@127.0.0.1:{port}/hook",
    ],
)
def test_outside_the_local_stack_loopback_and_what_is_private_are_refused(serve: Start, url: str) -> None:
    server = serve(OK)
    answer = PublicPost().post(url.format(port=server.port), HEADERS, BODY, SECONDS)
    assert answer.status is None
    assert (answer.detail or "").startswith("its url must")
    assert server.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"], ["fd00:ec2::254"], ["::ffff:127.0.0.1"]],
)
def test_a_name_that_leads_to_an_address_that_is_not_public_is_not_called(serve: Start, addresses: list[str]) -> None:
    server = serve(OK)
    post = PublicPost(resolve=lambda host, port: addresses)
    answer = post.post(f"https://partner.test:{server.port}/hook", HEADERS, BODY, SECONDS)
    assert answer == Answer(None, "its name leads to an address that is not public")
    assert server.connections == 0


def test_numbers_that_only_look_like_a_name_are_seen_for_what_they_are(serve: Start) -> None:
    server = serve(OK)
    answer = PublicPost().post(f"https://127.1:{server.port}/hook", HEADERS, BODY, SECONDS)
    assert answer.status is None
    assert server.connections == 0


def test_a_name_that_resolves_to_nothing() -> None:
    answer = PublicPost(resolve=lambda host, port: []).post("https://partner.test/", HEADERS, BODY, SECONDS)
    assert answer == Answer(None, "its name does not resolve")
    assert PublicPost().post("https://no-such-name.invalid/", HEADERS, BODY, SECONDS) == answer


# --- TLS to a pinned address ------------------------------------------------------------------------------------------


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_module, "is_public", lambda address: address.startswith("127."))


def tls(certificate: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's side, and a client's that trusts this one certificate."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    return server, ssl.create_default_context(cafile=str(certificate))


@pytest.mark.usefixtures("loopback_is_public")
def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_looked_at(serve: Start, certificate: Path) -> None:
    ours, theirs = tls(certificate)
    server = serve(OK, ours)
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(f"{host}:{port}")
        return answers.pop(0)

    post = PublicPost(resolve=resolve, ssl_context=theirs)
    assert post.post(f"https://partner.test:{server.port}/hook", HEADERS, BODY, SECONDS) == Answer(200)
    assert asked == [f"partner.test:{server.port}"]
    assert f"Host: partner.test:{server.port}".encode() in server.requests[0]


@pytest.mark.usefixtures("loopback_is_public")
def test_a_certificate_for_another_name_is_refused_before_anything_is_sent(serve: Start, certificate: Path) -> None:
    ours, theirs = tls(certificate)
    server = serve(OK, ours)
    post = PublicPost(resolve=lambda host, port: ["127.0.0.1"], ssl_context=theirs)
    answer = post.post(f"https://other.test:{server.port}/hook", HEADERS, BODY, SECONDS)
    assert answer == Answer(None, "ConnectError")
    assert server.requests == []


@pytest.mark.usefixtures("loopback_is_public")
def test_a_certificate_that_nobody_trusts_is_refused(serve: Start, certificate: Path) -> None:
    server = serve(OK, tls(certificate)[0])
    post = PublicPost(resolve=lambda host, port: ["127.0.0.1"])
    assert post.post(f"https://partner.test:{server.port}/hook", HEADERS, BODY, SECONDS).status is None
    assert server.requests == []


@pytest.mark.usefixtures("loopback_is_public")
def test_where_one_address_does_not_answer_the_next_one_is_tried(serve: Start, certificate: Path) -> None:
    ours, theirs = tls(certificate)
    server = serve(OK, ours)
    post = PublicPost(resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"], ssl_context=theirs)
    assert post.post(f"https://partner.test:{server.port}/hook", HEADERS, BODY, SECONDS) == Answer(200)
