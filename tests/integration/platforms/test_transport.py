"""The transport against servers that do one thing wrong each, on loopback."""

from __future__ import annotations

import datetime
import itertools
import socket
import ssl
import time
from pathlib import Path

import pytest

from orderbridge.http.connection import TimedStream
from orderbridge.http.deadline import Deadline
from orderbridge.http.exchange import NoAnswer, NothingSent, ReplyTooLarge
from orderbridge.http.transport import MAX_REPLY_BYTES, Call, Transport
from tests.integration.platforms.servers import OK, Server, answer, get, holding, serving


def test_request_line_headers_and_body_go_out_byte_for_byte() -> None:
    target = "/v1/%7Ename/a b".replace(" ", "%20") + "?since=2018-10-13T13:34:52Z&x=[1]&y={a}|b&z=%3a%3A+/?'!$"
    body = '{"a":"é","b":0.10}'.encode()
    with serving(answer) as server:
        Transport(allow_loopback_http=True).call(
            f"http://127.0.0.1:{server.port}/prefix",
            Call("POST", target, {"partner_id": "B98KL87", "MAC": "abc="}, body),
            Deadline.after(60),
        )
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == f"POST /prefix{target} HTTP/1.1".encode()
    assert b"partner_id: B98KL87" in lines
    assert b"MAC: abc=" in lines
    assert b"Accept-Encoding: identity" in lines
    assert f"Host: 127.0.0.1:{server.port}".encode() in lines
    assert sent == body


def test_every_call_opens_a_connection_of_its_own() -> None:
    with serving(answer) as server:
        get(server)
        get(server)
    assert server.connections == 2


def test_a_conversation_keeps_its_connection() -> None:
    calls = Transport(allow_loopback_http=True)
    with serving(answer) as server, calls.conversation(f"http://127.0.0.1:{server.port}") as conversation:
        for _ in range(3):
            assert conversation.call(Call("GET", "/"), Deadline.after(60)).body == b"{}"
    assert server.connections == 1


def test_a_redirect_is_an_answer_and_nothing_else() -> None:
    data = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with serving(lambda connection, _: connection.sendall(data)) as server:
        assert get(server).status == 302
    assert server.connections == 1


@pytest.mark.parametrize("location", ["https://1.2.3.999/", "https://xn--zzzzzzzzz/", "https://a\x01b/", "", "\xff"])
def test_a_redirect_to_nowhere_is_an_answer_too(location: str) -> None:
    data = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 2\r\n\r\n{{}}".encode("latin-1")
    with serving(lambda connection, _: connection.sendall(data)) as server:
        reply = get(server)
    assert (reply.status, reply.headers["location"], reply.body) == (302, location, b"{}")


def test_a_cookie_is_not_sent_back() -> None:
    data = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 2\r\n\r\n{}"
    calls = Transport(allow_loopback_http=True)
    with (
        serving(lambda connection, _: connection.sendall(data)) as server,
        calls.conversation(f"http://127.0.0.1:{server.port}") as conversation,
    ):
        for _ in range(2):
            conversation.call(Call("GET", "/"), Deadline.after(60))
    assert len(server.requests) == 2
    assert b"session" not in server.requests[1]


def test_of_a_header_that_comes_twice_the_last_counts() -> None:
    data = b"HTTP/1.1 429 X\r\nRetry-After: 1\r\nretry-after: 2\r\nContent-Length: 0\r\n\r\n"
    with serving(lambda connection, _: connection.sendall(data)) as server:
        assert get(server).headers["retry-after"] == "2"


def test_a_proxy_in_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(answer) as server:
        assert get(server).status == 200


@pytest.mark.parametrize("chunked", [True, False])
def test_a_reply_may_be_one_mebibyte_and_no_more(chunked: bool) -> None:
    def serve(connection: socket.socket, size: int) -> None:
        if chunked:
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(size // 1024):
                connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)

    with serving(lambda connection, _: serve(connection, MAX_REPLY_BYTES)) as server:
        assert len(get(server).body) == MAX_REPLY_BYTES
    too_much = MAX_REPLY_BYTES + 1024
    with serving(lambda connection, _: serve(connection, too_much)) as server:
        with pytest.raises(ReplyTooLarge, match="status 200 is larger") as failure:
            get(server)
        assert failure.value.status == 200


def drip(connection: socket.socket, data: bytes) -> None:
    """Until the client has gone."""
    for byte in itertools.cycle(data):
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_server_that_drips_does_not_outlive_the_deadline(start: bytes) -> None:
    def serve(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        drip(connection, b"1\r\nx\r\n" if b"chunked" in start else b"H")

    with serving(serve) as server, pytest.raises(NoAnswer, match="Timeout"):
        get(server, seconds=2)


def test_endless_interim_answers_do_not_outlive_the_deadline() -> None:
    def serve(connection: socket.socket, _: bytes) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.05)

    with serving(serve) as server, pytest.raises(NoAnswer, match="Timeout"):
        get(server, seconds=2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"\x00\x01garbage\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000,
    ],
)
def test_a_broken_answer_is_no_answer(data: bytes) -> None:
    def serve(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    with serving(serve) as server, pytest.raises(NoAnswer):
        get(server)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 409 Conflict\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/1.1 409 Conflict\r\nContent-Le",
        b"HTTP/1.1 409 Conflict\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.0 409 \r\nX: " + b"y" * 300_000,
        b"HTTP/1.1 409 Conflict\r\n" + b"X: y\r\n" * 100_000,
        b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * 300_000,
        b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 100_000,
    ],
)
def test_a_reply_that_breaks_behind_its_status_says_the_status(data: bytes) -> None:
    def serve(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    with serving(serve) as server, pytest.raises(NoAnswer, match="a reply of status 409 was cut short") as failure:
        get(server)
    assert failure.value.status == 409


def test_the_status_of_one_reply_is_not_said_of_the_next() -> None:
    replies = [OK, b"garbage\r\n\r\n"]
    calls = Transport(allow_loopback_http=True)
    with (
        serving(lambda connection, _: connection.sendall(replies.pop(0))) as server,
        calls.conversation(f"http://127.0.0.1:{server.port}") as conversation,
    ):
        assert conversation.call(Call("GET", "/"), Deadline.after(2)).status == 200
        with pytest.raises(NoAnswer, match="after the request left") as failure:
            conversation.call(Call("GET", "/"), Deadline.after(2))
    assert failure.value.status is None


def test_a_connection_that_cannot_be_closed_takes_no_reply_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: TimedStream) -> None:
        self._stream.close()
        raise OSError("reset")

    monkeypatch.setattr(TimedStream, "close", fails)
    with serving(answer) as server:
        assert get(server).body == b"{}"


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    ],
)
def test_a_reply_without_an_end_does_not_outlive_the_deadline_however_fast_it_comes(start: bytes, piece: bytes) -> None:
    def serve(connection: socket.socket, _: bytes) -> None:
        connection.sendall(start)
        while True:  # until the other side has closed
            connection.sendall(piece * 1000)

    with serving(serve) as server:
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            get(server, seconds=0.5)
        assert time.monotonic() - began < 5


def test_a_reset_after_the_request_is_no_answer() -> None:
    def serve(connection: socket.socket, _: bytes) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    with serving(serve) as server, pytest.raises(NoAnswer):
        get(server)


def test_a_server_that_never_reads_is_no_answer() -> None:
    with holding() as server, pytest.raises(NoAnswer, match="Timeout"):
        get(server, seconds=2, body=b"x" * 20_000_000)


def test_nobody_listening_means_that_nothing_was_sent() -> None:
    with serving(answer) as server:
        port = server.port
    with pytest.raises(NothingSent):
        get(port)


def test_an_unknown_host_means_that_nothing_was_sent() -> None:
    with pytest.raises(NothingSent):
        Transport().call("https://orderbridge.invalid", Call("GET", "/"), Deadline.after(5))


def test_no_time_left_means_that_nothing_was_sent() -> None:
    with serving(answer) as server, pytest.raises(NothingSent):
        get(server, seconds=-1)
    assert server.requests == []


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:9", "http://example.com", "ftp://example.com", "http://127.0.0.1.example.com"]
)
def test_plain_http_is_refused_unless_it_is_loopback_and_allowed(base_url: str) -> None:
    with pytest.raises(NothingSent, match="https"):
        Transport().call(base_url, Call("GET", "/"), Deadline.after(1))
    if "127.0.0.1:" not in base_url:
        with pytest.raises(NothingSent, match="https"):
            Transport(allow_loopback_http=True).call(base_url, Call("GET", "/"), Deadline.after(1))


@pytest.mark.parametrize("target", ["//evil.id/x", "/a b", "/a\r\nX: y", "/é", "a", "", "http://evil.id/", "@evil.id/"])
def test_a_target_cannot_leave_the_channels_host(target: str) -> None:
    with serving(answer) as server:
        try:
            get(server, target)
        except NothingSent:
            assert server.requests == []
        else:
            assert server.requests[0].startswith(b"GET //evil.id/x HTTP/1.1\r\n")


@pytest.mark.parametrize("header", ["secret\r\nX: y", "secret\n", "secret\0"])
def test_a_header_that_cannot_be_sent_is_not_shown(header: str) -> None:
    with serving(answer) as server, pytest.raises(NothingSent) as failure:
        get(server, headers={"Authorization": header})
    shown = f"{failure.value!r} {failure.value.__cause__!r}"
    assert "secret" not in shown
    assert server.requests == []


def test_a_call_does_not_show_its_secrets() -> None:
    call = Call("GET", "/x?team_token=secret", {"Authorization": "secret"}, b"secret")
    assert "secret" not in repr(call)


# --- TLS ---


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody trusts, with its key."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def tls_server(certificate: Path) -> Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return Server(answer, context=context)


def test_an_untrusted_certificate_means_that_nothing_was_sent(certificate: Path) -> None:
    server = tls_server(certificate)
    try:
        with pytest.raises(NothingSent):
            Transport().call(f"https://127.0.0.1:{server.port}", Call("POST", "/", body=b"x"), Deadline.after(60))
    finally:
        server.close()
    assert server.requests == []


def test_a_trusted_certificate_carries_the_call(certificate: Path) -> None:
    server = tls_server(certificate)
    try:
        calls = Transport(ssl_context=ssl.create_default_context(cafile=str(certificate)))
        reply = calls.call(f"https://127.0.0.1:{server.port}", Call("POST", "/", body=b"x"), Deadline.after(60))
    finally:
        server.close()
    assert reply.status == 200
    assert server.requests[0].endswith(b"\r\n\r\nx")


def test_a_handshake_that_never_ends_means_that_nothing_was_sent() -> None:
    with holding() as server, pytest.raises(NothingSent, match="Timeout"):
        Transport().call(f"https://127.0.0.1:{server.port}", Call("POST", "/"), Deadline.after(2))


def test_no_log_holds_what_was_sent(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"), serving(answer) as server:
        get(server, "/x?team_token=secret", headers={"Authorization": "secret"}, body=b"secret")
    assert "secret" not in caplog.text
