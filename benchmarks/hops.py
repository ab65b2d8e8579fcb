"""What is assumed of AWS and of platforms: every figure that is not counted, with its source."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

MB_OF_A_PROCESSOR = 1769
"""Megabytes of memory with which a function has one processor: Lambda's guide, "Configure memory"."""


@dataclass(frozen=True, slots=True)
class Durations:
    """How long things take, in milliseconds. What Lambda bills of an order follows from these and counted calls."""

    dynamodb: Decimal = Decimal(5)
    """One call. AWS: "single-digit millisecond performance"."""
    transaction: Decimal = Decimal(12)
    """Twice the work of a single write and a coordinator between: 10 to 15 in published measurements."""
    sqs: Decimal = Decimal(8)
    """One call of SendMessage within a region; AWS: "tens of milliseconds" at most."""
    events: Decimal = Decimal(20)
    """One call of PutEvents, whose answer waits for the entries to be stored."""
    secretsmanager: Decimal = Decimal(20)
    platform: Decimal = Decimal(400)
    """One call to a platform: TLS to another region and its work. An assumption; its `timeout_s` is 10 s."""
    receiver: Decimal = Decimal(200)
    """One post to a partner's webhook. An assumption; it may take 15 s."""
    processor_per_call: Decimal = Decimal("1.6")
    """Processor time of a call to AWS with what is around it, on one whole processor: `make bench`, 1.33 put_items."""
    processor_per_invocation: Decimal = Decimal("1.0")
    """Of an invocation beside its calls."""

    def of_call(self, operation: str) -> Decimal:
        match operation:
            case "TransactWriteItems":
                return self.transaction
            case "SendMessage" | "GetQueueUrl":
                return self.sqs
            case "PutEvents":
                return self.events
            case "GetSecretValue":
                return self.secretsmanager
            case _:
                return self.dynamodb
