"""What may be asked of the simulated table: each operation's parameters, every placeholder with its use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evidence.aws.expressions import mentioned

_READ = {"TableName", "ConsistentRead", "ExpressionAttributeNames", "ProjectionExpression"}
_WRITTEN = {
    "TableName",
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValues",
    "ReturnValuesOnConditionCheckFailure",
}
_SIMULATED = {
    "GetItem": {*_READ, "Key"},
    "Query": {
        *_READ,
        "IndexName",
        "KeyConditionExpression",
        "FilterExpression",
        "ExpressionAttributeValues",
        "ScanIndexForward",
        "Limit",
        "ExclusiveStartKey",
    },
    "Scan": {"TableName", "IndexName"},
    "Keys": {"Keys", "ConsistentRead"},
    "Put": {*_WRITTEN, "Item"},
    "Update": {*_WRITTEN, "Key", "UpdateExpression"},
    "Delete": {*_WRITTEN, "Key"},
    "ConditionCheck": {*_WRITTEN, "Key"},
}
"""The parameters that are simulated; any other would be passed over in silence."""


def require_simulated(operation: str, asked: Mapping[str, Any]) -> None:
    """Raises for a call that this table would take otherwise than DynamoDB, or that DynamoDB would not take at all."""
    if asked.keys() - _SIMULATED[operation]:
        raise AssertionError(f"{operation} with {asked.keys() - _SIMULATED[operation]} is not simulated")
    used: set[str] = set()
    for name, text in asked.items():
        if name.endswith("Expression"):
            used |= mentioned(text)
    given = {*asked.get("ExpressionAttributeNames", ()), *asked.get("ExpressionAttributeValues", ())}
    if used != given:
        raise AssertionError(f"{operation}: {used ^ given} are used or given, but not both")
