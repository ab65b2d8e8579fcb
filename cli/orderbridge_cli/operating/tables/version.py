"""The item that says of which version the table is: written into a new table, and into no other."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from orderbridge.aws.schema import OtherSchema, require_schema, schema_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def set_up_table(client: DynamoDBClient, table: str) -> None:
    """Make an empty table one of this version; raise `OtherSchema` where it is of another, or of none and not empty."""
    try:
        require_schema(client, table)
    except OtherSchema as other:
        if not other.is_unmarked or client.scan(TableName=table, Limit=1, ConsistentRead=True)["Items"]:
            raise
        with suppress(client.exceptions.ConditionalCheckFailedException):  # two first commands at once
            client.put_item(TableName=table, Item=schema_item(), ConditionExpression="attribute_not_exists(PK)")
        require_schema(client, table)
