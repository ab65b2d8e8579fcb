"""Every function as the template deploys it, on moto: its own environment, the template's table, queues, bus, secrets.

What a function calls is written down with the partition keys it reaches, as IAM would see it.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from orderbridge.aws import clients, items
from orderbridge.aws.schema import schema_item
from orderbridge.channels import table as channel_table
from orderbridge.channels.channel import Channel
from orderbridge.channels.credentials import ChannelSecret, credentials_secret
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.table import TableChannels
from orderbridge.entrypoints import log as entry_log
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.http.base_urls import origin
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order
from orderbridge.partners import table as partner_table
from orderbridge.partners.partner import Partner
from orderbridge.values import sweeps
from orderbridge.values.ids import ChannelRef
from tests.contract.template import template

REGION = "ap-southeast-3"
STACK = "orderbridge"
TOKEN_KEY = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
PEPPER = "the pepper of these tests, which nobody may see"


@dataclass(frozen=True, order=True)
class Call:
    """A call as IAM sees it: action, what it acts on (the template's logical id), and the leading keys it reaches.

    A batch reaches several at once, and one statement has to allow them all.
    """

    function: str
    action: str
    resource: str
    leading_keys: tuple[str, ...] = ()


@cache
def _aws(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


@dataclass
class Deployed:
    """The stack. `handlers` are loaded when they are first called, as a cold start would."""

    load_function: Callable[[str], ModuleType]
    monkeypatch: pytest.MonkeyPatch
    parameters: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    log: io.StringIO = field(default_factory=io.StringIO)
    _handlers: dict[str, Callable[..., Any]] = field(default_factory=dict)
    _calling: str = ""
    _names: dict[str, str] = field(default_factory=dict)

    # --- deploying ----------------------------------------------------------------------------------------------------

    def deploy(self) -> None:
        for name, properties in template().of_type("AWS::DynamoDB::Table").items():
            kept = ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
            _aws("dynamodb").create_table(TableName=f"{STACK}-{name}", **{key: properties[key] for key in kept})
            self._names[name] = f"{STACK}-{name}"
        self.put(schema_item())
        for name, properties in template().of_type("AWS::SQS::Queue").items():
            queue = properties["QueueName"]["Fn::Sub"].replace("${AWS::StackName}", STACK)
            self._names[name] = _aws("sqs").create_queue(QueueName=queue)["QueueUrl"]
        self._names["Bus"] = STACK
        _aws("events").create_event_bus(Name=STACK)
        secrets = {"JwtKeys": json.dumps({"kid": "1", "key": TOKEN_KEY}), "Pepper": PEPPER}
        assert secrets.keys() == template().of_type("AWS::SecretsManager::Secret").keys()
        for name, value in secrets.items():
            self._names[name] = _aws("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]

    def environment_of(self, function: str) -> dict[str, str]:
        """The function's environment, every reference resolved as CloudFormation would."""
        shared = template().shared_variables()
        return {name: self._value(value) for name, value in {**shared, **template().variables(function)}.items()}

    def _value(self, value: Any) -> str:
        if not isinstance(value, Mapping):
            return str(value)
        if "Fn::FindInMap" in value:
            return str(template().number(value))
        name = value["Ref"]
        known = {"AWS::StackName": STACK, **self._names, **self.parameters}
        parameters = template().document["Parameters"]
        return known[name] if name in known else str(parameters[name]["Default"])

    # --- calling ------------------------------------------------------------------------------------------------------

    def call(self, function: str, event: Mapping[str, Any], milliseconds_left: int | None = None) -> Any:
        """What the function answers to an event; raises what it raises."""
        timeout = template().number(template().functions()[function].get("Timeout", 10))
        context = SimpleNamespace(
            aws_request_id="a-request-id",
            function_name=function,
            get_remaining_time_in_millis=lambda: timeout * 1000 if milliseconds_left is None else milliseconds_left,
        )
        self._calling = function
        try:
            return self.handler(function)(event, context)
        finally:
            self._calling = ""

    def handler(self, function: str) -> Callable[..., Any]:
        if function not in self._handlers:
            for name, value in self.environment_of(function).items():
                self.monkeypatch.setenv(name, value)
            # moto is for one thread.
            self.monkeypatch.setattr(sweeps, "AT_ONCE", 1)
            self._handlers[function] = self.load_function(function).handler
        return self._handlers[function]

    def answer(self, function: str, event: Mapping[str, Any]) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON body and headers of an API function's answer."""
        answered = self.call(function, event)
        return answered["statusCode"], json.loads(answered["body"]), answered["headers"]

    def restart(self) -> None:
        """Every environment is new: what functions remembered is forgotten."""
        self._handlers.clear()

    def note(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """botocore's hook before a call is built."""
        if self._calling:
            service, operation = model.service_model.service_name, model.name
            for action, resource, keys in _as_iam_sees_it(service, operation, params):
                self.calls.append(Call(self._calling, action, self._logical_id(resource), keys))

    def _logical_id(self, resource: str) -> str:
        by_name = {physical: logical for logical, physical in self._names.items()}
        name, index, rest = resource.partition("/index/")
        return by_name[name] + index + rest if index else by_name.get(resource, resource)

    def lines(self) -> list[dict[str, Any]]:
        """What was logged, line by line."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    # --- what is there --------------------------------------------------------------------------------------------

    @property
    def table(self) -> str:
        return self._names["Table"]

    def put(self, item: Mapping[str, Any]) -> None:
        _aws("dynamodb").put_item(TableName=self.table, Item=item)

    def put_away(self, pk: str, sk: str) -> None:
        _aws("dynamodb").delete_item(TableName=self.table, Key=items.keys(pk, sk))

    def items(self, pk: str | tuple[str, ...] = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = _aws("dynamodb").scan(TableName=self.table)["Items"]
        return [item for item in found if item["PK"]["S"].startswith(pk)]

    def orders(self) -> list[Order]:
        return [order_table.read_order(item) for item in self.items("ORDER#") if item["SK"]["S"] == "ORDER"]

    def forwards(self) -> dict[str, Forward]:
        """Every forward, by channel; for tests of one order."""
        found = [item for item in self.items("FORWARD#") if item["SK"]["S"] == forward_items.FORWARD_SK]
        return {forward.channel.name: forward for forward in map(forward_items.read_forward, found)}

    def states(self) -> dict[str, ForwardState]:
        return {channel: forward.state for channel, forward in self.forwards().items()}

    def add_partner(self, partner: Partner) -> None:
        self.put(partner_table.partner_item(partner))
        for key in partner.keys:
            self.put(partner_table.partner_key_item(partner.client_id, key))
        for site, channels in partner.routes.items():
            self.put(partner_table.route_item(partner.client_id, site, channels))

    def add_secret(self, name: str, document: Any) -> None:
        _aws("secretsmanager").create_secret(Name=name, SecretString=json.dumps(document))

    def drop_secret(self, name: str) -> None:
        _aws("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

    def add_channel(self, channel: Channel, credentials: Mapping[str, Any]) -> None:
        self.put_channel(channel)
        self.add_credentials(channel, credentials)

    def put_channel(self, channel: Channel) -> None:
        """The channel's settings, its breaker closed, paused or not."""
        self.put(channel_table.channel_item(channel))
        self.put_away(channel_table.breaker_pk(channel.platform, channel.name), "STATE")
        if channel.state == "paused":
            channels = TableChannels(_aws("dynamodb"), self.table)
            assert channels.pause(channel, channel.paused_reason or "", channel.since or "2025-01-01T00:00:00.000Z")

    def add_credentials(self, channel: Channel, credentials: Any) -> None:
        secret = ChannelSecret(origin(channel.settings["base_url"]), credentials)
        self.add_secret(credentials_secret(STACK, channel.platform, channel.name), json.loads(secret.text()))

    def add_mapping(self, channel: ChannelRef | Channel, need: MappingKey, value: Any) -> None:
        self.put(channel_table.mapping_item(channel, need, value if isinstance(value, str) else json.dumps(value)))

    def stream_records(
        self, pk: str | tuple[str, ...] = ("ORDER#", "FORWARD#"), event_name: str = "INSERT"
    ) -> dict[str, Any]:
        """An event of the table's stream with what now is there; bytes as Base64, as streams have them."""
        return {
            "Records": [
                {
                    "eventName": event_name,
                    "eventSource": "aws:dynamodb",
                    "dynamodb": {"Keys": {key: item[key] for key in ("PK", "SK")}, "NewImage": item},
                }
                for item in self.items(pk)
            ]
        }

    def queues(self) -> list[str]:
        """The template's names of all queues."""
        return list(template().of_type("AWS::SQS::Queue"))

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """What is visible in a queue now; it is taken out."""
        found = []
        while (
            received := _aws("sqs").receive_message(QueueUrl=self._names[queue], MaxNumberOfMessages=10).get("Messages")
        ):
            for message in received:
                found.append(json.loads(message["Body"]))
                _aws("sqs").delete_message(QueueUrl=self._names[queue], ReceiptHandle=message["ReceiptHandle"])
        return found

    def make_due(self) -> None:
        """Move every due time into the past, as if the grace time were over."""
        for item in self.items():
            if "due_at" in item:
                self.put({**item, "due_at": {"S": "2020-01-01T00:00:00.000Z"}})

    def end_delays(self) -> None:
        """As if the time of every retry had come."""
        for item in self.items("FORWARD#"):
            if "not_before" in item:
                self.put({**item, "not_before": {"S": "2020-01-01T00:00:00.000Z"}})

    def end_leases(self) -> None:
        """As if the worker of every attempt had died long ago."""
        for item in self.items("FORWARD#"):
            if "lease_until" in item:
                self.put({**item, "lease_until": {"S": "2020-01-01T00:00:00.000Z"}})


def sqs_event(*details: Mapping[str, Any] | str) -> dict[str, Any]:
    """The event of a queue's messages, each a detail or a raw body."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "handle",
                "body": detail if isinstance(detail, str) else json.dumps(detail),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{STACK}-forward",
                "awsRegion": REGION,
            }
            for number, detail in enumerate(details)
        ]
    }


def _as_iam_sees_it(
    service: str, operation: str, params: Mapping[str, Any]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Action, resource and leading keys of each thing that a call does."""
    match service:
        case "dynamodb":
            for action, resource, keys in _in_the_table(operation, params):
                yield f"dynamodb:{action}", resource, keys
        case "events":
            for entry in params["Entries"]:
                yield f"events:{operation}", "Bus" if entry["EventBusName"] == STACK else entry["EventBusName"], ()
        case "sqs":
            # IAM asks for the single action.
            yield (
                f"sqs:{operation.removesuffix('Batch')}",
                params.get("QueueUrl") or _queue_url(params["QueueName"]),
                (),
            )
        case "secretsmanager":
            yield f"secretsmanager:{operation}", params["SecretId"], ()
        case _:
            raise AssertionError(service)


def _queue_url(name: str) -> str:
    url: str = _aws("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    return url


def _in_the_table(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    match operation:
        case "TransactWriteItems":
            # IAM asks for the single actions.
            for write in params["TransactItems"]:
                ((kind, of_one),) = write.items()
                yield from _in_the_table("ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item", of_one)
        case "BatchGetItem":
            for table, wanted in params["RequestItems"].items():
                yield operation, table, tuple(sorted({key["PK"]["S"] for key in wanted["Keys"]}))
        case "Query":
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            condition = re.search(r"(#?\w+) = (:\w+)", params["KeyConditionExpression"])
            assert condition is not None, params
            value = params["ExpressionAttributeValues"][condition[2]]["S"]
            yield operation, params["TableName"] + index, (value,)
        case "Scan":
            yield operation, params["TableName"], ()
        case _:
            yield operation, params["TableName"], ((params.get("Key") or params["Item"])["PK"]["S"],)


@contextmanager
def logging_to(stream: io.StringIO) -> Iterator[None]:
    """What the functions log goes into `stream`."""
    # Not sys.stderr itself, which pytest puts back before every phase of a test.
    with patch.object(entry_log, "sys", SimpleNamespace(stderr=stream)):
        yield


def _note(**call: Any) -> None:
    if _UNDER_TEST:
        _UNDER_TEST[-1].note(**call)


_UNDER_TEST: list[Deployed] = []
_NOTED: list[Any] = []


@contextmanager
def noted_by(stack: Deployed) -> Iterator[None]:
    """Every call of the functions' clients is noted by this stack. The clients are kept: making them is slow."""
    if clients._session() not in _NOTED:
        clients._client.cache_clear()
        clients._session.cache_clear()
        clients._session().register("before-parameter-build", _note)
        _NOTED.append(clients._session())
    _UNDER_TEST.append(stack)
    yield
    _UNDER_TEST.pop()


@contextmanager
def deployed_stack(
    load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Iterator[Deployed]:
    """An empty stack; no AWS account, no files of the user's."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "no-config"))
    stack = Deployed(load_function, monkeypatch)
    with mock_aws(), logging_to(stack.log), noted_by(stack):
        stack.deploy()
        yield stack
