"""What a partner can be told when a request is not accepted, as RFC 9457 problems.

::

    Problem
    ├── MalformedRequest        400  malformed_json, missing_header, invalid_header, invalid_parameter
    ├── Unauthenticated         401  invalid_credentials, invalid_token, invalid_signature, stale_timestamp
    ├── Forbidden               403  client_mismatch, partner_suspended
    ├── NotFound                404  not_found
    ├── Conflict                409  purchase_order_conflict
    ├── BodyTooLarge            413  body_too_large
    ├── UnsupportedContentType  415  unsupported_content_type, unsupported_content_encoding
    ├── InvalidFields           422  invalid_fields, idempotency_key_reused
    ├── TooManyRequests         429  too_many_requests
    └── Unavailable             503  unavailable

`code` is stable and machine-readable; `detail` says what to do; neither tells which half of a credential was wrong.
`type` is the code as a URI (RFC 9457 section 3.1.1): a name, since an address would be another for every stage and
domain in front of the API, and the firewall and the gateway know none. GET /api/v1/docs explains every one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

TYPE_PREFIX = "urn:orderbridge:error:"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field: an RFC 6901 pointer into the request body and what is wrong there."""

    pointer: str
    message: str


class Problem(Exception):
    """A refusal with its HTTP status, stable code and words for the partner."""

    status: ClassVar[int]
    title: ClassVar[str]

    def __init_subclass__(cls, status: int | None = None, title: str = "") -> None:
        # A kind of a kind has its parent's.
        if status is not None:
            cls.status, cls.title = status, title

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def body(self, request_id: str) -> dict[str, Any]:
        """The ``application/problem+json`` document (docs/interfaces.md#http-api)."""
        document: dict[str, Any] = {
            "type": f"{TYPE_PREFIX}{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "message": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            document["errors"] = [{"pointer": e.pointer, "message": e.message} for e in self.errors]
        return document


class MalformedRequest(Problem, status=400, title="Bad Request"):
    """The request cannot be read: broken JSON, or a required header missing or unparsable."""


class Unauthenticated(Problem, status=401, title="Unauthorized"):
    """The caller has not shown who it is."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail, headers={"WWW-Authenticate": 'Bearer realm="orderbridge"'})


class Forbidden(Problem, status=403, title="Forbidden"):
    """The caller is known and may not do this."""


class NotFound(Problem, status=404, title="Not Found"):
    """There is no such thing for this caller; another partner's order is one of these."""


class Conflict(Problem, status=409, title="Conflict"):
    """The reference is taken by an order with other content."""


class BodyTooLarge(Problem, status=413, title="Content Too Large"):
    """The body exceeds what the API reads."""


class UnsupportedContentType(Problem, status=415, title="Unsupported Media Type"):
    """The body is not declared as JSON, or is declared as compressed."""


class InvalidFields(Problem, status=422, title="Unprocessable Content"):
    """The JSON is well-formed and its content is not valid; `errors` names every field at once."""


class TooManyRequests(Problem, status=429, title="Too Many Requests"):
    """The caller's rate is above its limit; ``Retry-After`` says when to come back."""

    def __init__(self, code: str, detail: str, *, retry_after: int) -> None:
        super().__init__(code, detail, headers={"Retry-After": str(retry_after)})


class Unavailable(Problem, status=503, title="Service Unavailable"):
    """Something Orderbridge depends on did not answer; the same request may be sent again."""

    def __init__(self, detail: str = "The service cannot take the request now. Send the same request again.") -> None:
        super().__init__("unavailable", detail, headers={"Retry-After": "5"})


class InternalError(Problem, status=500, title="Internal Server Error"):
    """A defect on our side; the request may be sent again and the request id tells us where to look."""

    def __init__(self) -> None:
        super().__init__("internal_error", "Something went wrong on our side. Send the same request again.")
