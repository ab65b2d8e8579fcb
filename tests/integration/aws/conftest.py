"""The table of the template on moto, with the clients that the functions use."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.aws import clients
from tests.integration.deployed import Deployed


@pytest.fixture
def dynamodb(deployed: Deployed) -> Any:
    return clients.dynamodb()
