"""Several writes, all or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRANSACTION_LIMIT = 100
CONFLICT_TRIES = 5
CONFLICT_PAUSE_SECONDS = 0.2


def write_all_or_nothing(
    client: DynamoDBClient, writes: Sequence[dict[str, Any]], sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Whether the writes were made; False where a condition did not hold, and then nothing was changed.

    A collision with another transaction says nothing about the conditions, so it is tried again.
    """
    for tries_left in reversed(range(CONFLICT_TRIES)):
        try:
            client.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]
        except client.exceptions.TransactionCanceledException as cancelled:
            reasons = {reason.get("Code") for reason in cancelled.response["CancellationReasons"]}
            if "ConditionalCheckFailed" in reasons:
                return False
            if "TransactionConflict" not in reasons or not tries_left:
                raise
            sleep(CONFLICT_PAUSE_SECONDS)
        else:
            return True
    raise AssertionError("the last try returns or raises")
