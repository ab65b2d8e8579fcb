"""Items that are written under the revision at which they were read, so that of two writers one notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from orderbridge.aws.items import Item


def put_at_revision(client: DynamoDBClient, table: str, item: Item, read: int) -> bool:
    """Put `item` where its key is free or still stands at the revision `read`; False where it has moved on."""
    try:
        client.put_item(
            TableName=table,
            Item=item,
            ConditionExpression="attribute_not_exists(PK) OR revision = :read",
            ExpressionAttributeValues={":read": {"N": str(read)}},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True
