"""The template's table on moto and on the proof's simulation of AWS, with the clients that the functions use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from orderbridge.aws import clients
from tests.integration.aws.either_store import Ports, in_memory, in_the_table
from tests.integration.deployed import Deployed, deployed_stack
from tests.integration.simulated import simulated_stack


@pytest.fixture
def moto(
    load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Deployed]:
    with deployed_stack(load_function, monkeypatch, tmp_path) as stack:
        yield stack


@pytest.fixture
def simulated(load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> Deployed:
    return simulated_stack(load_function, monkeypatch)


@pytest.fixture(params=["moto", "simulated"])
def deployed(request: pytest.FixtureRequest) -> Any:
    """An empty stack."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def dynamodb(deployed: Deployed) -> Any:
    return clients.dynamodb()


@pytest.fixture(params=["memory", "moto", "simulated"])
def ports(request: pytest.FixtureRequest) -> Ports:
    if request.param == "memory":
        return in_memory()
    return in_the_table(request.getfixturevalue(request.param), clients.dynamodb())
