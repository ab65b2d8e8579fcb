"""API Gateway's REST proxy events as requests. Nothing below the entry points knows a header."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from orderbridge.entrypoints.problems import HEADER_NAMES, BodyTooLarge, UnsupportedContentType
from orderbridge.partners.call import Call
from orderbridge.values.refusals import MalformedRequest

MAX_BODY_BYTES = 256 * 1024
_FIELDS = {field: name.lower() for field, name in HEADER_NAMES.items()}
_SENT_ONCE = frozenset({*_FIELDS.values(), "content-type"})
_BEARER = re.compile(r"Bearer +(\S+) *", re.IGNORECASE)

Event = Mapping[str, Any]

BodyRule = Literal["required", "optional", "ignored"]
"""Whether a call has a body, which is then JSON; one that may have none may also leave out what type it would be of."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request: the call, and what it is about. `resource` is the path in the API, e.g. ``/api/v1/stocks``."""

    call: Call
    resource: str = ""
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


def read_request(event: Event, body_rule: BodyRule = "required") -> ApiRequest:
    """The request in an event; raises `BodyTooLarge`, `UnsupportedContentType` or `MalformedRequest`."""
    body = _body(event) if body_rule != "ignored" else b""
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLarge("body_too_large", f"The body is larger than {MAX_BODY_BYTES} bytes.")
    headers = _headers(event)
    codings = {coding.strip().lower() for coding in headers.get("content-encoding", "").split(",")}
    if body_rule != "ignored" and not codings <= {"", "identity"}:
        raise UnsupportedContentType(
            "unsupported_content_encoding", "Send the body as it is, without a Content-Encoding."
        )
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if (body or body_rule == "required") and media_type != "application/json":
        raise UnsupportedContentType("unsupported_content_type", "Send the body as application/json.")
    resource: str = event.get("resource") or ""
    path = _path_in_the_api(event.get("path") or "", resource)
    return ApiRequest(
        read_call(headers, body, method=event.get("httpMethod", "POST"), path=path),
        resource=resource,
        path_parameters=event.get("pathParameters") or {},
        query=_query(event),
        address=((event.get("requestContext") or {}).get("identity") or {}).get("sourceIp") or "",
    )


def read_call(headers: Mapping[str, str], body: bytes, *, method: str, path: str) -> Call:
    """The call in a request whose headers have their names in lower case, and one value each."""
    bearer = _BEARER.fullmatch(headers.get("authorization", ""))
    return Call(
        token=bearer[1] if bearer is not None else None,
        client_id=headers.get(_FIELDS["client_id"]),
        timestamp=headers.get(_FIELDS["timestamp"]),
        signature=headers.get(_FIELDS["signature"]),
        idempotency_key=headers.get(_FIELDS["idempotency_key"]),
        method=method,
        path=path,
        body=body,
    )


def _path_in_the_api(path: str, resource: str) -> str:
    """The path as it was sent, without the base path that a custom domain has put before the API's own."""
    before = path.rstrip("/").count("/") - resource.count("/")
    return "/" + "/".join(path.split("/")[before + 1 :]) if resource and before > 0 else path


def _query(event: Event) -> Mapping[str, str]:
    multiple: Mapping[str, list[str]] = event.get("multiValueQueryStringParameters") or {}
    repeated = sorted(name for name, values in multiple.items() if len(values) > 1)
    if repeated:
        raise MalformedRequest("invalid_parameter", f"The parameter {repeated[0]} must be sent once.")
    return event.get("queryStringParameters") or {}


def _body(event: Event) -> bytes:
    text: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedRequest("malformed_json", "The body is not valid JSON.") from error


def _headers(event: Event) -> dict[str, str]:
    """Header names in lower case. A header that decides who is calling must be there once (traps A14)."""
    collected: dict[str, list[str]] = {}
    multiple: Mapping[str, list[str]] = event.get("multiValueHeaders") or {
        name: [value] for name, value in (event.get("headers") or {}).items()
    }
    for name, values in multiple.items():
        collected.setdefault(name.lower(), []).extend(values)
    headers: dict[str, str] = {}
    for name, values in collected.items():
        if len(values) == 1:
            headers[name] = values[0]
        elif name == "content-encoding":
            headers[name] = ",".join(values)  # a list may be sent in parts (RFC 9110 section 5.3)
        elif name in _SENT_ONCE:
            raise MalformedRequest("invalid_header", f"The header {name} must be sent once.")
        # A repeated Authorization is none at all: the caller has not said who it is.
    return headers
