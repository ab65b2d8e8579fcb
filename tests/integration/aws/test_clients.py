"""What every call of the functions to AWS says of its caller, and where it goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.awsrequest import AWSResponse
from botocore.session import Session

from orderbridge.aws import clients

PARTITIONS = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text())["partitions"]
REGIONS = sorted(region for partition in PARTITIONS for region in partition["regions"])
A_CALL: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("get_item", {"TableName": "table", "Key": {"PK": {"S": "a"}, "SK": {"S": "b"}}}),
    "events": ("put_events", {"Entries": [{"Source": "a"}]}),
    "secretsmanager": ("get_secret_value", {"SecretId": "a"}),
    "sqs": ("send_message", {"QueueUrl": "https://queue.example/1/a", "MessageBody": "a"}),
}


class _Nothing:
    def stream(self) -> list[bytes]:
        return [b"{}"]


def test_every_call_names_the_product_and_the_sdk_in_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "ap-southeast-3")
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    said: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        agent = request.headers["User-Agent"]
        said.append(agent.decode() if isinstance(agent, bytes) else agent)
        return AWSResponse(request.url, 200, {}, _Nothing())

    client = new_client("dynamodb")
    client.meta.events.register("before-send", answer)
    client.get_item(TableName="table", Key={"PK": {"S": "a"}, "SK": {"S": "b"}})
    client.put_item(TableName="table", Item={"PK": {"S": "a"}, "SK": {"S": "b"}})

    first, second = said
    assert first == second
    assert first.startswith(f"orderbridge Botocore/{botocore.__version__} Python/")
    assert "exec-env/AWS_Lambda_python3.13" in first.split()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    yield
    clients._session.cache_clear()


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("service", sorted(A_CALL))
def test_every_region_is_called_at_the_address_and_signed_for_the_scope_that_botocore_itself_knows(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Session()
    for region in REGIONS:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
        its = plain.create_client(service, region)

        assert destination(new_client(service), service) == destination(its, service), region


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("variant", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
def test_the_address_is_the_one_of_the_variant_that_the_environment_asks_for(
    variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variant, "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    address, scope = destination(new_client("dynamodb"), "dynamodb")

    assert (address, scope) == destination(Session().create_client("dynamodb"), "dynamodb")
    assert address != "https://dynamodb.us-east-1.amazonaws.com/"


def test_only_the_services_that_have_a_client_here_are_known() -> None:
    known = clients.OwnServices(clients.SERVICES).list_available_services("service-2")

    assert known == sorted(A_CALL)
    assert set(known) <= set(Session().get_available_services())


def new_client(service: str) -> Any:
    """As a cold start makes it."""
    clients._session.cache_clear()
    return clients._client.__wrapped__(service, clients.WORKING)


def destination(client: Any, service: str) -> tuple[str, str]:
    """The address that a call of `client` goes to, and the scope it is signed for, the day left out."""
    went: list[tuple[str, str]] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        credential = request.headers["Authorization"]
        text = credential.decode() if isinstance(credential, bytes) else credential
        scope = text.split("Credential=", 1)[1].split(",", 1)[0].split("/", 2)[2]
        went.append((request.url, scope))
        return AWSResponse(request.url, 200, {}, _Nothing())

    name, parameters = A_CALL[service]
    client.meta.events.register("before-send", answer)
    getattr(client, name)(**parameters)
    return went[0]
