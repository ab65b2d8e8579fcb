"""API Gateway's REST proxy events to use cases and back, with every refusal as an RFC 9457 problem."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from orderbridge.aws.errors import AWS_FAILURES
from orderbridge.entrypoints.log import begin_invocation, log, log_failure
from orderbridge.partners.callers import ApiRequest
from orderbridge.values.problems import (
    BodyTooLarge,
    InternalError,
    MalformedRequest,
    NotFound,
    Problem,
    Unavailable,
    UnsupportedContentType,
)

MAX_BODY_BYTES = 256 * 1024
_SINGLE_HEADERS = frozenset({"x-client-id", "x-timestamp", "x-signature", "idempotency-key", "content-type"})

Event = Mapping[str, Any]

BodyRule = Literal["required", "optional", "ignored"]
"""Whether a call has a body, which is then JSON; one that may have none may also leave out what type it would be of."""


@dataclass(frozen=True, slots=True)
class Response:
    """A success: status, body (JSON, or a text of `content_type`), further headers, and what the log may say of it."""

    status: int
    body: Mapping[str, Any] | str
    headers: Mapping[str, str] = field(default_factory=dict)
    logged: Mapping[str, Any] = field(default_factory=dict)
    content_type: str = "application/json"


Endpoint = Callable[[ApiRequest], Response]


def by_resource(endpoints: Mapping[str, Endpoint]) -> Endpoint:
    """One endpoint out of several, by the path of the API that API Gateway found for the request."""

    def route(request: ApiRequest) -> Response:
        # What ends in a slash where a name could follow is a blank name's, and is not the list of all there is.
        is_blank = request.path.endswith("/") and any(path.startswith(f"{request.resource}/{{") for path in endpoints)
        if is_blank or request.resource not in endpoints:
            raise NotFound("not_found", "There is no such path or method.")
        return endpoints[request.resource](request)

    return route


def api_handler(endpoint: Endpoint, *, body: BodyRule = "required") -> Callable[[Event, Any], dict[str, Any]]:
    """A Lambda handler that answers every event with a response or a problem and never raises."""

    def handler(event: Event, context: Any) -> dict[str, Any]:
        context_of_request = event.get("requestContext") or {}
        request_id = str(context_of_request.get("requestId") or getattr(context, "aws_request_id", ""))
        begin_invocation(request_id=request_id, route=event.get("resource"))
        answer = answer_to(event, request_id)
        return _head_of(answer) if event.get("httpMethod") == "HEAD" else answer

    def answer_to(event: Event, request_id: str) -> dict[str, Any]:
        try:
            response = endpoint(read_request(event, body))
        except Problem as problem:
            return _refuse(problem, request_id)
        except AWS_FAILURES as failure:
            log_failure("dependency_failed", failure)
            return _refuse(Unavailable(), request_id)
        except Exception as failure:  # noqa: BLE001 - a partner gets a problem body, whatever went wrong
            log_failure("request_failed", failure)
            return _refuse(InternalError(), request_id)
        log("request_answered", status=response.status, **response.logged)
        return _answer(response.status, response.body, response.content_type, request_id, response.headers)

    return handler


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
    return ApiRequest(
        headers,
        body,
        method=event.get("httpMethod", "POST"),
        path=_path_in_the_api(event.get("path") or "", resource),
        resource=resource,
        path_parameters=event.get("pathParameters") or {},
        query=_query(event),
        address=((event.get("requestContext") or {}).get("identity") or {}).get("sourceIp") or "",
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
    """Header names in lower case. A header that decides who is calling must stand there once (traps A14)."""
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
        elif name in _SINGLE_HEADERS:
            raise MalformedRequest("invalid_header", f"The header {name} must be sent once.")
        # A repeated Authorization is none at all: the caller has not said who it is.
    return headers


def _head_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What HEAD is answered where GET is answered so: the same without its body (RFC 9110 section 9.3.2)."""
    length = str(len(answer["body"].encode("utf-8", "surrogatepass")))
    return {**answer, "headers": {**answer["headers"], "Content-Length": length}, "body": ""}


def _refuse(problem: Problem, request_id: str) -> dict[str, Any]:
    log("request_refused", status=problem.status, problem=problem.code)
    body = problem.body(request_id)
    return _answer(problem.status, body, "application/problem+json", request_id, problem.headers)


def _answer(
    status: int, body: Mapping[str, Any] | str, content_type: str, request_id: str, headers: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {
            "Content-Type": content_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Request-Id": request_id,
            **headers,
        },
        "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        "isBase64Encoded": False,
    }
