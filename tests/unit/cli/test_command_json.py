"""The documents of `--json`: every command has a schema, every member is described, and an unknown one is noticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.command_json import SCHEMAS, command_in, hold
from tests.unit.cli.test_output import COMMANDS

ROW = {"queue": "stream", "messages": 0}


def test_every_command_has_a_schema_and_no_other() -> None:
    assert set(SCHEMAS["commands"]) == {" ".join(path) for path in COMMANDS}


def test_the_schemas_are_schemas() -> None:
    for schema in [*SCHEMAS["commands"].values(), *SCHEMAS["$defs"].values()]:
        Draft202012Validator.check_schema(schema)


def members(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every member that any document may have, with its schema."""
    if isinstance(schema, dict):
        for name, of in schema.get("properties", {}).items():
            yield f"{path}.{name}", of
        for name, part in schema.items():
            yield from members(part, f"{path}.{name}")
    elif isinstance(schema, list):
        for part in schema:
            yield from members(part, path)


def test_every_member_says_what_it_is() -> None:
    silent = [
        path
        for path, of in members(SCHEMAS)
        if not {"description", "$ref", "const", "anyOf", "items", "properties"} & set(of)
    ]

    assert silent == []


def test_every_object_of_ours_is_closed() -> None:
    def objects(schema: Any) -> Iterator[dict[str, Any]]:
        if isinstance(schema, dict):
            if "properties" in schema and schema.get("type") == "object":
                yield schema
            for part in schema.values():
                yield from objects(part)
        elif isinstance(schema, list):
            for part in schema:
                yield from objects(part)

    left_open = [each for each in objects(SCHEMAS) if each.get("additionalProperties", True) is not False]
    assert left_open == [SCHEMAS["$defs"]["error"]]


@pytest.mark.parametrize(
    "document", [{"queues": []}, [{**ROW, "new": 1}], [{"queue": "stream"}], [{**ROW, "messages": "0"}], None]
)
def test_a_document_of_another_shape_is_noticed(document: Any) -> None:
    hold(["dlq", "list", "--json"], 0, json.dumps([ROW]))

    with pytest.raises(AssertionError, match="dlq list"):
        hold(["dlq", "list", "--json"], 0, json.dumps(document))


def test_a_time_that_is_none_is_noticed() -> None:
    row = {"kind": "product", "key": "P", "channel": "c", "forwards": 1, "since": "2025-01-01T00:00:00.000Z"}
    hold(["mappings", "missing", "--json"], 0, json.dumps([row]))

    with pytest.raises(AssertionError, match="since"):
        hold(["mappings", "missing", "--json"], 0, json.dumps([{**row, "since": "yesterday"}]))


def test_the_command_is_found_among_its_arguments() -> None:
    assert command_in(["orders", "show", "SO-1", "--json"]) == "orders show"
    assert command_in(["--json", "drain"]) == "drain"
    assert command_in(["nothing"]) is None
