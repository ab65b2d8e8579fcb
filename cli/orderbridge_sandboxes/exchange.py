"""One HTTP exchange as plain values, and JSON read as strictly as RFC 8259 allows.

A platform is a function from Request to Reply; sockets, faults and logs are somebody else's concern.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlencode

JsonObject = dict[str, Any]

SECRET_HEADERS = frozenset({"authorization", "mac", "secret", "api_key", "api_secret", "cookie", "proxy-authorization"})
SECRET_PARAMETERS = frozenset({"team_token", "token", "access_token", "api_key", "api_secret", "secret"})
MASK = "***"


class NotJson(ValueError):
    """The bytes are not one JSON document; the message says why."""


class Refused(Exception):
    """Raised by a platform's handler to answer at once with `reply`."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"refused with {reply.status}")
        self.reply = reply


def read_json(body: bytes) -> Any:
    """The document in `body`, fractions as Decimal; raises NotJson for NaN, Infinity, duplicate keys and bad UTF-8."""

    def refuse_constant(name: str) -> NoReturn:
        raise NotJson(f"{name} is not JSON")

    def refuse_duplicates(pairs: list[tuple[str, Any]]) -> JsonObject:
        document = dict(pairs)
        if len(document) != len(pairs):
            raise NotJson("a key stands twice in one object")
        return document

    try:
        text = body.decode("utf-8")
        return json.loads(
            text, parse_float=Decimal, parse_constant=refuse_constant, object_pairs_hook=refuse_duplicates
        )
    except NotJson:
        raise
    except (ValueError, RecursionError) as problem:
        raise NotJson(str(problem)) from None


def write_json(document: Any) -> bytes:
    """`document` as JSON bytes, money and quantities (Decimal) as JSON numbers without a superfluous fraction."""

    def number(value: object) -> int | float:
        if isinstance(value, Decimal):
            return int(value) if value == value.to_integral_value() else float(value)
        raise TypeError(f"{type(value).__name__} has no place in a reply")

    return json.dumps(document, default=number, allow_nan=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Request:
    """A request as it came over the wire.

    `target` is the request-URI byte for byte (a MAC is computed over it), header names are lower case.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        """The decoded path, without the query."""
        return unquote(self.target.partition("?")[0])

    @cached_property
    def query(self) -> dict[str, str]:
        """The decoded query; a raw `+` is a blank, as everywhere on the web."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    def header(self, name: str) -> str | None:
        """The header's value, or None."""
        return self.headers.get(name)

    def masked_target(self) -> str:
        """The target with every secret in its query replaced."""
        path, mark, _ = self.target.partition("?")
        if not mark:
            return path
        shown = [(name, MASK if name.lower() in SECRET_PARAMETERS else value) for name, value in self.query.items()]
        return f"{path}?{urlencode(shown, safe='*:')}"

    def masked_headers(self) -> dict[str, str]:
        """The headers with every secret replaced."""
        return {name: MASK if name in SECRET_HEADERS else value for name, value in self.headers.items()}


@dataclass(frozen=True)
class Reply:
    """What goes back: status, bytes, content type and any further headers."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, document: Any, status: int = 200) -> Reply:
        """A JSON reply."""
        return cls(status, write_json(document))

    def document(self) -> Any:
        """The body, read back as JSON."""
        return read_json(self.body)
