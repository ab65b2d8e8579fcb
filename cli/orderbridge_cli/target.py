"""Which stack the command talks to, and the ports of that stack for the use cases.

The local stack that runs for the present directory (`.local/stack.json`) comes first. Where ``AWS_ENDPOINT_URL`` is
set, or ``ORDERBRIDGE_STACK`` names another stack, and where no local stack runs, the usual AWS environment counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from orderbridge_cli.output import Failure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from orderbridge.forwarding.queues import PlatformQueues
    from orderbridge.orders.table import TableCodeCounter
    from orderbridge.partners.secrets import SecretPepper
    from orderbridge.reading.table import TableOrderReads
    from orderbridge.stock.runs_table import TableStockRuns
    from orderbridge.stock.table import TableStockLevels
    from orderbridge.webhooks.table import SqsDeliveryQueue, TableDeliveries
    from orderbridge_cli.aws import AwsAccess, OperatorClients, StackFacts
    from orderbridge_cli.operating.tables.channels import SecretVault, TableChannelRegistry, TableMappingRows
    from orderbridge_cli.operating.tables.dead_letters import DeadLetters
    from orderbridge_cli.operating.tables.open_work import StackOpenWork
    from orderbridge_cli.operating.tables.orders import TableOperatorOrders
    from orderbridge_cli.operating.tables.overview import TableOverviewReads
    from orderbridge_cli.operating.tables.partners import TablePartnerRegistry
    from orderbridge_cli.operating.tables.webhooks import SecretWebhookVault, TableWebhookRegistry

PortT = TypeVar("PortT")

DEFAULT_STACK = "orderbridge"
STACK_FILE = Path(".local/stack.json")


@dataclass(frozen=True, slots=True)
class Target:
    """A stack and the way to it. `api_url` is known of a local stack only; AWS tells its own."""

    stack: str
    access: AwsAccess
    api_url: str | None = None
    sandboxes: Mapping[str, str] | None = None
    found_in: Path | None = None
    state: str | None = None
    """A local stack's state directory."""


def find_target(environment: Mapping[str, str] = os.environ, stack_file: Path = STACK_FILE) -> Target:
    """The stack this run is about; raises `Failure` where `.local/stack.json` cannot be read."""
    from orderbridge_cli.aws import AwsAccess

    named = environment.get("ORDERBRIDGE_STACK", "").strip()
    if "AWS_ENDPOINT_URL" not in environment:
        local = _local_target(stack_file)
        if local is not None and named in ("", local.stack):
            return local
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    # The endpoint is left to the SDK, which reads AWS_ENDPOINT_URL and its variants by itself.
    return Target(named or DEFAULT_STACK, AwsAccess(region=region))


def _local_target(stack_file: Path) -> Target | None:
    try:
        document = json.loads(stack_file.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise Failure(f"{stack_file} cannot be read ({error}); remove it, or start the local stack anew.") from error
    try:
        return target_of(document, stack_file)
    except (KeyError, TypeError) as error:
        raise Failure(f"{stack_file} does not say {error}; remove it, or start the local stack anew.") from error


def target_of(document: Mapping[str, Any], found_in: Path | None = None) -> Target:
    """The local stack that a `.local/stack.json` describes; raises KeyError or TypeError where it does not."""
    from orderbridge_cli.aws import AwsAccess

    for name in ("stack", "api_url", "aws_endpoint_url", "region"):
        if not isinstance(document[name], str):
            raise TypeError(name)
    access = AwsAccess(
        endpoint_url=document["aws_endpoint_url"],
        region=document["region"],
        # What the local engine takes for its root user.
        access_key=document.get("access_key", "test"),
        secret_key=document.get("secret_key", "test"),
    )
    return Target(
        document["stack"],
        access,
        document["api_url"],
        document.get("sandboxes", {}),
        found_in,
        document.get("state"),
    )


class Operations:
    """The ports of one stack, each made when it is first asked for.

    Everything that is read of the stack itself raises `Failure` where the stack cannot be found or does not answer.
    """

    def __init__(self, target: Target) -> None:
        self.target = target

    @classmethod
    def here(cls) -> Operations:
        """The operations on the stack of this run, in whose business time zone a terminal shows times from now on."""
        from orderbridge_cli.times import business_zone_is

        stack = cls(find_target())
        business_zone_is(lambda: stack.business_time_zone)
        return stack

    @cached_property
    def clients(self) -> OperatorClients:
        from orderbridge_cli.aws import OperatorClients

        return OperatorClients(self.target.access)

    @cached_property
    def facts(self) -> StackFacts:
        from orderbridge.aws.errors import AWS_FAILURES
        from orderbridge_cli.aws import StackNotFound
        from orderbridge_cli.failures import explain, is_unconfigured, is_unreachable

        try:
            return self.clients.describe_stack(self.target.stack)
        except StackNotFound as missing:
            where = self.target.found_in or "this AWS account and region"
            raise Failure(f"There is no stack {self.target.stack} in {where}; is ORDERBRIDGE_STACK right?") from missing
        except AWS_FAILURES as failure:
            if self.target.found_in is not None and is_unreachable(failure):
                raise Failure(
                    f"The local stack of {self.target.found_in} does not answer at {self.target.access.endpoint_url}; "
                    "start it with `orderbridge local up`."
                ) from failure
            if self.target.found_in is None and is_unconfigured(failure):
                raise Failure(
                    f"{explain(failure)} For a local stack, run this where `orderbridge local up` was started."
                ) from failure
            raise

    def output(self, name: str) -> str:
        """The value of one of the stack's outputs."""
        from orderbridge_cli.aws import StackUnfinished

        try:
            return self.facts.output(name)
        except StackUnfinished as unfinished:
            raise Failure(f"The deployment of {self.target.stack} is not complete: {unfinished}.") from unfinished

    @cached_property
    def operator(self) -> str:
        """Who runs this command, as AWS knows them."""
        return self.clients.caller() or "an operator"

    @cached_property
    def table(self) -> str:
        """The table's name. It is of the version that this build reads, or was empty and now is; else `Failure`."""
        from orderbridge.aws.schema import OtherSchema
        from orderbridge_cli.operating.tables.version import set_up_table

        name = self.output("TableName")
        try:
            set_up_table(self.clients.dynamodb, name)
        except OtherSchema as other:
            raise Failure(str(other)) from other
        return name

    def _on_table(self, port: Callable[[DynamoDBClient, str], PortT]) -> PortT:
        # The stack is looked for first: where it cannot be found, that is what the person should read.
        table = self.table
        return port(self.clients.dynamodb, table)

    @property
    def api_url(self) -> str:
        """The base of the partners' API, without ``/api/v1``."""
        return (self.target.api_url or self.output("ApiUrl")).rstrip("/")

    @property
    def is_on_this_machine(self) -> bool:
        """Whether the stack is a local one, which alone may call platforms over plain http."""
        endpoint = self.target.access.endpoint_url or os.environ.get("AWS_ENDPOINT_URL", "")
        return urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")

    @property
    def business_time_zone(self) -> str:
        return self.facts.parameters.get("BusinessTimeZone") or "Asia/Jakarta"

    @property
    def sweep_grace_seconds(self) -> float:
        return float(self.facts.parameters.get("SweepGraceSeconds") or 60)

    @cached_property
    def partners(self) -> TablePartnerRegistry:
        from orderbridge_cli.operating.tables.partners import TablePartnerRegistry

        return self._on_table(TablePartnerRegistry)

    @cached_property
    def channels(self) -> TableChannelRegistry:
        from orderbridge_cli.operating.tables.channels import TableChannelRegistry

        return self._on_table(TableChannelRegistry)

    @cached_property
    def vault(self) -> SecretVault:
        from orderbridge.values.times import utc_now
        from orderbridge_cli.operating.tables.channels import SecretVault

        return SecretVault(self.clients.secrets_manager, self.target.stack, 0, utc_now)

    @cached_property
    def mapping_rows(self) -> TableMappingRows:
        from orderbridge_cli.operating.tables.channels import TableMappingRows

        return self._on_table(TableMappingRows)

    @cached_property
    def desk(self) -> TableOperatorOrders:
        from orderbridge_cli.operating.tables.orders import TableOperatorOrders

        return self._on_table(TableOperatorOrders)

    @cached_property
    def overview_reads(self) -> TableOverviewReads:
        from orderbridge_cli.operating.tables.overview import TableOverviewReads

        return self._on_table(TableOverviewReads)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        from orderbridge_cli.operating.tables.dead_letters import DeadLetters

        return DeadLetters(self.clients.cloudformation, self.clients.sqs, self.facts.name)

    @cached_property
    def open_work(self) -> StackOpenWork:
        from orderbridge_cli.operating.tables.open_work import StackOpenWork

        # Of whatever version: it says when a table may be emptied that this build does not read.
        table, clients = self.output("TableName"), self.clients
        return StackOpenWork(clients.dynamodb, table, clients.cloudformation, clients.sqs, self.facts.name)

    @cached_property
    def codes(self) -> TableCodeCounter:
        from orderbridge.orders.table import TableCodeCounter

        return self._on_table(TableCodeCounter)

    @cached_property
    def order_reads(self) -> TableOrderReads:
        from orderbridge.reading.table import TableOrderReads

        return self._on_table(TableOrderReads)

    @cached_property
    def pepper(self) -> SecretPepper:
        from orderbridge.partners.secrets import SecretPepper

        return SecretPepper(self.clients.secrets_manager, self.output("PepperSecret"))

    @cached_property
    def queues(self) -> PlatformQueues:
        from orderbridge.forwarding.queues import PlatformQueues

        # The stack is looked for first, as with the table.
        return PlatformQueues(self.clients.sqs, self.facts.name)

    @cached_property
    def stock_levels(self) -> TableStockLevels:
        from orderbridge.stock.table import TableStockLevels

        return TableStockLevels(self.clients.dynamodb, self.table)

    @cached_property
    def stock_runs(self) -> TableStockRuns:
        from orderbridge.stock.runs_table import TableStockRuns

        return TableStockRuns(self.clients.dynamodb, self.table)

    @cached_property
    def webhook_registry(self) -> TableWebhookRegistry:
        from orderbridge_cli.operating.tables.webhooks import TableWebhookRegistry

        return TableWebhookRegistry(self.clients.dynamodb, self.table)

    @cached_property
    def webhook_vault(self) -> SecretWebhookVault:
        from orderbridge.values.times import utc_now
        from orderbridge_cli.operating.tables.webhooks import SecretWebhookVault

        return SecretWebhookVault(self.clients.secrets_manager, self.target.stack, 0, utc_now)

    @cached_property
    def deliveries(self) -> TableDeliveries:
        from orderbridge.webhooks.table import TableDeliveries

        return TableDeliveries(self.clients.dynamodb, self.table)

    @cached_property
    def delivery_queue(self) -> SqsDeliveryQueue:
        from orderbridge.webhooks.table import SqsDeliveryQueue

        return SqsDeliveryQueue(self.clients.sqs, self.output("QueueWebhooks"))
