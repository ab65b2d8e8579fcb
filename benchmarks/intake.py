"""What an accepted order costs its function: calls to AWS, processor time, the import of a cold start.

Everything runs through the function's own handler. AWS is answered inside the process, below botocore, so that
building, signing and parsing a request are measured and the network is not.
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

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
COLD_ROUNDS = 9
ORDERS = 300
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


def cold_import_ratio() -> float:
    """Seconds to import order_intake in a fresh interpreter ÷ seconds to make boto3's DynamoDB client in another."""
    function = PROJECT / "functions" / "order_intake"
    ours = f"import sys; sys.path.insert(0, {str(function)!r}); import app"
    theirs = "import boto3; boto3.client('dynamodb')"
    best = {ours: float("inf"), theirs: float("inf")}
    for _ in range(COLD_ROUNDS):
        for code in best:
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", code], env={**os.environ, **ENVIRONMENT}, check=True, capture_output=True
            )
            best[code] = min(best[code], time.perf_counter() - began)
    return best[ours] / best[theirs]


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


def calls_per_order(intake: Intake) -> tuple[float, float]:
    """Calls to AWS per accepted order with warm caches: at rest, and at more than twenty orders a second."""
    intake.accept(0)
    at_rest = []
    for number in range(1, 4):
        time.sleep(REST_SECONDS)
        before = intake.aws.calls.total()
        intake.accept(number)
        at_rest.append(intake.aws.calls.total() - before)
    for number in range(ORDERS):
        intake.accept(number)
    before = intake.aws.calls.total()
    for number in range(ORDERS):
        intake.accept(number)
    return statistics.median(at_rest), (intake.aws.calls.total() - before) / ORDERS


def cpu_ratio(intake: Intake) -> float:
    """Processor time of an accepted order (block reserved) ÷ that of boto3 putting the same item."""
    import boto3

    with patch.dict(os.environ, ENVIRONMENT):
        client = boto3.client("dynamodb")
    client.meta.events.register("before-send", intake.aws)
    item = intake.aws.last_item
    ratios = []
    for _ in range(5):
        timestamp = str(int(time.time()))
        signature = intake.key.sign(f"{CLIENT_ID}|{timestamp}".encode(), padding.PKCS1v15(), hashes.SHA256())
        signed = base64.b64encode(signature).decode()
        requests = [event(number, intake.token, timestamp, signed) for number in range(ORDERS)]
        began = time.process_time()
        for request in requests:
            intake.send(request)
        ours = time.process_time() - began
        began = time.process_time()
        for _ in range(ORDERS):
            client.put_item(TableName="table", Item=item, ConditionExpression="attribute_not_exists(PK)")
        ratios.append(ours / (time.process_time() - began))
    return statistics.median(ratios)
