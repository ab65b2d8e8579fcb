"""What an accepted order costs its function: calls to AWS, and processor time.

Everything runs through the function's own handler. AWS is answered inside the process, below botocore, so that
building, signing and parsing a request are measured and the network is not.
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.report import Figure
from orderbridge.aws.schema import schema_item

PROJECT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {
    "AWS_REGION": "ap-southeast-3",
    "AWS_DEFAULT_REGION": "ap-southeast-3",
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "TABLE_NAME": "table",
    "JWT_KEYS_SECRET": "keys",
    "PARTNER_CACHE_SECONDS": "60",
    "PARTNER_CALLS_PER_SECOND": "100000",
    "PARTNER_CALLS_AT_ONCE": "100000",
    "BUSINESS_TIME_ZONE": "Asia/Jakarta",
    "SWEEP_GRACE_SECONDS": "60",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}
ORDERS = 300
TURNS = 25
ORDERS_PER_TURN = 100
REST_SECONDS = 1.5
CLIENT_ID = "benchmark"
TOKEN_KEY = "0123456789abcdef0123456789abcdef"
ORDER: Mapping[str, Any] = {
    "customer_code": "CUST-001",
    "site_code": "SITE-001",
    "sales_name": "John Doe",
    "address": "Jl. Sudirman No. 1, Jakarta",
    "products": [{"product_code": f"PROD-00{line}", "quantity": line} for line in (1, 2, 3)],
}
"""The order of the benchmarks: three lines."""


def figures() -> Generator[Figure]:
    with intake() as function:
        yield "AWS calls per accepted order, at rest", lambda: f"{calls_at_rest(function):.2f}", "2"
        yield "AWS calls per accepted order, busy", lambda: f"{calls_when_busy(function):.2f}", "1.00"
        yield "processor time of an accepted order ÷ one put_item", lambda: f"{cpu_ratio(function):.2f}", "<= 1.28"


class _Body:
    """The stream of a response, as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


@dataclass
class AnsweringAws:
    """Answers every call below botocore and counts them by operation."""

    partner_items: list[Mapping[str, Any]]
    calls: Counter[str] = field(default_factory=Counter)
    last_number: int = 0
    last_item: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"]
        operation = (operation.decode() if isinstance(operation, bytes) else operation).rsplit(".", 1)[1]
        self.calls[operation] += 1
        content = json.dumps(self._answer(operation, request)).encode()
        headers = {"content-type": "application/x-amz-json-1.0", "content-length": str(len(content))}
        return AWSResponse(request.url, 200, headers, _Body(content))

    def _answer(self, operation: str, request: Any) -> Mapping[str, Any]:
        match operation:
            case "GetSecretValue":
                return {"Name": "keys", "SecretString": json.dumps({"kid": "1", "key": TOKEN_KEY})}
            case "GetItem":
                return {"Item": schema_item()}
            case "Query":
                return {"Items": self.partner_items, "Count": len(self.partner_items)}
            case "UpdateItem":
                wanted = json.loads(request.body)["ExpressionAttributeValues"]
                self.last_number += int(wanted[":count"]["N"])
                return {"Attributes": {"last_number": {"N": str(self.last_number)}}}
            case _:
                self.last_item = json.loads(request.body)["Item"]
                return {}


@dataclass(frozen=True)
class Intake:
    """The function's handler with a partner that signs, and AWS inside the process."""

    handler: Callable[[Mapping[str, Any], Any], Mapping[str, Any]]
    aws: AnsweringAws
    token: str
    key: rsa.RSAPrivateKey

    def accept(self, number: int) -> None:
        timestamp = str(int(time.time()))
        signature = self.key.sign(f"{CLIENT_ID}|{timestamp}".encode(), padding.PKCS1v15(), hashes.SHA256())
        self.send(event(number, self.token, timestamp, base64.b64encode(signature).decode()))

    def send(self, request: Mapping[str, Any]) -> None:
        answer = self.handler(request, SimpleNamespace(aws_request_id="benchmark"))
        if answer["statusCode"] != 201:
            raise AssertionError(answer["body"])


def event(number: int, token: str, timestamp: str, signature: str) -> dict[str, Any]:
    """API Gateway's event for an order of three lines."""
    order = {**ORDER, "purchase_order_no": f"PO-{number}"}
    headers = {
        "Authorization": f"Bearer {token}",
        "X-CLIENT-ID": CLIENT_ID,
        "X-TIMESTAMP": timestamp,
        "X-SIGNATURE": signature,
        "Content-Type": "application/json",
    }
    return {
        "resource": "/api/v1/sales-orders",
        "path": "/api/v1/sales-orders",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "body": base64.b64encode(json.dumps(order).encode()).decode(),
        "isBase64Encoded": True,
        "requestContext": {"requestId": "benchmark", "identity": {"sourceIp": "127.0.0.1"}},
    }


@contextmanager
def intake() -> Iterator[Intake]:
    """The order_intake function as it is in a warm environment."""
    with (
        patch.dict(os.environ, ENVIRONMENT),
        Path(os.devnull).open("w") as nowhere,
        patch.object(sys, "stderr", nowhere),
    ):
        from orderbridge.aws import clients
        from orderbridge.partners.partner import Partner
        from orderbridge.partners.table import partner_item, partner_key_item
        from orderbridge.partners.tokens import SigningKeys, issue_token, new_claims
        from orderbridge.values.ids import ChannelRef
        from orderbridge.values.times import to_iso, utc_now
        from orderbridge_cli.operating.public_keys import read_public_key

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        partner = Partner(CLIENT_ID, "A partner", bytes(32), 1, (ChannelRef("sirclo", "sirclo"),))
        public = read_public_key(pem, to_iso(utc_now()))
        aws = AnsweringAws([on_the_wire(partner_item(partner)), on_the_wire(partner_key_item(CLIENT_ID, public))])
        for client in (clients.dynamodb(clients.ANSWERING), clients.secrets_manager(clients.ANSWERING)):
            client.meta.events.register("before-send", aws)
        token = issue_token(new_claims(CLIENT_ID, 1, utc_now()), SigningKeys({"1": TOKEN_KEY.encode()}, "1"))
        namespace: dict[str, Any] = {"__name__": "order_intake"}
        source = PROJECT / "functions" / "order_intake" / "app.py"
        exec(compile(source.read_text(), str(source), "exec"), namespace)
        yield Intake(namespace["handler"], aws, token, key)


def on_the_wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as DynamoDB's JSON carries it: bytes in Base64."""
    return {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value for name, value in item.items()
    }


def calls_at_rest(intake: Intake) -> float:
    """Calls to AWS per accepted order with warm caches, one order every second and a half."""
    intake.accept(0)
    at_rest = []
    for number in range(1, 4):
        time.sleep(REST_SECONDS)
        before = intake.aws.calls.total()
        intake.accept(number)
        at_rest.append(intake.aws.calls.total() - before)
    return statistics.median(at_rest)


def calls_when_busy(intake: Intake) -> float:
    """Calls to AWS per accepted order with warm caches, at more than twenty orders a second."""
    for number in range(ORDERS):
        intake.accept(number)
    before = intake.aws.calls.total()
    for number in range(ORDERS):
        intake.accept(number)
    return (intake.aws.calls.total() - before) / ORDERS


def cpu_ratio(intake: Intake) -> float:
    """Processor time of an accepted order (block reserved) ÷ that of boto3 putting the same item.

    Both in turns, and of each the least: what it costs on a machine that does nothing else.
    """
    import boto3

    with patch.dict(os.environ, ENVIRONMENT):
        client = boto3.client("dynamodb")
    client.meta.events.register("before-send", intake.aws)
    calls_when_busy(intake)
    item = intake.aws.last_item
    ours, theirs = [], []
    for _ in range(TURNS):
        timestamp = str(int(time.time()))
        signature = intake.key.sign(f"{CLIENT_ID}|{timestamp}".encode(), padding.PKCS1v15(), hashes.SHA256())
        signed = base64.b64encode(signature).decode()
        requests = [event(number, intake.token, timestamp, signed) for number in range(ORDERS_PER_TURN)]
        began = time.process_time()
        for request in requests:
            intake.send(request)
        ours.append(time.process_time() - began)
        began = time.process_time()
        for _ in range(ORDERS_PER_TURN):
            client.put_item(TableName="table", Item=item, ConditionExpression="attribute_not_exists(PK)")
        theirs.append(time.process_time() - began)
    return min(ours) / min(theirs)
