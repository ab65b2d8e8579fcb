"""What a stack has yet to do, read from the whole of its table and from its queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from orderbridge.aws.items import Item
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.items import read_forward

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType


COUNTED: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class StackOpenWork:
    """`OpenWork` on a stack. The indexes are not asked: they may be behind, and leave out what nobody waits for."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        table: str,
        cloudformation: CloudFormationClient,
        sqs: SQSClient,
        stack: str,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._cloudformation = cloudformation
        self._sqs = sqs
        self._stack = stack

    def unpublished_orders(self) -> int:
        return sum(1 for _ in self._scan("attribute_exists(content_hash) AND attribute_exists(due_at)"))

    def forwards(self) -> Iterator[Forward]:
        return (read_forward(item) for item in self._scan("attribute_exists(forward_code)"))

    def waiting_deliveries(self) -> int:
        return sum(1 for _ in self._scan("begins_with(PK, :pk) AND attribute_exists(due_at)", "DELIVERY#"))

    def _scan(self, wanted: str, pk: str | None = None) -> Iterator[Item]:
        values = {} if pk is None else {"ExpressionAttributeValues": {":pk": {"S": pk}}}
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression=wanted,
            ConsistentRead=True,
            **values,  # type: ignore[arg-type]
        )
        for page in pages:
            yield from page["Items"]

    def queued_messages(self) -> Mapping[str, int]:
        counts = {}
        for page in self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self._stack):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceType"] == "AWS::SQS::Queue":
                    counts[resource["LogicalResourceId"]] = self._count(resource.get("PhysicalResourceId", ""))
        return {name: count for name, count in sorted(counts.items()) if count}

    def _count(self, url: str) -> int:
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTED)
        return sum(int(number) for number in answer["Attributes"].values())
