"""AWS does not answer: a partner gets a 503, before Lambda ends the function."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from orderbridge.aws import clients
from tests.contract.template import PROJECT, template
from tests.contract.test_template_functions import environment_of

BEHIND_THE_API = sorted(
    name
    for name, function in template().functions().items()
    if any(event["Type"] == "Api" for event in function.get("Events", {}).values())
)
LONGEST_OF_THE_GATEWAY = 29


class Hanging:
    """A client of which every call has hung."""

    def __getattr__(self, _name: str) -> Any:
        def call(*_: object, **__: object) -> Any:
            raise ReadTimeoutError(endpoint_url="https://aws")

        return call


def longest_seconds(patience: clients.Patience) -> float:
    """What a call takes of which every try hangs, with the SDK's longest pauses."""
    pauses = sum(2**number for number in range(patience.tries - 1))
    return patience.tries * (patience.connect_seconds + patience.answer_seconds) + pauses


@pytest.mark.parametrize("function", BEHIND_THE_API)
def test_a_call_that_hangs_is_answered_503_in_time(
    function: str, load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    patiences: set[clients.Patience] = set()

    def hanging(_service: str, patience: clients.Patience) -> Hanging:
        patiences.add(patience)
        return Hanging()

    monkeypatch.setattr(clients, "_client", hanging)
    for name, value in environment_of(function).items():
        monkeypatch.setenv(name, value)
    event = json.loads((PROJECT / "events" / f"{function}.json").read_text())
    event["multiValueHeaders"]["Authorization"] = ["Bearer a.b.c"]
    if function == "auth_refresh":
        event["body"] = json.dumps({"token": "a.b.c"})

    answer = load_function(function).handler(event, SimpleNamespace(aws_request_id="1"))

    assert answer["statusCode"] == 503
    assert int(answer["headers"]["Retry-After"]) > 0
    (patience,) = patiences
    seconds = template().document["Globals"]["Function"]["Timeout"]
    assert "Timeout" not in template().functions()[function]
    assert longest_seconds(patience) < seconds < LONGEST_OF_THE_GATEWAY


def test_a_clients_patience_is_what_it_was_made_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-3")
    for patience in (clients.ANSWERING, clients.WORKING):
        config = clients.sqs(patience).meta.config
        assert (config.connect_timeout, config.read_timeout) == (patience.connect_seconds, patience.answer_seconds)  # type: ignore[attr-defined]
        assert config.retries == {"mode": "standard", "total_max_attempts": patience.tries}  # type: ignore[attr-defined]
