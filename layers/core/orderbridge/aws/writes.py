"""Writes that may meet other writers: at a revision, in a transaction, despite conflicts.

DynamoDB refuses whoever comes to an item while a transaction is at it. That says nothing about the conditions of the
write, which is therefore tried again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from orderbridge.aws.items import Item


TRANSACTION_LIMIT = 100
CONFLICT_TRIES = 6
CONFLICT_PAUSE_SECONDS = (0.05, 0.3)


def despite_conflicts(
    client: DynamoDBClient, write: Callable[[], object], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Make a write, again where it met another transaction; raises what it raises otherwise, and the last conflict."""
    for tries_left in reversed(range(CONFLICT_TRIES)):
        try:
            write()
        except client.exceptions.TransactionConflictException:
            if not tries_left:
                raise
        except client.exceptions.TransactionCanceledException as cancelled:
            if not tries_left or cancellation_codes(cancelled) - {"None"} != {"TransactionConflict"}:
                raise
        else:
            return
        sleep(random.uniform(*CONFLICT_PAUSE_SECONDS))  # noqa: S311 - spreads those who met


def write_all_or_nothing(
    client: DynamoDBClient, writes: Sequence[dict[str, Any]], sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Whether the writes were made; False where a condition did not hold, and then nothing was changed."""
    try:
        despite_conflicts(client, lambda: client.transact_write_items(TransactItems=writes), sleep)  # type: ignore[arg-type]
    except client.exceptions.TransactionCanceledException as cancelled:
        if "ConditionalCheckFailed" in cancellation_codes(cancelled):
            return False
        raise
    return True


def lost_to_another(client: DynamoDBClient) -> tuple[type[Exception], ...]:
    """What a single write at a condition raises where somebody else has written the item, or is just writing it."""
    return client.exceptions.ConditionalCheckFailedException, client.exceptions.TransactionConflictException


def cancellation_codes(cancelled: Any) -> set[str]:
    """Why a transaction was cancelled, one code for each of its writes; "None" for those that were in order."""
    return {str(reason.get("Code")) for reason in cancelled.response["CancellationReasons"]}


def put_at_revision(client: DynamoDBClient, table: str, item: Item, read: int) -> bool:
    """Put `item` where its key is free or still at the revision `read`; False where it has moved on."""
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
