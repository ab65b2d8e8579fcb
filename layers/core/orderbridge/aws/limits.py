"""Buckets of calls and counters of failures in the table; both disappear by themselves (`expires_at`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.domain.limits import RateLimit, Taking, TokenBucket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES = 5
KEPT_SECONDS = 3600
ROUNDING_SECONDS = 1e-5
"""Times are written with six digits; a bucket that is full but for that is full."""


def bucket_pk(client_id: str) -> str:
    return f"LIMIT#{client_id}"


def failures_pk(scope: str) -> str:
    return f"LOGINS#{scope}"


class TableCallBuckets:
    """`CallBuckets` on one item per partner, changed by one conditional write and never read."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def take(self, client_id: str, tokens: int, limit: RateLimit, now: float) -> Taking:
        cost = tokens / limit.per_second
        latest = now + limit.refill_seconds - cost + ROUNDING_SECONDS
        for _ in range(TRIES):
            # Mostly the bucket is not full and holds enough: then its moment of being full moves back by the cost.
            bucket, moved = self._move(client_id, "full_at + :cost", cost, limit, now, latest=latest)
            if not moved and bucket.full_at < now:
                bucket, moved = self._move(client_id, ":now + :cost", cost, limit, now)
            elif not moved and bucket.full_at > latest:
                return Taking(given=False, left=bucket.left(limit, now))
            if moved:
                return Taking(given=True, left=bucket.left(limit, now))
        # Others change the bucket at this very moment, every time: it is not this partner's idle hour.
        return Taking(given=False, left=0.0)

    def _move(
        self, client_id: str, target: str, cost: float, limit: RateLimit, now: float, latest: float | None = None
    ) -> tuple[TokenBucket, bool]:
        """The bucket after the write, or as it stood where the condition did not hold."""
        condition = "attribute_not_exists(PK) OR full_at < :now"
        values: dict[str, Any] = {":now": _number(now), ":cost": _number(cost), ":kept": {"N": str(_kept(limit, now))}}
        if latest is not None:
            condition, values[":latest"] = "full_at >= :now AND full_at <= :latest", _number(latest)
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=items.keys(bucket_pk(client_id), "BUCKET"),
                UpdateExpression=f"SET full_at = {target}, expires_at = :kept",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            item: Any = refused.response.get("Item", {})
            return _bucket(item), False
        return _bucket(answer["Attributes"]), True


class TableFailureCounter:
    """`FailureCounter` on one item per scope and window."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, scope: str, window: int, seconds: int) -> int:
        answer = self._client.update_item(
            TableName=self._table,
            Key=items.keys(failures_pk(scope), f"WINDOW#{window}"),
            UpdateExpression="ADD failures :one SET expires_at = :kept",
            ExpressionAttributeValues={":one": {"N": "1"}, ":kept": {"N": str(window + seconds + KEPT_SECONDS)}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["failures"]["N"])


def _bucket(item: Any) -> TokenBucket:
    return TokenBucket(float(item["full_at"]["N"]) if "full_at" in item else 0.0)


def _kept(limit: RateLimit, now: float) -> int:
    return int(now + limit.refill_seconds) + KEPT_SECONDS


def _number(value: float) -> dict[str, str]:
    # Microseconds: as exact as a float is for the present unix time.
    return {"N": f"{value:.6f}"}
