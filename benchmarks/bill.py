"""What is counted, in dollars of the price file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from benchmarks.counted import ROUND, Count
from benchmarks.hops import MB_OF_A_PROCESSOR, Durations
from tests.contract.template import template

PRICES = Path(__file__).with_name("prices.toml")
MILLION = Decimal(1_000_000)
GB = Decimal(10**9)


def prices() -> Mapping[str, Mapping[str, Decimal]]:
    """Dollars by service and by what is counted of it."""
    document = tomllib.loads(PRICES.read_text())
    services = {name: table for name, table in document.items() if isinstance(table, dict)}
    return {name: {what: Decimal(price) for what, price in table.items()} for name, table in services.items()}


def memory_mb(function: str) -> int:
    """A function's memory by the template."""
    globals_ = template().document["Globals"]["Function"]["MemorySize"]
    return template().number(template().functions()[function].get("MemorySize", globals_))


def milliseconds(count: Count, function: str, durations: Durations) -> Decimal:
    """How long the invocations of a function that were counted take together, warm."""
    calls = {operation: times for (by, operation), times in count.calls.items() if by == function}
    waited = sum((durations.of_call(operation) * times for operation, times in calls.items()), Decimal())
    outside = durations.receiver if function == "webhook_sender" else durations.platform
    waited += outside * count.outside_calls[function]
    own = durations.processor_per_call * sum(calls.values())
    own += durations.processor_per_invocation * count.invocations[function]
    return waited + own * MB_OF_A_PROCESSOR / min(memory_mb(function), MB_OF_A_PROCESSOR)


def gb_seconds(count: Count, durations: Durations) -> Decimal:
    """What Lambda bills of the time of all functions but the rounds'."""
    return sum(
        (
            milliseconds(count, function, durations) / 1000 * memory_mb(function) / 1024
            for function in count.invocations
            if function != ROUND
        ),
        Decimal(),
    )


def bill(count: Count, durations: Durations) -> dict[str, Decimal]:
    """Dollars of a million orders, by service, each of which costs what was counted; rounds are not among it."""
    price = prices()
    invocations = sum(times for function, times in count.invocations.items() if function != ROUND)
    logged = sum(size for function, size in count.log_bytes.items() if function != ROUND)
    secrets = sum(
        times for (by, operation), times in count.calls.items() if operation == "GetSecretValue" and by != ROUND
    )
    dynamodb, lambda_ = price["dynamodb"], price["lambda"]
    archived = price["eventbridge"]["archived_gb"] * count.event_bytes / GB * MILLION
    return {
        "DynamoDB writes": dynamodb["write_units_per_million"] * count.units,
        "DynamoDB reads": dynamodb["read_units_per_million"] * count.read_units,
        "EventBridge": price["eventbridge"]["custom_events_per_million"] * count.events + archived,
        "SQS": price["sqs"]["requests_per_million"] * count.sqs_requests.total(),
        "Lambda requests": lambda_["requests_per_million"] * invocations,
        "Lambda duration": lambda_["gb_second"] * gb_seconds(count, durations) * MILLION,
        "API Gateway": price["api_gateway"]["requests_per_million"] * count.invocations["order_intake"],
        "Secrets Manager": price["secrets_manager"]["calls_per_million"] * secrets,
        "CloudWatch Logs": price["cloudwatch_logs"]["gb"] * logged / GB * MILLION,
    }
