"""Each function called by itself, with the event and the variables that the command writes: it does real work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from orderbridge_cli.commands.local.events import event_names
from orderbridge_cli.commands.local.seeding import DEMO_PARTNER, seed_channels, seed_partner
from orderbridge_cli.local.stack import LocalStack
from orderbridge_cli.local.stack_file import StackDescription
from orderbridge_cli.target import Operations, target_of
from tests.contract.template import PROJECT, template
from tests.e2e.actors import Operator
from tests.e2e.conftest import wait_for
from tests.e2e.receivers import Receiver
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.e2e

BY_NAME = template().logical_ids()


@dataclass
class Functions:
    """A stack whose functions nobody calls but the test: no stream, no queue, no schedule."""

    description: StackDescription
    operator: Operator

    def client(self, service: str) -> Any:
        stack = self.description
        return boto3.client(
            service, endpoint_url=stack.aws_endpoint_url, region_name=stack.region,
            aws_access_key_id=stack.access_key, aws_secret_access_key=stack.secret_key,
        )  # fmt: skip

    def silence(self) -> None:
        for mapping in self.client("lambda").list_event_source_mappings()["EventSourceMappings"]:
            self.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    def event(self, name: str) -> Any:
        return self.operator.run("local", "event", name)

    def call(self, name: str) -> Any:
        """What the function answers to the event of this name."""
        function = max((each for each in BY_NAME if name.startswith(each)), key=len)
        physical = self.client("cloudformation").describe_stack_resource(
            StackName=self.description.stack, LogicalResourceId=BY_NAME[function]
        )["StackResourceDetail"]["PhysicalResourceId"]
        payload = json.dumps(self.event(name)).encode()
        answered = self.client("lambda").invoke(FunctionName=physical, Payload=payload)
        document = json.loads(answered["Payload"].read())
        assert "FunctionError" not in answered, document
        return document

    def answer(self, name: str) -> tuple[int, Any]:
        answered = self.call(name)
        is_json = "json" in answered["headers"]["Content-Type"]
        return answered["statusCode"], json.loads(answered["body"]) if is_json else answered["body"]


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Functions]:
    folder = tmp_path_factory.mktemp("functions")
    local = LocalStack(
        state_dir=folder / ".local" / "state",
        port=0,
        stack_file=folder / ".local" / "stack.json",
        live_reload=False,
        sweep_every_s=None,
        parameters={"SweepGraceSeconds": "1", "SweepRate": "rate(1 day)", "PartnerCacheSeconds": "0"},
    )
    with local:
        made = Functions(local.description, Operator(folder))
        made.silence()
        operations = Operations(target_of(asdict(made.description)))
        seed_channels(operations, made.description.sandboxes, lambda _: None)
        seed_partner(
            operations,
            Path(made.description.state) / "demo-partner",
            sorted(made.description.sandboxes),
            lambda _: None,
        )
        yield made


def test_the_first_event_that_needs_an_order_sends_one(functions: Functions) -> None:
    """Runs first: the partner has none yet."""
    status, read = functions.answer("order_read")
    assert (status, read["data"]["status"]) == (200, "DRAFT")
    assert functions.answer("order_read")[1] == read


@pytest.mark.parametrize("name", [name for name in event_names() if name.startswith("order_intake")])
def test_every_event_of_the_intake_is_a_new_order(functions: Functions, name: str) -> None:
    codes = {functions.answer(name)[1]["data"]["code"] for _ in range(2)}
    assert len(codes) == 2
    assert codes <= {order["code"] for order in functions.answer("order_read_list")[1]["data"]}


def test_the_events_of_every_other_route_are_answered_with_what_is_there(functions: Functions) -> None:
    answers = {
        name: functions.answer(name)
        for name in event_names()
        if name.startswith(("api_", "auth_", "order_read", "order_cancel"))
    }
    assert {name: status for name, (status, _) in answers.items()} == dict.fromkeys(answers, 200)
    assert answers["auth_login"][1]["token"]
    assert answers["auth_refresh"][1]["token"]
    assert answers["api_info_openapi"][1]["openapi"].startswith("3.")
    assert answers["api_info"][1]["channels"]
    assert {each["cancel"] for each in answers["order_cancel"][1]["data"]["channels"]} <= {"cancelled", "requested"}


def test_an_order_goes_all_its_way_by_single_calls(functions: Functions) -> None:
    code = functions.answer("order_intake")[1]["data"]["code"]
    functions.call("event_publisher")
    assert set(functions.operator.states(code).values()) == {"QUEUED"}
    for platform in functions.description.sandboxes:
        assert functions.call(f"forward_{platform}") == {"batchItemFailures": []}
    assert set(functions.operator.states(code).values()) == {"SENT"}
    assert functions.call("status_sync")["channels"]
    (synced,) = functions.call("stock_sync")["channels"]
    assert (synced["ok"], synced["read"]) == (True, 10)
    assert functions.answer("order_read_stocks")[1]["data"]


def test_what_was_left_behind_is_carried_on_by_the_sweeper_and_its_message_is_sent(functions: Functions) -> None:
    def swept() -> None:
        assert functions.call("sweeper") is None

    with Receiver() as receiver:
        functions.operator.run("webhooks", "add", DEMO_PARTNER, receiver.url)
        code = functions.answer("order_intake")[1]["data"]["code"]
        wait_for(lambda: (swept(), functions.operator.states(code))[1], what="the order's forwards")
        functions.answer("order_cancel")

        def said() -> bool:
            swept()
            functions.call("webhook_sender")
            return bool(receiver.about(code))

        wait_for(said, what="the message to the partner")


def test_the_variables_are_those_of_the_deployed_functions_and_hold_no_secret(functions: Functions) -> None:
    environment = functions.operator.run("local", "env")

    shared = template().shared_variables(AwsEndpointUrl="http://localhost")
    assert {name: set(own) for name, own in environment.items()} == {
        logical: {*shared, *template().variables(name)} for name, logical in BY_NAME.items()
    }
    stack = functions.description
    assert {own["TABLE_NAME"] for own in environment.values()} == {stack.table}
    assert {own["AWS_ENDPOINT_URL"] for own in environment.values()} == {stack.aws_endpoint_url}
    secrets = functions.client("secretsmanager")
    held = [secrets.get_secret_value(SecretId=each["Name"]) for each in secrets.list_secrets()["SecretList"]]
    assert held
    assert not any(each["SecretString"] in json.dumps(environment) for each in held)
    elsewhere = functions.operator.run("local", "env", "--endpoint-url", "http://host.docker.internal:1")
    assert elsewhere == {
        name: {**own, "AWS_ENDPOINT_URL": "http://host.docker.internal:1"} for name, own in environment.items()
    }


@pytest.mark.parametrize("name", ["auth_login", "order_read_stocks", "status_sync"])
def test_a_handler_that_is_given_them_does_its_work(functions: Functions, name: str) -> None:
    function = max((each for each in BY_NAME if name.startswith(each)), key=len)
    stack = functions.description
    environment = {
        **functions.operator.run("local", "env")[BY_NAME[function]],
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_ACCESS_KEY_ID": stack.access_key, "AWS_SECRET_ACCESS_KEY": stack.secret_key,
        "PATH": os.environ["PATH"], "AWS_LAMBDA_FUNCTION_NAME": function,
        "PYTHONPATH": os.pathsep.join(map(str, (template().folder(function), PROJECT / "layers" / "core"))),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", HANDLE], input=json.dumps(functions.event(name)), env=environment,
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answered = json.loads(done.stdout.splitlines()[-1])
    assert answered.get("statusCode") == 200 or answered["channels"], answered


HANDLE = """
import json, sys, types
import app
context = types.SimpleNamespace(
    aws_request_id="r", function_name="f", get_remaining_time_in_millis=lambda: 600_000
)
print(json.dumps(app.handler(json.load(sys.stdin), context)))
"""


def test_there_is_no_event_of_another_name_and_none_without_a_seeded_stack(
    functions: Functions, tmp_path: Path
) -> None:
    functions.operator.run("local", "event", "nobody", exit_code=2)
    (tmp_path / ".local").mkdir()
    description = {**asdict(functions.description), "state": str(tmp_path)}
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(description))
    Operator(tmp_path).run("local", "event", "sweeper", exit_code=1)
