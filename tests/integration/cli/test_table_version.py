"""The command and the version of the table: a new table is set up, another version is refused with a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orderbridge.aws.items import keys
from orderbridge.aws.schema import SCHEMA, VERSION, OtherSchema, schema_item
from orderbridge_cli.operating.tables.version import set_up_table
from tests.integration.cli.conftest import Operator

ON_THE_TABLE = [
    ("channels", "list"),
    ("channels", "pause", "toko"),
    ("forwards", "list"),
    ("mappings", "missing"),
    ("orders", "list"),
    ("partners", "list"),
    ("stock", "show"),
    ("webhooks", "list", "artia"),
    ("after-restore", "--nothing-runs"),
]
SOMETHING = {**keys("ORDER#artia#hash", "ORDER"), "code": {"S": "SO-20250101-00001"}}


def table_with(operator: Operator, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """The table with these items alone."""
    client, name = operator.stack.clients.dynamodb, operator.stack.output("TableName")
    client.delete_item(TableName=name, Key=keys(SCHEMA, SCHEMA))
    for item in items:
        client.put_item(TableName=name, Item=item)
    return list(items)


def items(operator: Operator) -> list[Any]:
    return list(operator.stack.clients.dynamodb.scan(TableName=operator.stack.output("TableName"))["Items"])


def test_the_first_command_sets_a_new_table_up(operator: Operator) -> None:
    table_with(operator)

    assert operator.run("channels", "list").exit_code == 0

    assert items(operator) == [schema_item()]


@pytest.mark.parametrize("command", ON_THE_TABLE, ids=" ".join)
def test_a_table_of_another_version_is_refused_and_left_as_it_is(operator: Operator, command: tuple[str, ...]) -> None:
    there = table_with(operator, schema_item(VERSION + 1))

    done = operator.run(*command)

    assert done.exit_code == 1, done.output
    assert f"The table is of version {VERSION + 1}, and this build reads version {VERSION}." in done.stderr
    assert "`orderbridge drain` of the build that wrote it" in done.stderr
    assert items(operator) == there


def test_a_table_with_items_that_does_not_say_its_version_is_refused_and_left_as_it_is(operator: Operator) -> None:
    there = table_with(operator, SOMETHING)

    said = operator.refused("channels", "list")

    assert "does not say which version it is of" in said
    assert "`orderbridge drain`" in said
    assert items(operator) == there


def test_a_table_that_another_build_sets_up_at_the_same_moment_stays_its_own(operator: Operator) -> None:
    table_with(operator)
    client, name = operator.stack.clients.dynamodb, operator.stack.output("TableName")

    class SlowOperator:
        """Whoever looks whether the table is empty, and writes long afterwards."""

        def __getattr__(self, called: str) -> Any:
            return getattr(client, called)

        def scan(self, **asked: Any) -> Any:
            found = client.scan(**asked)
            client.put_item(TableName=name, Item=schema_item(VERSION + 1))
            return found

    with pytest.raises(OtherSchema, match=f"of version {VERSION + 1}"):
        set_up_table(SlowOperator(), name)  # type: ignore[arg-type]

    assert items(operator) == [schema_item(VERSION + 1)]


@pytest.mark.parametrize("there", [SOMETHING, schema_item(VERSION + 1)], ids=["an earlier build", "another version"])
def test_a_table_that_this_build_does_not_read_can_still_be_looked_through_for_what_is_open(
    operator: Operator, there: dict[str, Any]
) -> None:
    table_with(operator, there)

    done = operator.run("drain", "--json")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["drained"] is True
    assert items(operator) == [there]
