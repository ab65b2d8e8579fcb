"""Replies that come compressed though nothing compressed was asked for."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from orderbridge.http import transport
from orderbridge.http.exchange import NoAnswer, ReplyTooLarge
from orderbridge.http.transport import MAX_REPLY_BYTES
from tests.integration.platforms.servers import Serve, get, serving


def encoded(encoding: str, body: bytes, status: int = 200) -> Serve:
    head = f"HTTP/1.1 {status} X\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return lambda connection, _: connection.sendall(head.encode() + body)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress), (" GZIP ", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress),
        ("deflate", raw_deflate), ("identity", bytes), ("", bytes),
    ],
)  # fmt: skip
@pytest.mark.parametrize("plain", [b'{"id": 7}', b"", b"x" * MAX_REPLY_BYTES])
def test_what_comes_compressed_though_it_was_not_asked_for_is_inflated(
    encoding: str, pack: Callable[[bytes], bytes], plain: bytes
) -> None:
    with serving(encoded(encoding, pack(plain), 201)) as server:
        reply = get(server)
    assert (reply.status, reply.body) == (201, plain)


def test_no_body_is_none_in_any_encoding() -> None:
    with serving(encoded("br", b"", 204)) as server:
        assert (get(server).status, get(server).body) == (204, b"")


def test_a_bomb_is_inflated_no_further_than_a_reply_may_be_long() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000)
    with serving(encoded("gzip", bomb)) as server, pytest.raises(ReplyTooLarge, match="status 200 is larger"):
        get(server)
    tracemalloc.start()
    try:
        with pytest.raises(ReplyTooLarge):
            transport._inflated(200, {"content-encoding": "gzip"}, bomb)
        assert tracemalloc.get_traced_memory()[1] < 8 * MAX_REPLY_BYTES
    finally:
        tracemalloc.stop()


PACKED = gzip.compress(b'{"id": 7}' * 100, mtime=0)  # tests are named by it


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("gzip", PACKED[:-1], "does not end"),
        ("gzip", PACKED[:20], "does not end"),
        ("gzip", PACKED[:5], "does not end"),
        ("gzip", PACKED + PACKED, "does not end"),
        ("gzip", PACKED[:-8] + b"12345678", "cannot be inflated"),
        ("gzip", b'{"id": 7}', "cannot be inflated"),
        ("deflate", b'{"id": 7}', "cannot be inflated|does not end"),
        ("deflate", b"x", "cannot be inflated|does not end"),
        ("br", b"x", "status 409 in content-encoding br"),
        ("zstd", b"x", "content-encoding zstd"),
        ("gzip, br", b"x", "content-encoding gzip, br"),
        ("x" * 1000, b"x", "content-encoding x{39}…"),
    ],
)
def test_what_cannot_be_inflated_is_no_answer_and_its_status_is_said(encoding: str, body: bytes, words: str) -> None:
    with serving(encoded(encoding, body, 409)) as server, pytest.raises(NoAnswer, match=words) as failure:
        get(server)
    assert "status 409" in str(failure.value)
    assert failure.value.status == 409
