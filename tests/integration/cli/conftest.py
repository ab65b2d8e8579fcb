"""The operator's command against moto: the table, secrets and queues of template.yaml itself, without its functions."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from moto import mock_aws
from typer.testing import CliRunner, Result

from orderbridge.aws.schema import schema_item
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition, new_forward
from orderbridge.orders.codes import order_code
from orderbridge.orders.order import Order, SalesOrder
from orderbridge.platforms.names import platform_names
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge.values.times import business_date, to_iso, utc_now
from orderbridge_cli.aws import AwsAccess, OperatorClients
from orderbridge_cli.commands import channels
from orderbridge_cli.local.deployment.template import read_template
from orderbridge_cli.main import app
from orderbridge_cli.target import Operations, find_target
from orderbridge_sandboxes import demo
from tests.command_json import hold
from tests.conformance.facts import records_of

REGION = "ap-southeast-3"
PLATFORMS = platform_names()
PEPPER = "the-pepper-of-the-tests"
_KEPT_TYPES = ("AWS::DynamoDB::Table", "AWS::SQS::Queue")

CREDENTIALS: dict[str, dict[str, str]] = {
    platform: {name: f"a-{name}-nobody-may-see" for name in demo.DEMO_CREDENTIALS[platform]} for platform in PLATFORMS
}
SETTINGS: dict[str, dict[str, Any]] = {
    platform: {"base_url": f"https://{platform}.example.com", **records_of(platform)[0].least_settings}
    for platform in PLATFORMS
}


@pytest.fixture
def no_aws_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials that are none, no files of the user's, and an empty present directory."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "ORDERBRIDGE_STACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)


@cache
def storage_template(project: Path) -> str:
    """What an operator's command reads and writes, cut out of template.yaml."""
    template = read_template(project / "template.yaml")
    resources = {name: each for name, each in template["Resources"].items() if each["Type"] in _KEPT_TYPES}
    outputs = {name: each for name, each in template["Outputs"].items() if each["Value"].get("Ref") in resources}
    # moto's CloudFormation makes no secrets.
    outputs["PepperSecret"] = {"Value": "pepper"}
    return json.dumps(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Parameters": template["Parameters"],
            "Mappings": template["Mappings"],
            "Resources": resources,
            "Outputs": outputs,
        }
    )


@dataclass
class Operator:
    """Whoever runs the command, and a look behind it."""

    stack: Operations
    folder: Path

    def run(self, *arguments: str | Path) -> Result:
        written = [str(argument) for argument in arguments]
        result = CliRunner().invoke(app, written)
        hold(written, result.exit_code, result.stdout)
        return result

    def json(self, *arguments: str | Path) -> Any:
        """The one JSON document that a successful run prints."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refused(self, *arguments: str | Path) -> str:
        """The message of a run that fails as it should: exit 1, nothing but an error on stdout, no traceback."""
        result = self.run(*arguments[:2], "--json", *arguments[2:])
        assert result.exit_code == 1, result.output
        assert "Traceback" not in result.output
        assert "error" in json.loads(result.stdout)
        return result.stderr

    def misused(self, *arguments: str | Path) -> str:
        """What is wrong with the usage: exit 2, nothing but an error on stdout."""
        result = self.run(*arguments[:2], "--json", *arguments[2:])
        assert result.exit_code == 2, result.output
        return str(json.loads(result.stdout)["error"])

    # --- files --------------------------------------------------------------------------------------------------------

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def json_file(self, name: str, document: Any) -> Path:
        return self.file(name, json.dumps(document))

    def csv_file(self, *rows: Sequence[Any], name: str = "mappings.csv") -> Path:
        path = self.folder / name
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("kind", "key", "value"))
            writer.writerows([kind, key, v if isinstance(v, str) else json.dumps(v)] for kind, key, v in rows)
        return path

    # --- what is there ------------------------------------------------------------------------------------------------

    def add_channel(self, name: str, platform: str | None = None) -> Result:
        platform = platform or name
        return self.run(
            "channels", "add", name, "--platform", platform,
            "--settings", self.json_file("settings.json", SETTINGS[platform]),
            "--credentials", self.json_file("credentials.json", CREDENTIALS[platform]),
        )  # fmt: skip

    def add_partner(self, client_id: str, channels: str, key: Path | None = None) -> Result:
        return self.run(
            "partners", "add", client_id, "--name", "Artia", "--channels", channels, "--json",
            "--public-key", key or self.file("public.pem", any_public_pem()),
        )  # fmt: skip

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table."""
        pages = self.stack.clients.dynamodb.get_paginator("scan").paginate(TableName=self.stack.table)
        found: list[Any] = [item for page in pages for item in page["Items"]]
        return sorted(found, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))

    def secrets(self) -> dict[str, str]:
        client = self.stack.clients.secrets_manager
        names = [each["Name"] for each in client.list_secrets()["SecretList"]]
        return {name: client.get_secret_value(SecretId=name)["SecretString"] for name in names}

    def messages(self, platform: str) -> list[dict[str, Any]]:
        """What waits in a platform's queue; it is taken out."""
        url = self.stack.queues.url(platform)
        found = []
        while received := self.stack.clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                found.append(json.loads(message["Body"]))
                self.stack.clients.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


@cache
def _clients() -> OperatorClients:
    return OperatorClients(AwsAccess(region=REGION))


@pytest.fixture
def operator(
    no_aws_configuration: None, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Operator]:
    """An operator in front of a deployed stack, whose table is set up and empty."""
    # Making the clients is the slow part of a run, so all runs here share them; test_target.py finds a stack for real.
    stack = Operations(find_target())
    stack.clients = _clients()
    monkeypatch.setattr(Operations, "here", lambda: stack)
    # No worker is here that an order could be watched with.
    monkeypatch.setattr(channels, "FIRST_ORDERS_SECONDS", 0)
    with mock_aws():
        _clients().cloudformation.create_stack(StackName="orderbridge", TemplateBody=storage_template(project))
        _clients().secrets_manager.create_secret(Name="pepper", SecretString=PEPPER)
        _clients().dynamodb.put_item(TableName=stack.output("TableName"), Item=schema_item())
        yield Operator(stack, tmp_path)


@pytest.fixture
def set_up(operator: Operator) -> Operator:
    """An operator with a channel on each platform, named as the platform."""
    for platform in PLATFORMS:
        assert operator.add_channel(platform).exit_code == 0
    return operator


@pytest.fixture
def two_partners(set_up: Operator) -> Operator:
    for client_id in ("artia", "budi"):
        assert set_up.add_partner(client_id, "sirclo").exit_code == 0
    return set_up


# --- orders as intake, publisher and forwarders leave them ------------------------------------------------------------


@pytest.fixture
def place_order(operator: Operator) -> Callable[..., Order]:
    """Store an order, published, with a forward for each channel, or among the unrouted without one."""

    def place(
        number: int = 1,
        *,
        client_id: str = "artia",
        channels: Sequence[ChannelRef] = (),
        site: str = "SITE-001",
        at: datetime | None = None,
    ) -> Order:
        from orderbridge.orders.table import TableOrderIntake

        now = at or utc_now()
        day = business_date(now, "Asia/Jakarta")  # the template's
        content = SalesOrder.model_validate_json(
            json.dumps(
                {
                    "customer_code": "CUST-001",
                    "site_code": site,
                    "sales_name": "John Doe",
                    "address": "Jl. Contoh 1",
                    "purchase_order_no": f"PO-{number}",
                    "products": [{"product_code": "PROD-001", "quantity": 2}],
                }
            )
        )
        order = Order(
            key=OrderKey.of(client_id, f"po:PO-{number}"),
            code=order_code(day, number),
            content=content,
            content_hash=content.content_hash(),
            created_at=to_iso(now),
            order_date=day.isoformat(),
            status="DRAFT",
            channels=tuple(channels),
            signed_by="kid",
        )
        assert TableOrderIntake(operator.stack.clients.dynamodb, operator.stack.table).put_if_absent(order) is None
        for channel in channels:
            operator.stack.desk.create_forward(new_forward(order.key, order.code, channel, now, 60))
        if not channels:
            operator.stack.desk.await_route(order, to_iso(now), to_iso(now))
        return order

    return place


@pytest.fixture
def move(operator: Operator) -> Callable[..., Forward]:
    """Let a forward go through transitions, as its forwarder would."""

    def go(order: Order, channel: str, *changes: Callable[[Forward], Transition]) -> Forward:
        forward = next(f for f in operator.stack.desk.list_forwards(order) if f.channel.name == channel)
        for change in changes:
            forward = operator.stack.desk.save(change(forward))
        return forward

    return go


def state_of(operator: Operator, order: Order, channel: str) -> ForwardState:
    forwards = {f.channel.name: f.state for f in operator.stack.desk.list_forwards(order)}
    return forwards[channel]


@cache
def any_public_pem() -> bytes:
    return public_pem()


def public_pem(bits: int = 2048) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_pem(bits: int = 2048) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def elliptic_pem() -> bytes:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
