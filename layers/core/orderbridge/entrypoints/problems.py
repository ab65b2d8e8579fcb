"""Refusals as RFC 9457 problems: which status, title and headers each kind has, and the document.

`type` is the code as a URI (RFC 9457 section 3.1.1): a name, since an address would be another for every stage and
domain in front of the API, and the firewall and the gateway know none. GET /api/v1/docs explains every one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import Field

from orderbridge.entrypoints.answers.answer import Answer
from orderbridge.values.refusals import (
    CallField,
    Conflict,
    Forbidden,
    InvalidFields,
    MalformedRequest,
    NotFound,
    Refusal,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)

TYPE_PREFIX = "urn:orderbridge:error:"


class BodyTooLarge(Refusal):
    """The body exceeds what the API reads."""


class UnsupportedContentType(Refusal):
    """The body is not declared as JSON, or is declared as compressed."""


class InternalError(Refusal):
    """A defect on our side; the request may be sent again and the request id tells us where to look."""

    def __init__(self) -> None:
        super().__init__("internal_error", "Something went wrong on our side. Send the same request again.")


class ProblemKind(NamedTuple):
    """What every problem of a kind has in common."""

    status: int
    title: str
    headers: Mapping[str, str] = {}


KINDS: Mapping[type[Refusal], ProblemKind] = {
    MalformedRequest: ProblemKind(400, "Bad Request"),
    Unauthenticated: ProblemKind(401, "Unauthorized", {"WWW-Authenticate": 'Bearer realm="orderbridge"'}),
    Forbidden: ProblemKind(403, "Forbidden"),
    NotFound: ProblemKind(404, "Not Found"),
    Conflict: ProblemKind(409, "Conflict"),
    BodyTooLarge: ProblemKind(413, "Content Too Large"),
    UnsupportedContentType: ProblemKind(415, "Unsupported Media Type"),
    InvalidFields: ProblemKind(422, "Unprocessable Content"),
    TooManyRequests: ProblemKind(429, "Too Many Requests"),
    InternalError: ProblemKind(500, "Internal Server Error"),
    Unavailable: ProblemKind(503, "Service Unavailable"),
}

HEADER_NAMES: Mapping[CallField, str] = {
    "client_id": "X-CLIENT-ID",
    "timestamp": "X-TIMESTAMP",
    "signature": "X-SIGNATURE",
    "idempotency_key": "Idempotency-Key",
}
"""In which header a call's field is sent."""


class InvalidField(Answer):
    """What is wrong with one field."""

    pointer: str = Field(description="JSON Pointer (RFC 6901) into the body, or to the query's parameter.")
    message: str


class Problem(Answer):
    """Why a request was not accepted (RFC 9457)."""

    type: str = Field(
        description="The code as a URI, e.g. `urn:orderbridge:error:not_found`.", json_schema_extra={"format": "uri"}
    )
    title: str = Field(description="The status in words.")
    status: int = Field(ge=400, le=599, description="The HTTP status.")
    detail: str = Field(description="What is wrong, in words for a developer. It may change.")
    code: str = Field(description="What is wrong, for a program. It never changes its meaning.")
    message: str = Field(description="The same words as `detail`.")
    request_id: str = Field(description="Quote it when you ask us.")
    errors: list[InvalidField] = Field(default=[], description="Every field that is wrong, at once.")

    @classmethod
    def of(cls, refusal: Refusal, request_id: str) -> Problem:
        """The problem document of a refusal (docs/interfaces.md#http-api); `errors` only where there are some."""
        kind = KINDS[type(refusal)]
        detail = _detail(refusal)
        problem = cls.model_construct(
            type=f"{TYPE_PREFIX}{refusal.code}",
            title=kind.title,
            status=kind.status,
            detail=detail,
            code=refusal.code,
            message=detail,
            request_id=request_id,
        )
        if refusal.errors:
            problem.errors = [
                InvalidField.model_construct(pointer=error.pointer, message=error.message) for error in refusal.errors
            ]
        return problem


def problem_headers(refusal: Refusal) -> dict[str, str]:
    """The headers that a problem has beside those of every answer."""
    headers = dict(KINDS[type(refusal)].headers)
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    return headers


def _detail(refusal: Refusal) -> str:
    """What is said to the partner, with the name of the header that it is about."""
    if refusal.about is None:
        return refusal.detail
    name = HEADER_NAMES[refusal.about]
    return f"{'The header ' if refusal.code == 'missing_header' else ''}{name} {refusal.detail}"
