"""Replies out of a source of randomness: the documents' own samples, changed; JSON, HTML and bytes of all kinds."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from orderbridge.http.transport import MAX_REPLY_BYTES, Reply
from tests.unit.platforms.examples import CODE, SAMPLES

STATUSES = (200, 200, 200, 200, 200, 200, 201, 202, 204, 302, 400, 401, 403, 404, 408, 409, 410, 422, 429, 500, 503)
RETRY_AFTER = ("120", "1.5", "120, 60", "9" * 30, "-1", "soon", "Wed, 01 Jan 2025 00:01:00 GMT", "Wed, 99", "")
NUMBERS = (
    "0", "-0", "-1", "1.0", "0.5", "1e2", "1e1000000", "-1e1000000", "1e1000000000000000000", "1e-1000000000000000000",
    "0e999999999", "9" * 39, "9" * 41, "9" * 5000, "1" + "0" * 400 + ".5", "0." + "3" * 60, "1e39", "1e40",
)  # fmt: skip
TEXTS = (
    "", " ", "N/A", "-", "null", "0", "-1", "1,5", "Rp1.000", "1e1000000", "9" * 5000, "\x00", "a\x00b", "\x1b[31m",
    "\ud800", "\udfff\ud800 x", "\u200b\u202e", "٣", "²", "é" * 200, "<p>no</p>", "2020-10-08", "0000-00-00",
    "9999-12-31T23:59:59+00:00", "0001-01-01", "31 Feb 2020", CODE, f"[{CODE}]", f"[{CODE}][{CODE}]", "already exists",
    "artia@example.com", "+62 821-0187-1618", "Bearer abc.def", "SUCCESS", "Failed", "canceled",
)  # fmt: skip
LONG = ("x", "a@", "<", "<script", " ", "0", "a.", "aaaaaaaaaaaaa.", "token=", "é", '"', "\\", "\ud800", "-", "[SO-")
NAMES = ("id", "data", "order_id", "order_number", "message", "errors", "status", "response", "meta", "pagination",
         "total_record", "offset", "token", "sku", "stock", "available", "qty_on_hand", "success", "failed", "succeed",
         "current_page", "total_pages", "per_page", "count", "total", "$date", "order_date", "line_items", "\ud800",
         "")  # fmt: skip
_RAW = re.compile(r'"@raw:([^"]*)"')

Document = Any


@cache
def samples() -> tuple[Document, ...]:
    """The documents' own answers."""
    return tuple(json.loads(path.read_bytes()) for path in sorted(SAMPLES.glob("*/*/200.json")))


class Replies:
    """A stream of replies; the same `chance` makes the same ones."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def any_reply(self) -> Reply:
        body = self._body()
        headers = {"content-type": self.chance.choice(("application/json", "text/html", "application/pdf", "", "json"))}
        if self.chance.random() < 0.3:
            headers["retry-after"] = self.chance.choice(RETRY_AFTER)
        if self.chance.random() < 0.1:
            headers["content-encoding"] = self.chance.choice(("gzip", "GZIP", "deflate", "br", "gzip, gzip", "\x00é"))
        status = self.chance.choice(STATUSES) if self.chance.random() < 0.95 else self.chance.randrange(100, 1000)
        return Reply(status, headers, body[:MAX_REPLY_BYTES])

    def _body(self) -> bytes:
        kind = self.chance.random()
        if kind < 0.70:
            body = self._written(self._changed(self.chance.choice(samples() + self._shapes())))
        elif kind < 0.85:
            body = self._written(self._value(4))
        elif kind < 0.95:
            text = "".join(self._text() for _ in range(self.chance.randrange(4)))
            body = f"<html><title>{text}</title>{text}".encode("utf-8", "replace")
        else:
            body = self.chance.randbytes(self.chance.randrange(200))
        return self._spoilt(body) if self.chance.random() < 0.15 else body

    def _shapes(self) -> tuple[Document, ...]:
        """What is read and not among the samples: logins, failures, lists as they come to a look and to the syncs."""
        order = {"id": 7, "order_id": CODE, "order_number": CODE, "order_date": "2025-01-01T00:00:00Z",
                 "status": "accepted", "note": f"[{CODE}]",
                 "line_items": [{"sku": "SKU-1", "quantity": 10}]}  # fmt: skip
        ours = {**order, "order_id": 1338, "order_status": "ACCEPTED"}
        pages = {"pagination": {"total": 1, "count": 1, "per_page": 50, "current_page": 1, "total_pages": 1}}
        product = {"id": 5, "variations": [{"id": 6, "stock_quantity": "20"}], "is_warehouse": 0}
        return (
            {}, [], {"data": None}, {"data": {"id": 7}}, {"token": "abc"}, {"data": [{"id": 2981, "name": "one"}]},
            {"data": order}, {"data": [order], "total_record": 1, "offset": 0},
            {"data": {"succeed": [order], "failed": []}}, {"data": {"succeed": [], "failed": [order]}},
            {"data": [{"sku": "SKU-1", "stock": 5, "available": "5"}], "total_record": 1},
            {"response": "Success", "data": {"order_id": 1338}}, {"response": "Failed", "message": {"id": ["no"]}},
            {"data": [ours], "meta": pages}, {"data": [product], "meta": pages}, {"data": {"stock": 5}},
            {"data": [{"warehouse_id": 0, "stock": 3}, {"warehouse_id": 26, "stock": "4"}]},
            {"products": [{"id": 1, "qty_on_hand": 5}, {"id": 2, "qty_on_hand": "x"}]}, {"id": 7, "status": "Lunas"},
            {"data": [{"id": {"data": 8}}, {"id": [9]}]},
            {"data": [{"transaction_code": "T1", "items": [{"progress": False, "success": True, "qty": 5}]}]},
            {"message": f"order_id {CODE} already exist", "errors": {"a": ["b"]}}, {"status": {"code": 1}, "data": {}},
        )  # fmt: skip

    def _changed(self, document: Document) -> Document:
        document = json.loads(json.dumps(document))
        for _ in range(self.chance.choice((0, 1, 1, 2, 4))):
            document = self._change(document)
        return document

    def _change(self, value: Document) -> Document:
        """The value with one place in it changed, wherever that is."""
        if isinstance(value, dict) and value and self.chance.random() < 0.85:
            name = self.chance.choice(list(value))
            match self.chance.randrange(8):
                case 0:
                    del value[name]
                case 1:
                    value[self.chance.choice(NAMES)] = value[name]
                case 2:
                    value = {f" {key}" if key == name else key: item for key, item in value.items()}
                case _:
                    value[name] = self._change(value[name])
            return value
        if isinstance(value, list) and value and self.chance.random() < 0.85:
            place = self.chance.randrange(len(value))
            match self.chance.randrange(6):
                case 0:
                    del value[place]
                case 1:
                    value.append(value[place])
                case _:
                    value[place] = self._change(value[place])
            return value
        return self.chance.choice((self._odd, lambda: [value], lambda: {"data": value}, lambda: str(value)))()

    def _odd(self) -> Document:
        return self.chance.choice((lambda: None, self._flag, self._number, self._number, self._text, self._text,
                                   self._long, self._deep, lambda: self._value(2)))()  # fmt: skip

    def _value(self, depth: int) -> Document:
        if depth == 0 or self.chance.random() < 0.3:
            return self._odd() if depth else self._number()
        count = self.chance.randrange(4)
        if self.chance.random() < 0.5:
            return [self._value(depth - 1) for _ in range(count)]
        return {self.chance.choice(NAMES): self._value(depth - 1) for _ in range(count)}

    def _flag(self) -> bool:
        return self.chance.random() < 0.5

    def _number(self) -> str:
        return f"@raw:{self.chance.choice(NUMBERS)}"

    def _text(self) -> str:
        return self.chance.choice(TEXTS)

    def _long(self) -> str:
        return self.chance.choice(LONG) * self.chance.choice((50, 120, 5000))

    def _deep(self) -> str:
        depth = self.chance.choice((5, 63, 65, 300, 3000))
        opening, closing = self.chance.choice((("[", "]"), ("{'data':", "}")))
        return f"@raw:{opening * depth}0{closing * depth}"

    def _written(self, document: Document) -> bytes:
        is_ascii = self.chance.random() < 0.5
        text = json.dumps(document, ensure_ascii=is_ascii)
        return _RAW.sub(lambda raw: raw[1].replace("'", '"'), text).encode("utf-8", "replace")

    def _spoilt(self, body: bytes) -> bytes:
        ways: tuple[Callable[[], bytes], ...] = (
            lambda: b"\xef\xbb\xbf" + body,
            lambda: body.decode("utf-8", "replace").encode("utf-16"),
            lambda: body.decode("utf-8", "replace").encode("latin-1", "replace"),
            lambda: gzip.compress(body, mtime=0),
            lambda: body[: self.chance.randrange(len(body) + 1)],
            lambda: body + body,
            lambda: b"",
            lambda: body[: len(body) // 2] + b"\x00\xff" + body[len(body) // 2 :],
            lambda: b")]}',\n" + body,
            lambda: b'{"data":' * 3 + body + b"}" * 3,
        )
        return self.chance.choice(ways)()


def adversarial(size: int) -> dict[str, Reply]:
    """Bodies of about `size` bytes that are slow to read for whoever looks at one thing more than once."""
    rows = ",".join(f'{{"id":{number}}}' for number in range(size // 14))
    bodies = {
        "nested arrays": "[" * (size // 2) + "]" * (size // 2),
        "nested objects": '{"data":' * (size // 9) + "0" + "}" * (size // 9),
        "one huge number": '{"id":' + "9" * size + "}",
        "one huge number in a text": '{"data":{"order_id":"' + "9" * size + '"}}',
        "one huge string of letters": '{"message":"' + "a" * size + '"}',
        "at signs": '{"message":"' + "a@" * (size // 2) + '"}',
        "quotes": '{"message":"' + '\\"' * (size // 2) + '"}',
        "a text without an end": '"' + '\\"' * (size // 2) + "[",
        "many members": "{" + ",".join(f'"{number}":{number}' for number in range(size // 14)) + "}",
        "many rows": f'{{"data":[{rows}],"total_record":1}}',
        "many messages": '{"errors":[' + ",".join(['"no"'] * (size // 5)) + "]}",
        "a long name over many values": '{"' + "n" * (size // 2) + '":[' + ",".join(["1"] * (size // 4)) + "]}",
        "surrogates": '["' + "\\ud800" * (size // 6) + '"]',
        "tags": "<" * size,
        "scripts": "<script" * (size // 7),
        "spaces": " " * size,
        "a minus and spaces": '{"data":{"price":"-' + " " * size + 'x"}}',
    }
    return {name: Reply(200, {"content-type": "application/json"}, body.encode()) for name, body in bodies.items()}
