"""What every call of the functions to AWS says of its caller."""

from __future__ import annotations

from typing import Any

import botocore
import pytest
from botocore.awsrequest import AWSResponse

from orderbridge.aws import clients


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

    client = clients._client.__wrapped__("dynamodb", clients.ANSWERING)
    client.meta.events.register("before-send", answer)
    client.get_item(TableName="table", Key={"PK": {"S": "a"}, "SK": {"S": "b"}})
    client.put_item(TableName="table", Item={"PK": {"S": "a"}, "SK": {"S": "b"}})

    first, second = said
    assert first == second
    assert first.startswith(f"orderbridge Botocore/{botocore.__version__} Python/")
    assert "exec-env/AWS_Lambda_python3.13" in first.split()
