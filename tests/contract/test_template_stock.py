"""The stock sync in the template: a schedule for each platform, and times that fit each other."""

from __future__ import annotations

import json
from typing import Any

from orderbridge.entrypoints.stock_schedule import SECONDS_TO_END
from orderbridge.platforms.registry import platform_names
from orderbridge.stock.rounds import StockRequest
from orderbridge.values.leases import LEASE_SECONDS
from tests.contract.template import template


def function() -> dict[str, Any]:
    return template().functions()["stock_sync"]


def schedules() -> dict[str, dict[str, Any]]:
    every = template().of_type("AWS::Scheduler::Schedule")
    target = {"Fn::GetAtt": ["StockSyncFunction", "Arn"]}
    return {name: schedule for name, schedule in every.items() if schedule["Target"]["Arn"] == target}


def test_every_platform_has_a_schedule_whose_event_the_function_reads() -> None:
    asked = [StockRequest.from_event(json.loads(schedule["Target"]["Input"])) for schedule in schedules().values()]
    assert sorted(request.platform or "" for request in asked) == sorted(platform_names())
    assert all(request.channel is None and not request.restart for request in asked)


def test_the_rate_is_a_parameter_and_each_stack_has_schedules_of_its_own() -> None:
    names = [schedule["Name"]["Fn::Sub"] for schedule in schedules().values()]
    assert len(set(names)) == len(names)
    for schedule in schedules().values():
        assert schedule["ScheduleExpression"] == {"Ref": "StockSyncRate"}
        assert schedule["Name"]["Fn::Sub"].startswith("${AWS::StackName}-stock-")
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert schedule["Target"]["RoleArn"] == {"Fn::GetAtt": ["StockScheduleRole", "Arn"]}
        assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert template().document["Parameters"]["StockSyncRate"]["Default"] == "rate(15 minutes)"


def test_an_invocation_has_time_to_work_and_time_to_end_and_a_dead_ones_lease_ends_before_the_next() -> None:
    timeout = template().number(function()["Timeout"])
    assert timeout - SECONDS_TO_END >= 600
    assert SECONDS_TO_END < LEASE_SECONDS < timeout
