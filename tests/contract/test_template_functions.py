"""Each function in the template: what it reads, how it is called, how long it has."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from orderbridge.entrypoints.settings import load, settings_of, variables
from orderbridge.forwarding import sweeping
from orderbridge.platforms.adapter import SECONDS_PER_FORWARD
from orderbridge.platforms.names import platform_names
from orderbridge.webhooks import sending
from orderbridge.wiring.webhooks import SECONDS_PER_DELIVERY
from tests.contract.template import PROJECT, template

FUNCTIONS = sorted(template().functions())
FORWARDERS = [f"forward_{platform}" for platform in platform_names()]
FOLDERS = {name: "forwarder" if name in FORWARDERS else name for name in FUNCTIONS}
READ_BY_DEPENDENCIES = {"PYDANTIC_DISABLE_PLUGINS"}
LONGEST_APP = 40


def value_of(value: Any) -> str:
    """What a variable is at run time: a parameter's default, a number of the Mappings, or some name."""
    if isinstance(value, dict) and "Fn::FindInMap" in value:
        return str(template().number(value))
    if isinstance(value, dict):
        parameter = template().document["Parameters"].get(value.get("Ref"), {})
        return str(parameter.get("Default", "some-name"))
    return str(value)


def environment_of(name: str) -> dict[str, str]:
    return {variable: value_of(value) for variable, value in template().variables(name).items()}


def event_sources(name: str) -> list[dict[str, Any]]:
    """The queues and streams that call a function."""
    return [
        each for each in template().functions()[name].get("Events", {}).values() if each["Type"] in ("SQS", "DynamoDB")
    ]


def test_every_folder_is_the_function_of_its_name_and_one_is_the_forwarder_of_each_platform() -> None:
    assert {path.parent.name for path in PROJECT.glob("functions/*/app.py")} == set(FOLDERS.values())
    assert {name: template().folder(name) for name in FUNCTIONS} == {
        name: PROJECT / "functions" / folder for name, folder in FOLDERS.items()
    }
    assert set(FORWARDERS) < set(FUNCTIONS)


@pytest.mark.parametrize("name", sorted(set(FOLDERS.values())))
def test_a_functions_module_is_at_most_40_lines(name: str) -> None:
    lines = (PROJECT / "functions" / name / "app.py").read_text().splitlines()
    assert 1 < len(lines) <= LONGEST_APP


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_given_the_variables_that_it_reads_and_no_more(name: str) -> None:
    assert set(template().variables(name)) == variables(settings_of(name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_values_that_the_template_gives_are_readable(name: str) -> None:
    load(settings_of(name), environment_of(name))


def test_what_every_function_is_given_is_read_by_its_dependencies() -> None:
    assert set(template().shared_variables()) == READ_BY_DEPENDENCIES


def test_on_aws_no_function_is_reported_another_endpoint_and_a_local_one_is_on_this_machine() -> None:
    parameter = template().document["Parameters"]["AwsEndpointUrl"]
    assert parameter["Default"] == ""
    assert "AwsEndpointUrl" not in (PROJECT / "samconfig.toml").read_text()
    assert template().shared_variables(AwsEndpointUrl="http://localhost:1")["AWS_ENDPOINT_URL"] == "http://localhost:1"
    local = ["http://127.0.0.1:4566", "http://localhost", "http://host.docker.internal:8080"]
    others = ["http://127.0.0.1:4566/x", "https://127.0.0.1", "http://localhost.example.com", "http://x@localhost", " "]
    others += ["http://10.0.0.1:4566", "http://127.0.0.1:", "http://127a0.0.1", "http://localhost:1\n"]
    pattern = parameter["AllowedPattern"]
    assert all(re.search(pattern, value) for value in ["", *local])
    assert not any(re.search(pattern.replace("$", r"\Z"), value) for value in others)


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        path.relative_to(PROJECT).as_posix()
        for folder in ("layers/core/orderbridge", "functions")
        for path in (PROJECT / folder).rglob("*.py")
        if re.search(r"\b(environ|getenv)\b", path.read_text())
    }
    assert readers == {"layers/core/orderbridge/entrypoints/settings.py"}


@pytest.mark.usefixtures("any_table")
@pytest.mark.parametrize("name", [name for name in FUNCTIONS if event_sources(name)])
def test_partial_batches_are_reported_exactly_where_the_handler_returns_them(
    name: str, load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {**environment_of(name), "AWS_DEFAULT_REGION": "ap-southeast-3"}.items():
        monkeypatch.setenv(variable, value)
    handler = load_function(name).handler
    unreadable = {"messageId": "1", "body": "{}", "eventSource": "aws:sqs", "eventName": "INSERT", "dynamodb": 7}
    context = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 120_000)
    try:
        answer = handler({"Records": [unreadable]}, context)
        returns_partial_batches = answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
        assert returns_partial_batches, f"an unreadable record was taken for done: {answer}"
    except Exception:  # noqa: BLE001 - a handler that raises has its whole batch repeated
        returns_partial_batches = False
    for source in event_sources(name):
        types = source["Properties"].get("FunctionResponseTypes", [])
        assert types == (["ReportBatchItemFailures"] if returns_partial_batches else [])


def test_forwarders_report_partial_batches_and_the_publisher_does_not() -> None:
    """So that the test above cannot pass because a handler fails for another reason."""
    for name in FORWARDERS:
        (source,) = event_sources(name)
        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    (stream,) = event_sources("event_publisher")
    assert "FunctionResponseTypes" not in stream["Properties"]


@pytest.mark.parametrize("name", FORWARDERS)
def test_a_forwarders_queue_outwaits_six_timeouts_and_has_dead_letters(name: str) -> None:
    (source,) = event_sources(name)
    queues = template().of_type("AWS::SQS::Queue")
    queue_name = source["Properties"]["Queue"]["Fn::GetAtt"][0]
    timeout = template().number(template().functions()[name]["Timeout"])
    assert template().number(queues[queue_name]["VisibilityTimeout"]) >= 6 * timeout
    assert template().number(source["Properties"]["ScalingConfig"]["MaximumConcurrency"]) >= 2
    redrive = queues[queue_name]["RedrivePolicy"]
    assert template().number(redrive["maxReceiveCount"]) >= 3
    dead_letters = redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert dead_letters == queue_name.replace("ForwardQueue", "ForwardDeadLetters")
    kept, waiting = queues[dead_letters]["MessageRetentionPeriod"], queues[queue_name]["MessageRetentionPeriod"]
    assert template().number(kept) > template().number(waiting), "a dead letter keeps the age it had in its queue"


def test_the_webhook_senders_lanes_have_queues_and_workers_of_their_own() -> None:
    sources = [source["Properties"] for source in event_sources("webhook_sender")]
    queues = [source["Queue"]["Fn::GetAtt"][0] for source in sources]
    assert [source["ScalingConfig"]["MaximumConcurrency"]["Ref"] for source in sources] == [
        "WebhookWorkers",
        "SlowWebhookWorkers",
    ]
    assert [source["BatchSize"] for source in sources] == [1, 1], "one slow call may not hold up the rest of a batch"
    given = template().variables("webhook_sender")
    assert [given[name]["Ref"] for name in ("QUEUE_WEBHOOKS", "QUEUE_WEBHOOKS_SLOW")] == queues
    timeout = template().number(template().functions()["webhook_sender"]["Timeout"])
    assert timeout >= SECONDS_PER_DELIVERY + 4
    for queue in queues:
        properties = template().of_type("AWS::SQS::Queue")[queue]
        assert template().number(properties["VisibilityTimeout"]) >= 6 * timeout
        assert properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] == "WebhookDeadLetters"


@pytest.mark.parametrize("name", FORWARDERS)
def test_a_forwarder_has_time_for_the_longest_message(name: str) -> None:
    assert template().number(template().functions()[name]["Timeout"]) >= SECONDS_PER_FORWARD + 4


@pytest.mark.parametrize("name", FORWARDERS)
def test_a_forwarder_knows_its_own_timeout_platform_and_queue(name: str) -> None:
    given = template().variables(name)
    (source,) = event_sources(name)
    platform = name.removeprefix("forward_")
    assert given["PLATFORM"] == platform
    assert given["FUNCTION_TIMEOUT_SECONDS"] == template().functions()[name]["Timeout"]
    assert given["QUEUE_URL"] == {"Ref": source["Properties"]["Queue"]["Fn::GetAtt"][0]}
    assert given["QUEUE_URL"]["Ref"].lower() == f"forwardqueue{platform}"
    workers = source["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    assert given["WORKERS"] == workers, "a channel's rate_limit is shared out over them"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_role_and_a_log_of_its_own_that_ends(name: str) -> None:
    functions = template().functions()
    roles = [str(each["Role"]) for each in functions.values()]
    logs = [str(each["LoggingConfig"]["LogGroup"]) for each in functions.values()]
    assert (
        roles.count(str(functions[name]["Role"])) == logs.count(str(functions[name]["LoggingConfig"]["LogGroup"])) == 1
    )
    group = template().of_type("AWS::Logs::LogGroup")[functions[name]["LoggingConfig"]["LogGroup"]["Ref"]]
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_every_api_path_is_explicit() -> None:
    routes = {
        (each["Properties"]["Method"], each["Properties"]["Path"])
        for properties in template().functions().values()
        for each in properties.get("Events", {}).values()
        if each["Type"] == "Api"
    }
    orders = ("sales-orders", "sales-order", "orders/sales", "sales-orders/{code}/cancel")
    written = ("auth/login", "auth/refresh", *orders)
    read = ("sales-orders", "sales-orders/{code}", "stocks", "health", "openapi.json", "docs")
    assert routes == {
        *(("POST", f"/api/v1/{path}") for path in written),
        *((method, f"/api/v1/{path}") for path in read for method in ("GET", "HEAD")),
    }


def test_the_api_passes_every_body_on_as_bytes() -> None:
    """As text, API Gateway would make one and the same character of every byte that is no UTF-8."""
    (api,) = template().of_type("AWS::Serverless::Api").values()
    assert api["BinaryMediaTypes"] == ["*/*"]


@pytest.mark.parametrize("name", ["order_read", "api_info"])
def test_a_function_with_several_paths_has_an_endpoint_for_each(
    name: str, load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {**environment_of(name), "AWS_DEFAULT_REGION": "ap-southeast-3"}.items():
        monkeypatch.setenv(variable, value)
    paths = {each["Properties"]["Path"] for each in template().functions()[name]["Events"].values()}
    assert set(load_function(name).endpoints) == paths


def test_every_queue_of_dead_letters_and_every_function_has_its_alarm() -> None:
    alarms = template().of_type("AWS::CloudWatch::Alarm")
    watched = str([(each.get("Dimensions"), each.get("Metrics")) for each in alarms.values()])
    errors = str(
        [metric for each in alarms.values() for metric in each.get("Metrics", ()) if "'Errors'" in str(metric)]
    )
    for queue in template().of_type("AWS::SQS::Queue"):
        assert f"'{queue}'" in watched, queue
    for logical_id in template().of_type("AWS::Serverless::Function"):
        assert errors.count(f"'{logical_id}'") == 1, logical_id
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"]["Fn::If"][:2] == ["AlarmTopicGiven", [{"Ref": "AlarmTopicArn"}]], name


def test_a_deletion_or_replacement_leaves_the_table_and_the_secrets() -> None:
    kept = {name for name, each in template().resources.items() if each.get("DeletionPolicy") == "Retain"}
    assert kept == {"Table", "JwtKeys", "Pepper"}
    assert all(template().resources[name]["UpdateReplacePolicy"] == "Retain" for name in kept)


def test_the_table_can_be_restored_to_any_point_in_time() -> None:
    assert template().resources["Table"]["Properties"]["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True
    }


def test_the_functions_folders_hold_nothing_that_would_have_to_be_built() -> None:
    for name in FUNCTIONS:
        inside = {path.name for path in template().folder(name).iterdir() if path.name != "__pycache__"}
        assert inside == {"app.py"}, name


def test_no_alarm_has_more_metrics_than_cloudwatch_takes() -> None:
    """CloudWatch service quotas: an alarm on a metric math expression can have up to 10 metrics."""
    for name, alarm in template().of_type("AWS::CloudWatch::Alarm").items():
        assert sum("MetricStat" in each for each in alarm.get("Metrics", ())) <= 10, name


def test_the_sweeper_has_time_for_all_its_sweeps() -> None:
    longest = sweeping.SWEEP_SECONDS + sending.SWEEP_SECONDS
    assert template().number(template().functions()["sweeper"]["Timeout"]) >= longest + 10
