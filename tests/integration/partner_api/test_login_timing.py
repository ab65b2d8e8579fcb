"""How long a login takes does not tell whether a client exists.

The function with all that is its own, on answers of AWS that are ready: the network, which would hide a difference, is
left out.
"""

from __future__ import annotations

import base64
import io
import json
import statistics
import time
import zlib
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from orderbridge.aws import clients
from orderbridge.aws.schema import SCHEMA, schema_item
from orderbridge.partners import table as partner_table
from tests.fakes import samples

TRIES = 200
UNKNOWN = "partner-client-002"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "ap-southeast-3",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "TABLE_NAME": "table",
    "JWT_KEYS_SECRET": "keys",
    "PEPPER_SECRET": "pepper",
    "LOGIN_FAILURES_PER_CLIENT": "1000000",
    "PARTNER_CALLS_PER_SECOND": "1000000",
    "PARTNER_CALLS_AT_ONCE": "1000000",
    "LOGIN_FAILURES_PER_ADDRESS": "1000000",
}


class Ready(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, default=lambda binary: base64.b64encode(binary).decode()).encode()


class ReadyAnswers:
    """What DynamoDB and Secrets Manager would answer, at once."""

    def __init__(self) -> None:
        self.known = as_json({"Item": partner_table.partner_item(samples.partner())})
        self.calls: list[str] = []

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().split(".")[1]
        self.calls.append(operation)
        body = self._answer(operation, request.body)
        headers = {"x-amz-crc32": str(zlib.crc32(body)), "content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, Ready(body))

    def _answer(self, operation: str, body: bytes) -> bytes:
        if operation == "GetItem" and SCHEMA.encode() in body:
            return as_json({"Item": schema_item()})
        if operation == "GetItem":
            return self.known if samples.CLIENT_ID.encode() in body else b"{}"
        if operation == "UpdateItem":
            return as_json({"Attributes": {"failures": {"N": "1"}}})
        secret = samples.PEPPER.decode() if b"pepper" in body else json.dumps({"kid": "1", "key": "k" * 64})
        return as_json({"SecretString": secret})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadyAnswers]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    clients._client.cache_clear()
    clients._session.cache_clear()
    answers = ReadyAnswers()
    for client in (clients.dynamodb(clients.ANSWERING), clients.secrets_manager(clients.ANSWERING)):
        client.meta.events.register("before-send", answers)
    yield answers
    clients._client.cache_clear()
    clients._session.cache_clear()


def test_an_unknown_client_takes_as_long_as_a_wrong_secret(
    aws: ReadyAnswers,
    load_function: Callable[[str], ModuleType],
    record_property: Callable[[str, object], None],
) -> None:
    handler = load_function("auth_login").handler

    def log_in(client_id: str, client_secret: str) -> int:
        event = {
            "httpMethod": "POST",
            "headers": {"content-type": "application/json"},
            "body": json.dumps({"client_id": client_id, "client_secret": client_secret}),
            "requestContext": {"requestId": "1", "identity": {"sourceIp": "203.0.113.7"}},
        }
        return int(handler(event, SimpleNamespace(aws_request_id="1"))["statusCode"])

    assert log_in(samples.CLIENT_ID, samples.CLIENT_SECRET) == 200
    tried: dict[str, list[float]] = {samples.CLIENT_ID: [], UNKNOWN: []}
    asked: dict[str, list[str]] = {}
    for _ in range(TRIES):
        for client_id, times in tried.items():
            aws.calls.clear()
            began = time.perf_counter()
            status = log_in(client_id, "wrong-secret-1")
            times.append((time.perf_counter() - began) * 1000)
            assert status == 401
            asked[client_id] = list(aws.calls)

    assert asked[samples.CLIENT_ID] == asked[UNKNOWN] == ["GetItem", "UpdateItem", "UpdateItem"]
    known, unknown = (statistics.median(times) for times in tried.values())
    deciles = [statistics.quantiles(times, n=10) for times in tried.values()]
    noise = max(each[-1] - each[0] for each in deciles)
    for name, value in (("wrong_secret", known), ("unknown_client", unknown), ("noise", noise)):
        record_property(f"{name}_ms", round(value, 3))
    print(f"wrong secret {known:.3f} ms, unknown client {unknown:.3f} ms, noise {noise:.3f} ms")
    assert abs(known - unknown) < noise
