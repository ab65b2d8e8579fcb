"""The simulated AWS of one run, made of the template: its table, queues, bus and secrets, and a client for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from evidence.aws.bus import Bus, EventBridge, Rule
from evidence.aws.calls import AwsCalls
from evidence.aws.queues import Queue, Sqs
from evidence.aws.secrets import SecretsManager
from evidence.aws.table import DynamoDb, Table
from evidence.processes.functions import physical_names
from evidence.processes.machine import Machine
from evidence.processes.virtual import exceptions_of
from evidence.system.harm import Harm
from orderbridge.aws.schema import SCHEMA, schema_item
from tests.contract.template import template


class SimulatedAws:
    """Everything that the functions call of AWS; `clients` by the names of botocore's services."""

    def __init__(self, machine: Machine, harm: Harm) -> None:
        self._machine, self._harm = machine, harm
        self.names = physical_names()
        self.table = Table(template().of_type("AWS::DynamoDB::Table")["Table"])
        self.table.write((SCHEMA, SCHEMA), schema_item())
        self.table.stream.clear()
        self.queues = self._queues()
        dropped = partial(harm.strikes, harm.row.events_dropped, "events dropped")
        refused = partial(harm.strikes, harm.row.events_refused, "events refused")
        not_taken = partial(harm.strikes, harm.row.messages_refused, "messages refused")
        self.bus = Bus(self._rules(), machine.true_clock, drops=dropped)
        self.dynamodb = DynamoDb(self.table, exceptions_of("dynamodb"), self._calls("dynamodb"))
        self.secrets = SecretsManager(exceptions_of("secretsmanager"), self._calls("secretsmanager"))
        self.clients: Mapping[str, Any] = {
            "dynamodb": self.dynamodb,
            "secretsmanager": self.secrets,
            "events": EventBridge(self.bus, exceptions_of("events"), self._calls("events"), refused),
            "sqs": Sqs(self.queues, machine.true_clock, exceptions_of("sqs"), self._calls("sqs"), not_taken),
        }

    def queue(self, logical_id: str) -> Queue:
        """A queue by its name in the template."""
        return self.queues[self.names[logical_id]]

    def _calls(self, service: str) -> AwsCalls:
        return AwsCalls(service, self._machine, self._harm.row.aws, lambda: self._harm.is_done, self._conflict)

    def _conflict(self, operation: str) -> Exception:
        if operation == "TransactWriteItems":
            return self.dynamodb.cancelled([{"Code": "TransactionConflict"}])
        response = {"Error": {"Code": "TransactionConflictException", "Message": ""}}
        failure: Exception = self.dynamodb.exceptions.TransactionConflictException(response, operation)
        return failure

    def _queues(self) -> dict[str, Queue]:
        properties = template().of_type("AWS::SQS::Queue")
        queues = {self.names[name]: _queue(self.names[name], each) for name, each in properties.items()}
        for name, each in properties.items():
            if "RedrivePolicy" in each:
                target = each["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
                queues[self.names[name]].dead_letters = queues[self.names[target]]
        return queues

    def _rules(self) -> list[Rule]:
        """The rules whose targets are queues."""
        return [
            Rule(properties["EventPattern"], self.queue(name), target["InputPath"].removeprefix("$."))
            for properties in template().of_type("AWS::Events::Rule").values()
            for target in properties.get("Targets", ())
            if (name := target["Arn"]["Fn::GetAtt"][0]) in self.names and self.names[name] in self.queues
        ]


def _queue(name: str, properties: Mapping[str, Any]) -> Queue:
    number: Callable[[Any], int] = template().number
    redrive = properties.get("RedrivePolicy")
    return Queue(
        name,
        number(properties.get("VisibilityTimeout", 30)),
        None if redrive is None else number(redrive["maxReceiveCount"]),
        keeps_seconds=number(properties["MessageRetentionPeriod"]),
    )
