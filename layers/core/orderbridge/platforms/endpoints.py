"""Platforms' endpoints as data: one class per endpoint, which knows where each parameter goes and what comes back.

::

    class GetRegions(Request[Page[Region]]):
        endpoint = Endpoint("Region", "Get Regions", "GET", "/api/open/region")

        keyword: InQuery[str | None] = None
        pagination_offset: InQuery[int] = 1

    client.ask(GetRegions(keyword="Tajinan"))     # a Page of Region

`Request.call` makes the bytes; the platform's client sends them and reads the answer into what stands in the brackets.
Models are built when they are first used, so that importing a whole document's worth of them costs little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, get_args, get_origin
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from orderbridge.platforms.documents import compact_json, decimal_text
from orderbridge.platforms.transport import Call

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
AnswerT = TypeVar("AnswerT")
ValueT = TypeVar("ValueT")
RowT = TypeVar("RowT")


class Place(Enum):
    """Where a parameter goes. BOTH is for documents that name a place in which proxies lose it (traps D17, D18)."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"
    BOTH = "query and body"
    FILE = "file"


InPath = Annotated[ValueT, Place.PATH]
InQuery = Annotated[ValueT, Place.QUERY]
InBody = Annotated[ValueT, Place.BODY]
InBoth = Annotated[ValueT, Place.BOTH]


@dataclass(frozen=True, slots=True)
class File:
    """A file that is sent or came back."""

    name: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"


InFile = Annotated[File, Place.FILE]


@dataclass(frozen=True, slots=True)
class SentAs:
    """The names under which a parameter is sent, where the document's own is misspelt (traps D28)."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint of a document: its group and title there, and how it is called.

    `repeatable`: whether asking twice is the same as asking once, so that a call without an answer may be repeated.
    None stands for "as its method says": a GET is, nothing else.
    """

    group: str
    title: str
    method: Method
    path: str
    """May hold ``{parameters}``, and ``<names>`` of paths that a channel's settings know."""
    repeatable: bool | None = None
    access: str = ""
    """Which of a platform's ways in it wants, where there are several."""

    @property
    def may_be_repeated(self) -> bool:
        return self.method == "GET" if self.repeatable is None else self.repeatable


@dataclass(frozen=True, slots=True)
class Done:
    """An answer that says that it was done and nothing more that can be relied on; the platform's own words."""

    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undocumented:
    """A success whose answer the document does not show: whatever came."""

    document: Any


@dataclass(frozen=True, slots=True)
class Rows(Generic[RowT]):
    """A page of a list, and whether another follows; `total` where the platform counts its rows."""

    rows: list[RowT]
    has_more: bool = False
    total: int | None = None

    def __iter__(self) -> Iterator[RowT]:
        return iter(self.rows)


class Model(BaseModel):
    """A part of a request: unknown members are mistakes of ours."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class Answer(BaseModel):
    """A part of an answer: unknown members are the platform's business, and so are values that cannot be read.

    A member with a default becomes that default, None, where it is absent or unreadable; it never becomes 0. A member
    without a default, an id above all, makes the answer unreadable.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, defer_build=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _unreadable_is_unknown(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return handler(value)
        except ValueError:
            described = cls.model_fields[info.field_name or ""]
            if described.is_required():
                raise
            return described.get_default(call_default_factory=True)


class Request(Model, Generic[AnswerT]):
    """A call of one endpoint with its parameters, validated; `AnswerT` is what its answer is read into."""

    endpoint: ClassVar[Endpoint]

    def call(self, headers: Mapping[str, str] | None = None, paths: Mapping[str, str] | None = None) -> Call:
        """The call, with these headers; `paths` are the channel's own."""
        parts = _parts(self)
        body = compact_json(parts.body) if parts.body else b""
        content_type = {"Content-Type": "application/json"} if parts.body else {}
        if parts.files:
            body, kind = _multipart(parts)
            content_type = {"Content-Type": kind}
        return Call(self.endpoint.method, self.target(paths), {**content_type, **(headers or {})}, body)

    def target(self, paths: Mapping[str, str] | None = None) -> str:
        """Path and query, encoded."""
        parts = _parts(self)
        path = self.endpoint.path
        for name, value in (paths or {}).items():
            path = path.replace(f"<{name}>", value)
        for name, value in parts.path.items():
            path = path.replace("{" + name + "}", quote(_text(value), safe=""))
        pairs = [(name, _text(value)) for name, value in parts.query.items() if not isinstance(value, dict | list)]
        # A colon stays one: in SIRCLO's times what is sent must be what is signed (traps C15).
        return f"{path}{'&' if '?' in path else '?'}{urlencode(pairs, quote_via=quote, safe=':')}" if pairs else path

    @classmethod
    def answer_type(cls) -> Any:
        """What the answer is read into: ``Region``, ``Rows[Region]``, ``Done``, ``File``."""
        for base in cls.__mro__:
            generic = getattr(base, "__pydantic_generic_metadata__", {})
            if generic.get("origin") is Request:
                return generic["args"][0]
        raise TypeError(f"{cls.__name__} does not say what its answer is")

    @classmethod
    def row_type(cls) -> Any:
        """The type of a list's rows, None where the answer is no list."""
        answer = cls.answer_type()
        return get_args(answer)[0] if get_origin(answer) is Rows else None

    @classmethod
    def places(cls) -> dict[str, Place]:
        """Where each parameter goes, by the name under which it is sent."""
        return {name: _place(described.metadata) for name, described in _described(cls)}


@dataclass(slots=True)
class _Parts:
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)


def _parts(request: Request[Any]) -> _Parts:
    parts = _Parts()
    dumped = request.model_dump(by_alias=True, exclude_none=True)
    for attribute, described in type(request).model_fields.items():
        value = getattr(request, attribute)
        if value is None:
            continue
        place = _place(described.metadata)
        for name in _names(attribute, described):
            if place is Place.FILE:
                parts.files[name] = value
                continue
            plain = dumped[described.alias or attribute]
            if place in (Place.QUERY, Place.BOTH):
                parts.query[name] = plain
            if place in (Place.BODY, Place.BOTH):
                parts.body[name] = plain
            if place is Place.PATH:
                parts.path[name] = plain
    return parts


def _described(cls: type[Request[Any]]) -> Iterator[tuple[str, Any]]:
    for attribute, described in cls.model_fields.items():
        for name in _names(attribute, described):
            yield name, described


def _names(attribute: str, described: Any) -> tuple[str, ...]:
    for entry in described.metadata:
        if isinstance(entry, SentAs):
            return entry.names
    return (described.alias or attribute,)


def _place(metadata: list[Any]) -> Place:
    return next(entry for entry in metadata if isinstance(entry, Place))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else decimal_text(value)


_BOUNDARY = "orderbridge-part"


def _multipart(parts: _Parts) -> tuple[bytes, str]:
    """multipart/form-data of the files and the plain members; the same parts are the same bytes."""
    boundary = _BOUNDARY
    while any(boundary.encode() in file.content for file in parts.files.values()):
        boundary += "-"
    pieces: list[bytes] = []
    for name, value in parts.body.items():
        pieces.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_text(value)}\r\n'.encode()
        )
    for name, file in parts.files.items():
        shown = "".join(character if character.isalnum() or character in "._- " else "_" for character in file.name)
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{shown}"\r\n'
            f"Content-Type: {file.content_type}\r\n\r\n"
        )
        pieces.append(head.encode() + file.content + b"\r\n")
    return b"".join(pieces) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
