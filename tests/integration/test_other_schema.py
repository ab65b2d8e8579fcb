"""A table of another version of the data model: every function refuses it before it does anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from orderbridge.aws.schema import SCHEMA, VERSION, schema_item
from orderbridge.entrypoints.invocation import HandlerFailed
from tests.contract.template import PROJECT, template
from tests.integration.deployed import Call, Deployed

BEHIND_THE_API = {
    name
    for name, function in template().functions().items()
    if any(event["Type"] == "Api" for event in function.get("Events", {}).values())
}
FUNCTIONS = sorted(template().functions())
THE_ONE_READ = ("dynamodb:GetItem", "Table", (SCHEMA,))


def of_a_later_build(deployed: Deployed) -> None:
    deployed.put(schema_item(VERSION + 1))


def of_an_earlier_build(deployed: Deployed) -> None:
    deployed.put_away(SCHEMA, SCHEMA)


def event_of(function: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((PROJECT / "events" / f"{function}.json").read_text())
    return event


def failures(deployed: Deployed) -> list[tuple[str, str]]:
    return [(line["message"], line["error_type"]) for line in deployed.lines() if line["level"] == "ERROR"]


def reads_of_the_version(deployed: Deployed) -> list[Call]:
    return [call for call in deployed.calls if call.leading_keys == (SCHEMA,)]


@pytest.mark.parametrize("is_made", [of_a_later_build, of_an_earlier_build])
@pytest.mark.parametrize("function", sorted(BEHIND_THE_API))
def test_partners_are_answered_503_without_the_reason_which_is_in_the_log(
    deployed: Deployed, function: str, is_made: Callable[[Deployed], None]
) -> None:
    is_made(deployed)

    answer = deployed.call(function, event_of(function))

    assert answer["statusCode"] == 503
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(answer["body"])["code"] == "unavailable"
    assert "version" not in answer["body"]
    assert failures(deployed) == [("dependency_failed", "OtherSchema")]
    assert deployed.calls == [Call(function, *THE_ONE_READ)]


@pytest.mark.parametrize("is_made", [of_a_later_build, of_an_earlier_build])
@pytest.mark.parametrize("function", [name for name in FUNCTIONS if name not in BEHIND_THE_API])
def test_queues_stream_and_schedules_have_nothing_taken_from_them(
    deployed: Deployed, function: str, is_made: Callable[[Deployed], None]
) -> None:
    is_made(deployed)

    with pytest.raises(HandlerFailed, match=r"^OtherSchema$"):
        deployed.call(function, event_of(function))

    assert failures(deployed) == [("invocation_failed", "OtherSchema")]
    assert deployed.calls == [Call(function, *THE_ONE_READ)]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_environment_that_found_the_table_right_does_not_look_again(deployed: Deployed, function: str) -> None:
    for _ in range(2):
        with suppress(HandlerFailed):  # what the event speaks of is not there
            deployed.call(function, event_of(function))

    assert reads_of_the_version(deployed) == [Call(function, *THE_ONE_READ)]
    assert deployed.calls[0] == Call(function, *THE_ONE_READ)


@pytest.mark.parametrize("function", ["api_info", "sweeper"])
def test_a_table_that_was_mended_needs_no_new_environment(deployed: Deployed, function: str) -> None:
    of_an_earlier_build(deployed)
    with suppress(HandlerFailed):
        deployed.call(function, event_of(function))
    assert failures(deployed)
    deployed.log.truncate(0)
    deployed.log.seek(0)

    deployed.put(schema_item())
    deployed.call(function, event_of(function))

    assert failures(deployed) == []
