"""The table of the template on moto, with the clients that the functions use."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.aws import clients
from tests.integration.aws.either_store import Ports, in_memory, in_the_table
from tests.integration.deployed import Deployed


@pytest.fixture
def dynamodb(deployed: Deployed) -> Any:
    return clients.dynamodb()


@pytest.fixture(params=["memory", "table"])
def ports(request: pytest.FixtureRequest) -> Ports:
    if request.param == "memory":
        return in_memory()
    return in_the_table(request.getfixturevalue("deployed"), request.getfixturevalue("dynamodb"))
