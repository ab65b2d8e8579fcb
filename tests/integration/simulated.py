"""The proof's simulation of AWS in place of moto's: what the tests of tables hold of the one is true of both."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from evidence.aws.secrets import SecretsManager
from evidence.aws.table import DynamoDb, Table
from evidence.processes.virtual import exceptions_of
from orderbridge.aws import clients
from orderbridge.aws.schema import schema_item
from tests.contract.template import template
from tests.integration import deployed
from tests.integration.deployed import STACK, Deployed


def simulated_table() -> DynamoDb:
    """A client of an empty table, with the template's indexes; it takes any name for the table's."""
    properties = template().of_type("AWS::DynamoDB::Table")["Table"]
    return DynamoDb(Table(properties), exceptions_of("dynamodb"), _called)


def simulated_stack(load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """An empty stack of a table and of secrets; the layer's clients are the simulation's."""
    services: dict[str, Any] = {
        "dynamodb": simulated_table(),
        "secretsmanager": SecretsManager(exceptions_of("secretsmanager"), _called),
    }
    monkeypatch.setattr(clients, "_client", lambda service, _patience: services[service])
    monkeypatch.setattr(deployed, "_aws", services.__getitem__)
    stack = Deployed(load_function, monkeypatch, _names={"Table": f"{STACK}-Table"})
    stack.put(schema_item())
    return stack


def _called(_operation: str, _asked: Any, act: Callable[[], Any]) -> Any:
    return act()
