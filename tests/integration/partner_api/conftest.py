"""The table of template.yaml, for the ports behind what partners read: on moto, and on the proof's simulation.

One thread, as moto needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.contract.template import template
from tests.integration.simulated import simulated_table

TABLE = "orderbridge-table"


@pytest.fixture(params=["moto", "simulated"])
def dynamodb(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client, with the table and its indexes as the template has them."""
    if request.param == "simulated":
        yield simulated_table()
        return
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    properties = template().resources["Table"]["Properties"]
    with mock_aws():
        client = boto3.client("dynamodb", region_name="ap-southeast-3")
        kept = ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
        client.create_table(TableName=TABLE, **{name: properties[name] for name in kept})
        yield client
