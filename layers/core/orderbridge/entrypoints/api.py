"""A Lambda handler of the API: requests to use cases and back, with every refusal as an RFC 9457 problem."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orderbridge.aws.clients import ANSWERING
from orderbridge.aws.errors import AWS_FAILURES
from orderbridge.aws.schema import OtherSchema
from orderbridge.entrypoints.answers.answer import Answer
from orderbridge.entrypoints.log import begin_invocation, log, log_failure
from orderbridge.entrypoints.own_table import OwnTable
from orderbridge.entrypoints.problems import InternalError, Problem, problem_headers
from orderbridge.entrypoints.requests import ApiRequest, BodyRule, Event, read_request
from orderbridge.values.refusals import NotFound, Refusal, Unavailable


@dataclass(frozen=True, slots=True)
class Response:
    """A success: status, body (a model, or a text of `content_type`), further headers, and what the log may say."""

    status: int
    body: Answer | str
    headers: Mapping[str, str] = field(default_factory=dict)
    logged: Mapping[str, Any] = field(default_factory=dict)
    content_type: str = "application/json"


Endpoint = Callable[[ApiRequest], Response]

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def by_resource(endpoints: Mapping[str, Endpoint]) -> Endpoint:
    """One endpoint out of several, by the path of the API that API Gateway found for the request."""

    def route(request: ApiRequest) -> Response:
        # What ends in a slash where a name could follow is a blank name's, and is not the list of all there is.
        is_blank = request.call.path.endswith("/") and any(
            path.startswith(f"{request.resource}/{{") for path in endpoints
        )
        if is_blank or request.resource not in endpoints:
            raise NotFound("not_found", "There is no such path or method.")
        return endpoints[request.resource](request)

    return route


def api_handler(endpoint: Endpoint, *, body: BodyRule = "required") -> Callable[[Event, Any], dict[str, Any]]:
    """A Lambda handler that answers every event with a response or a problem and never raises."""
    table = OwnTable(ANSWERING)

    def handler(event: Event, context: Any) -> dict[str, Any]:
        context_of_request = event.get("requestContext") or {}
        request_id = str(context_of_request.get("requestId") or getattr(context, "aws_request_id", ""))
        begin_invocation(request_id=request_id, route=event.get("resource"))
        answer = answer_to(event, request_id)
        return _head_of(answer) if event.get("httpMethod") == "HEAD" else answer

    def answer_to(event: Event, request_id: str) -> dict[str, Any]:
        try:
            table.require()
            response = endpoint(read_request(event, body))
        except Refusal as refusal:
            return _refuse(refusal, request_id)
        except (*AWS_FAILURES, OtherSchema) as failure:
            log_failure("dependency_failed", failure)
            return _refuse(Unavailable(), request_id)
        except Exception as failure:  # noqa: BLE001 - a partner gets a problem body, whatever went wrong
            log_failure("request_failed", failure)
            return _refuse(InternalError(), request_id)
        log("request_answered", status=response.status, **response.logged)
        return _answer(response, request_id)

    return handler


def _head_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What HEAD is answered where GET is answered so: the same without its body (RFC 9110 section 9.3.2)."""
    length = str(len(answer["body"].encode("utf-8", "surrogatepass")))
    return {**answer, "headers": {**answer["headers"], "Content-Length": length}, "body": ""}


def _refuse(refusal: Refusal, request_id: str) -> dict[str, Any]:
    problem = Problem.of(refusal, request_id)
    log("request_refused", status=problem.status, problem=problem.code)
    headers = problem_headers(refusal)
    return _answer(Response(problem.status, problem, headers, content_type="application/problem+json"), request_id)


def _answer(response: Response, request_id: str) -> dict[str, Any]:
    body = response.body
    return {
        "statusCode": response.status,
        "headers": {
            "Content-Type": response.content_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Request-Id": request_id,
            **response.headers,
        },
        "body": body if isinstance(body, str) else _encode(body.body()),
        "isBase64Encoded": False,
    }
