"""The sweeper in the template: its schedules, each of which sweeps a part, and its memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.hops import MB_OF_A_PROCESSOR
from orderbridge.aws.items import DUE_SHARDS
from orderbridge.values.sweeps import Part
from orderbridge_cli.local.deployment.template import Deployed
from tests.contract.template import template


def deployed(in_parts: str) -> list[dict[str, Any]]:
    """What the sweeper is invoked with, by the schedules that are there."""
    parameters = {name: str(each.get("Default", "")) for name, each in template().document["Parameters"].items()}
    stack = Deployed(template().document, parameters | {"SweepInParts": in_parts}, {}, {}, lambda *names: names[0])
    tick = template().functions()["sweeper"]["Events"]["Tick"]["Properties"]
    inputs = [stack.value(tick["Input"])]
    for name, each in template().of_type("AWS::Scheduler::Schedule").items():
        if each["Target"]["Arn"] == {"Fn::GetAtt": ["SweeperFunction", "Arn"]}:
            assert template().resources[name]["Condition"] == "SweepInPartsWanted"
            assert each["ScheduleExpression"] == tick["Schedule"] == {"Ref": "SweepRate"}
            assert each["Target"]["RoleArn"] == {"Fn::GetAtt": ["SweepScheduleRole", "Arn"]}
            if in_parts == "true":
                inputs.append(stack.value(each["Target"]["Input"]))
    return [json.loads(each) for each in inputs]


@pytest.mark.parametrize(("in_parts", "of"), [("true", 8), ("false", 1)])
def test_the_schedules_sweep_every_part_once(in_parts: str, of: int) -> None:
    parts = [Part(each["part"], each["of"]) for each in deployed(in_parts)]

    assert sorted(part.number for part in parts) == list(range(of))
    assert {part.of for part in parts} == {of}


def test_the_parts_are_of_as_many_shards_each() -> None:
    assert DUE_SHARDS % deployed("true")[0]["of"] == 0


def test_the_sweeper_has_a_whole_processor() -> None:
    assert template().number(template().functions()["sweeper"]["MemorySize"]) == MB_OF_A_PROCESSOR
