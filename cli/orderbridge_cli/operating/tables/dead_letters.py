"""The dead-letter queues of a stack: what is in them, and its way back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orderbridge.forwarding.events import ForwardMessage
from orderbridge.webhooks.delivery import DeliveryRef

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_sqs import SQSClient


_LOGICAL_ID = re.compile(r"(\w*)DeadLetters(\w*)")
_BATCH = 10
WAIT_SECONDS = 1
"""How long SQS looks for messages on all of its machines; without it a queue may seem empty that is not."""


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    """A dead-letter queue; its name says what failed: ``forward-sirclo``, ``rule-sirclo``, ``stream``."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up: a forward's, a webhook message's, or None (a position in the stream, say)."""

    queue: DeadLetterQueue
    message_id: str
    receipt: str
    sent_at: str | None
    receives: int
    error: str | None
    message: ForwardMessage | DeliveryRef | None
    body: str


class DeadLetters:
    """Reads the dead-letter queues of a stack, which it finds among the stack's resources."""

    def __init__(self, cloudformation: CloudFormationClient, sqs: SQSClient, stack: str) -> None:
        self._cloudformation = cloudformation
        self._sqs = sqs
        self._stack = stack

    def queues(self) -> list[DeadLetterQueue]:
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self._stack)
        found = []
        for page in pages:
            for resource in page["StackResourceSummaries"]:
                named = _LOGICAL_ID.fullmatch(resource["LogicalResourceId"])
                if named is not None and resource["ResourceType"] == "AWS::SQS::Queue":
                    name = "-".join(part.lower() for part in named.groups() if part)
                    found.append(DeadLetterQueue(name, resource.get("PhysicalResourceId", "")))
        return sorted(found, key=lambda queue: queue.name)

    def counts(self) -> dict[str, int]:
        """About how many messages are in each queue, by its name."""
        return {queue.name: self.count(queue) for queue in self.queues()}

    def count(self, queue: DeadLetterQueue) -> int:
        """About how many messages are in a queue, those that somebody looks at included."""
        answer = self._sqs.get_queue_attributes(
            QueueUrl=queue.url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return sum(int(number) for number in answer["Attributes"].values())

    def read(self, queue: DeadLetterQueue, limit: int, hidden_seconds: int) -> Iterator[DeadLetter]:
        """Up to `limit` messages, each once; they stay in the queue and are hidden from others for so long."""
        seen: set[str] = set()
        while len(seen) < limit:
            answer = self._sqs.receive_message(
                QueueUrl=queue.url,
                MaxNumberOfMessages=min(_BATCH, limit - len(seen)),
                VisibilityTimeout=hidden_seconds,
                WaitTimeSeconds=WAIT_SECONDS,
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
                MessageAttributeNames=["All"],
            )
            fresh = [each for each in answer.get("Messages", []) if each["MessageId"] not in seen]
            if not fresh:
                return
            for each in fresh:
                seen.add(each["MessageId"])
                yield _dead_letter(queue, each)

    def show_again(self, letter: DeadLetter) -> None:
        """Let others see a message again that was only looked at."""
        self._sqs.change_message_visibility(
            QueueUrl=letter.queue.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )

    def remove(self, letter: DeadLetter) -> None:
        self._sqs.delete_message(QueueUrl=letter.queue.url, ReceiptHandle=letter.receipt)


def _dead_letter(queue: DeadLetterQueue, received: Any) -> DeadLetter:
    attributes: dict[str, str] = received.get("Attributes", {})
    error = received.get("MessageAttributes", {}).get("ERROR_MESSAGE", {}).get("StringValue")
    return DeadLetter(
        queue=queue,
        message_id=received["MessageId"],
        receipt=received["ReceiptHandle"],
        sent_at=attributes.get("SentTimestamp"),
        receives=int(attributes.get("ApproximateReceiveCount", 0)),
        error=error,
        message=_message(received["Body"]),
        body=received["Body"],
    )


def _message(body: str) -> ForwardMessage | DeliveryRef | None:
    """What a queue entry is about: a detail by itself, or a whole event around it (a rule's dead letters)."""
    try:
        document = json.loads(body)
        detail = document.get("detail", document)
        return DeliveryRef.from_detail(detail) if "message_id" in detail else ForwardMessage.from_detail(detail)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
