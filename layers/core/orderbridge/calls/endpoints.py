"""The calls that are made to platforms, a class for each, which knows where its parameters go and what comes back.

::

    class GetCustomers(Request[list[Customer]]):
        endpoint = Endpoint("Customer", "Get Customers", "GET", "/api/open/customer")

        category: InQuery[str]
        pagination_offset: InQuery[int | None] = None

    client.ask(GetCustomers(category="N"))     # a list of Customer

`Request.frozen` makes the bytes; the platform's client sends them and reads the answer into what is in the
brackets, ``Any`` where it is read as it came. Every call that a document names, made or not, is in the command's
catalogue. Models are built when they are first used, so that importing them costs little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, get_args, get_origin
from urllib.parse import quote, urlencode

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from orderbridge.calls.documents import compact_json, decimal_text
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.http.transport import Call

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
AnswerT = TypeVar("AnswerT")
ValueT = TypeVar("ValueT")


class Place(Enum):
    """Where a parameter goes. BOTH is for documents that name a place in which proxies lose it (traps D17, D18)."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"
    BOTH = "query and body"


InPath = Annotated[ValueT, Place.PATH]
InQuery = Annotated[ValueT, Place.QUERY]
InBody = Annotated[ValueT, Place.BODY]
InBoth = Annotated[ValueT, Place.BOTH]
Day = Annotated[date, PlainSerializer(date.isoformat, return_type=str)]
"""A day in a request: ``yyyy-mm-dd``."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint of a document: its group and title there, which name it in the catalogue, and how it is called."""

    group: str
    title: str
    method: Method
    path: str
    """May hold ``{parameters}``, and ``<names>`` of paths that a channel's settings know."""
    access: str = ""
    """Which of a platform's ways in it wants, where there are several."""


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

    def frozen(self, paths: Mapping[str, str] | None = None) -> FrozenRequest:
        """Method, target and body, without the headers that let it in; `paths` are the channel's own."""
        parts = _parts(self)
        path = self.endpoint.path
        for name, value in (paths or {}).items():
            path = path.replace(f"<{name}>", value)
        for name, value in parts[Place.PATH].items():
            path = path.replace("{" + name + "}", quote(_text(value), safe=""))
        pairs = [(name, _text(value)) for name, value in parts[Place.QUERY].items()]
        # A colon stays one: in SIRCLO's times what is sent must be what is signed (traps C15).
        query = urlencode(pairs, quote_via=quote, safe=":")
        target = f"{path}{'&' if '?' in path else '?'}{query}" if query else path
        body = parts[Place.BODY]
        return FrozenRequest(self.endpoint.method, target, compact_json(body) if body else b"")

    @classmethod
    def answer_type(cls) -> Any:
        """What the answer is read into: ``Customer``, ``list[Customer]``, or ``Any``."""
        for base in cls.__mro__:
            generic = getattr(base, "__pydantic_generic_metadata__", {})
            if generic.get("origin") is Request:
                return generic["args"][0]
        raise TypeError(f"{cls.__name__} does not say what its answer is")

    @classmethod
    def row_type(cls) -> Any:
        """The type of a list's rows, None where the answer is no list."""
        answer = cls.answer_type()
        return get_args(answer)[0] if get_origin(answer) is list else None


def wire(request: FrozenRequest, headers: Mapping[str, str]) -> Call:
    """The call as it goes out, with the headers that let it in."""
    content_type = {"Content-Type": "application/json"} if request.body else {}
    return Call(request.method, request.path, {**content_type, **headers}, request.body)


def _parts(request: Request[Any]) -> dict[Place, dict[str, Any]]:
    """What is given, by the place that it goes to; what is None is not sent."""
    parts: dict[Place, dict[str, Any]] = {Place.PATH: {}, Place.QUERY: {}, Place.BODY: {}}
    given = request.model_dump(by_alias=True, exclude_none=True)
    for attribute, described in type(request).model_fields.items():
        name = described.alias or attribute
        if name in given:
            place = next(entry for entry in described.metadata if isinstance(entry, Place))
            for each in (Place.QUERY, Place.BODY) if place is Place.BOTH else (place,):
                parts[each][name] = given[name]
    return parts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else decimal_text(value)
