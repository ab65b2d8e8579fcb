"""The write of acceptance and the counter of order codes: all that the intake path does in the table."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from orderbridge.aws import items
from orderbridge.domain.orders import Order

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TableOrderIntake:
    """`OrderIntakeStore` on one conditional PutItem."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def put_if_absent(self, order: Order) -> Order | None:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=items.order_item(order),
                ConditionExpression="attribute_not_exists(PK)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            return items.read_order(refused.response["Item"])  # type: ignore[typeddict-item]
        return None


class TableCodeCounter:
    """`CodeCounter` on one item per business day."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def reserve(self, day: date, count: int) -> int:
        answer = self._client.update_item(
            TableName=self._table,
            Key=items.keys(f"CODES#{day.isoformat()}", "COUNTER"),
            UpdateExpression="ADD last_number :count",
            ExpressionAttributeValues={":count": {"N": str(count)}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["last_number"]["N"])
