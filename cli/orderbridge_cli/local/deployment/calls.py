"""Known gaps of kind `called`: properties that the engine does not take from the template, set through its API.

Each call is made only where the property is not there yet; what came of it is read back with everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from orderbridge_cli.local.deployment.gaps import Gap
from orderbridge_cli.local.deployment.template import Deployed, Json
from orderbridge_cli.local.engine.aws import EngineClients

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def make_calls(aws: EngineClients, deployed: Deployed, gaps: Iterable[Gap]) -> None:
    """Sets what the stack's template says and its deployment did not."""
    for gap in gaps:
        if gap.how != "called":
            continue
        for name, resource in deployed.template["Resources"].items():
            value = resource.get("Properties", {}).get(gap.property)
            if resource["Type"] == gap.type and value is not None and deployed.physical_ids.get(name):
                CALLS[gap.type, gap.property](aws, deployed.physical_ids[name], deployed.value(value))


def _time_to_live(aws: EngineClients, table: str, value: Json) -> None:
    dynamodb: DynamoDBClient = aws.dynamodb
    held = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    enabled = held.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    if enabled != bool(value["Enabled"]) or (enabled and held.get("AttributeName") != value["AttributeName"]):
        dynamodb.update_time_to_live(
            TableName=table,
            TimeToLiveSpecification={"AttributeName": value["AttributeName"], "Enabled": bool(value["Enabled"])},
        )


def _point_in_time_recovery(aws: EngineClients, table: str, value: Json) -> None:
    aws.dynamodb.update_continuous_backups(
        TableName=table,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": bool(value["PointInTimeRecoveryEnabled"])},
    )


def _encryption(aws: EngineClients, table: str, value: Json) -> None:
    aws.dynamodb.update_table(TableName=table, SSESpecification={"Enabled": bool(value["SSEEnabled"])})


CALLS: dict[tuple[str, str], Callable[[EngineClients, str, Json], None]] = {
    ("AWS::DynamoDB::Table", "TimeToLiveSpecification"): _time_to_live,
    ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification"): _point_in_time_recovery,
    ("AWS::DynamoDB::Table", "SSESpecification"): _encryption,
}
