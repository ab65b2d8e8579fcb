"""What is assumed of AWS and of platforms: every figure that is not counted, with its source."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from orderbridge.forwarding.sweeping import SWEEP_SECONDS
from orderbridge.values.sweeps import AT_ONCE
from tests.contract.template import template

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
    """One call of SendMessage or SendMessageBatch within a region; AWS: "tens of milliseconds" at most."""
    events: Decimal = Decimal(20)
    """One call of PutEvents, whose answer waits for the entries to be stored."""
    secretsmanager: Decimal = Decimal(20)
    platform: Decimal = Decimal(400)
    """One call to a platform: TLS to another region and its work. An assumption; its `timeout_s` is 10 s."""
    receiver: Decimal = Decimal(200)
    """One post to a partner's webhook. An assumption; it may take 15 s."""
    processor_per_call: Decimal = Decimal("1.0")
    """Processor time of a call to AWS with what is around it, on one whole processor: a put_item takes 0.5 to 0.7 ms on
    the machine of the README's figures, an accepted order 1.33 of these, and a processor of Lambda's is no quicker."""
    processor_per_invocation: Decimal = Decimal("0.5")
    """Of an invocation beside its calls."""

    def of_call(self, operation: str) -> Decimal:
        match operation:
            case "TransactWriteItems":
                return self.transaction
            case "SendMessage" | "SendMessageBatch" | "GetQueueUrl":
                return self.sqs
            case "PutEvents":
                return self.events
            case "GetSecretValue":
                return self.secretsmanager
            case _:
                return self.dynamodb


@dataclass(frozen=True, slots=True)
class Limits:
    """What AWS allows, by default, in us-east-1; a second. What can be asked for more of is in docs/scale.md."""

    key_write_units: int = 1_000
    """Of one partition key, of the table or of an index; a key is a partition at most. DynamoDB: "Partitions"."""
    key_read_units: int = 3_000
    table_write_units: int = 40_000
    """Of an on-demand table, and of an index. DynamoDB: "Quotas"."""
    first_write_units: int = 4_000
    """Of a new on-demand table's index at once, and of a table that is not made warm; then twice the last peak within
    half an hour. DynamoDB: "On-demand mode", "Warm throughput"."""
    concurrency: int = 1_000
    """Executions at once, all functions of an account and region together. Lambda: "Quotas"."""
    growth_per_10_seconds: int = 1_000
    """Environments more of one function. Lambda: "Scaling behavior"."""
    poll_growth_per_minute: int = 300
    """Workers more on one queue. Lambda: "Scaling behavior for SQS event source mappings"."""
    most_workers: int = 1_000
    """`MaximumConcurrency` of one queue. Lambda: `ScalingConfig`."""
    parallelization: int = 10
    """Batches at once of one shard. Lambda: `ParallelizationFactor`."""
    put_events: int = 10_000
    """Requests of PutEvents. EventBridge: "Quotas"; us-east-1, most regions some hundreds."""
    event_invocations: int = 18_750
    """Events that rules bring to targets. EventBridge: "Quotas"; us-east-1, 750 in ap-southeast-3."""
    api_requests: int = 10_000
    """Requests of all REST APIs of an account and region. API Gateway: "Quotas"."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can turn, or what is in the template or the code today; `deployed` reads them there."""

    workers: int
    """The fewest that a platform has: WorkersSalesMania and its like."""
    parallelization: int
    """`ParallelizationFactor` of the publisher's event source."""
    webhook_workers: int
    """`MaximumConcurrency` of the webhook sender's event source."""
    stage_requests: int
    """`ThrottlingRateLimit` of the API's stage."""
    partner_calls: int
    """PartnerCallsPerSecond."""
    first_writes: int
    """FirstWritesPerSecond: what the table takes at once (`WarmThroughput`). A partition takes `key_write_units`, and
    is a shard of the stream."""
    sweep_parts: int
    """Invocations of the sweeper at once, each with its own part of the due index."""
    sweeps_at_once: int = AT_ONCE
    """Workers of each."""
    sweep_seconds: int = SWEEP_SECONDS // 2
    relay_seconds: int = SWEEP_SECONDS // 2
    """One sweep carries orders on and relays news; where both wait, half of it each."""
    tick_seconds: int = 60
    """SweepRate."""
    rounds_a_day: Decimal = Decimal(288)
    """StatusSyncRateSirclo and StatusSyncRateNgorder."""
    oldest_record_seconds: int = 3600
    """`MaximumRecordAgeInSeconds` of the publisher's event source: what is older is left to the sweeper."""

    @classmethod
    def deployed(cls) -> Settings:
        """As the template has them."""
        document = template().document
        functions = template().functions()
        stream = functions["event_publisher"]["Events"]["TableChanges"]["Properties"]
        (method,) = template().of_type("AWS::Serverless::Api")["Api"]["MethodSettings"]
        webhooks = functions["webhook_sender"]["Events"]["Queue"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]
        schedules = template().of_type("AWS::Scheduler::Schedule")
        defaults = {name: each.get("Default") for name, each in document["Parameters"].items()}
        return cls(
            workers=min(int(default) for name, default in defaults.items() if name.startswith("Workers")),
            parallelization=template().number(stream["ParallelizationFactor"]),
            webhook_workers=template().number(webhooks),
            first_writes=int(defaults["FirstWritesPerSecond"]),
            sweep_parts=1 + sum("-sweep-" in str(each["Name"]) for each in schedules.values()),
            tick_seconds=60 * _minutes(defaults["SweepRate"]),
            stage_requests=template().number(method["ThrottlingRateLimit"]),
            partner_calls=int(defaults["PartnerCallsPerSecond"]),
            rounds_a_day=Decimal(24 * 60) / _minutes(defaults["StatusSyncRateNgorder"]),
            oldest_record_seconds=template().number(stream["MaximumRecordAgeInSeconds"]),
        )


def _minutes(rate: str) -> int:
    """Of EventBridge's ``rate(5 minutes)``."""
    number, unit = rate.removeprefix("rate(").removesuffix(")").split()
    return int(number) * {"minute": 1, "hour": 60}[unit.removesuffix("s")]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Whose orders they are: assumptions."""

    largest_partner: Decimal = Decimal("0.2")
    """The largest partner's share of all orders."""
    largest_channel: Decimal = Decimal(1)
    """Of all orders those that go to one channel: each platform has one."""
    days_open: Decimal = Decimal(2)
    """From SENT to COMPLETED."""
    rows_of_a_page: int = 100
    """Orders on a page of a platform's list; the pages of orders of SIRCLO and Ngorder."""

    def share(self, of: str) -> Decimal:
        return {"all": Decimal(1), "partner": self.largest_partner, "channel": self.largest_channel}[of]
