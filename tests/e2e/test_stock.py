"""Stock on the deployed stack: read from three platforms, pushed where it is wanted, and never made up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from orderbridge_cli.local.stack import LocalStack
from orderbridge_cli.local.stack_file import StackDescription
from orderbridge_sandboxes.goods import SITES
from tests.conformance.facts import facts_of
from tests.e2e.actors import Operator, Platforms
from tests.e2e.conftest import SEEDS, wait_for
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.e2e

IN_STEP: dict[str, Any] = {"changed": 0, "pushed": 0, "problems": []}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stock")


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[StackDescription]:
    """A stack of its own: a sync of all channels must meet no other test's."""
    local = LocalStack(
        state_dir=folder / ".local" / "state",
        port=0,
        stack_file=folder / ".local" / "stack.json",
        enforce_iam=True,
        live_reload=False,
        sweep_every_s=1.0,
        parameters=SEEDS,
    )
    with local:
        yield local.description


@pytest.fixture(scope="module")
def platforms(stack: StackDescription) -> Platforms:
    return Platforms(stack.sandboxes)


@pytest.fixture(scope="module")
def operator(stack: StackDescription, platforms: Platforms, folder: Path) -> Operator:
    """An operator with one channel on each platform: ngorder and sirclo are sources, salesmania receives."""
    made = Operator(folder)
    for platform in ("ngorder", "sirclo", "salesmania"):
        platforms.add_channel(made, platform, platform, folder, {"rate_limit": 500}, mapped=True)
    return made


@pytest.fixture(autouse=True)
def in_step(operator: Operator, platforms: Platforms) -> Iterator[None]:
    """Every test begins with platforms that hold the same, and a sync that has seen it."""
    platforms.heal()
    for platform, url in platforms.urls.items():
        httpx.post(f"{url}/_sandbox/reset", json={"faults": True}).raise_for_status()
        assert levels_at(platforms, platform)
    operator.run("stock", "sync")
    yield
    platforms.heal()


def levels_at(platforms: Platforms, platform: str) -> dict[str, Any]:
    """What a platform holds, by our product code."""
    stock = httpx.get(f"{platforms.urls[platform]}/_sandbox/stock").json()["stock"]
    return {code: value for code, value in stock.items() if code.startswith("PROD-")}


def set_level(platforms: Platforms, platform: str, product: str, value: Any) -> None:
    url = f"{platforms.urls[platform]}/_sandbox/stock"
    httpx.post(url, json={"product": product, "value": value}).raise_for_status()


def known(operator: Operator, product: str) -> dict[str, int]:
    """The levels that are known of a product, by channel."""
    (shown,) = operator.run("stock", "show", product)
    return {level["channel"]: level["available"] for level in shown["levels"]}


def entries(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["channel"]: entry for entry in document["channels"]}


def stored_levels(stack: StackDescription) -> list[Any]:
    """Every level item as it lies in the table."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=stack.aws_endpoint_url,
        region_name=stack.region,
        aws_access_key_id=stack.access_key,
        aws_secret_access_key=stack.secret_key,
    )
    pages = client.get_paginator("scan").paginate(TableName=stack.table)
    found = [item for page in pages for item in page["Items"] if item["PK"]["S"].startswith("STOCK#")]
    return sorted(found, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))


def test_a_second_sync_in_a_row_writes_nothing(operator: Operator, stack: StackDescription) -> None:
    before = stored_levels(stack)
    document = operator.run("stock", "sync")
    assert [entry["channel"] for entry in document["channels"]] == ["ngorder", "sirclo", "salesmania"]
    for entry in document["channels"]:
        assert entry == {"channel": entry["channel"], "ok": True, "read": 10, **IN_STEP}
    assert stored_levels(stack) == before
    assert len(before) == 30
    assert operator.run("stock", "drift") == []


def test_a_change_at_the_source_reaches_the_channel_that_receives_within_one_sync(
    operator: Operator, platforms: Platforms
) -> None:
    set_level(platforms, "ngorder", "PROD-003", 7)
    set_level(platforms, "sirclo", "PROD-003", 7)
    synced = entries(operator.run("stock", "sync"))
    assert (synced["ngorder"]["changed"], synced["salesmania"]["pushed"]) == (1, 1)
    assert levels_at(platforms, "salesmania")["PROD-003"] == 7
    assert known(operator, "PROD-003") == {"ngorder": 7, "sirclo": 7, "salesmania": 7}
    requests = httpx.get(f"{platforms.urls['salesmania']}/_sandbox/requests").json()["requests"]
    calls = [(each["method"], each["target"].partition("?")[0]) for each in requests]
    pushed = ("PATCH", "/extapi/v1.0/products/500003")
    assert calls.count(pushed) == 1
    assert calls[calls.index(pushed) + 1] == ("GET", "/extapi/v1.0/products/500003"), "the push was not read back"
    assert operator.run("stock", "drift") == []


@pytest.mark.parametrize("value", ["20", 20, " 20 "])
def test_twenty_is_twenty_however_a_platform_writes_it(operator: Operator, platforms: Platforms, value: Any) -> None:
    for platform in platforms.urls:
        set_level(platforms, platform, "PROD-004", value)
    operator.run("stock", "sync")
    assert known(operator, "PROD-004") == {"ngorder": 20, "sirclo": 20, "salesmania": 20}


def test_below_0_is_0_available_and_a_fraction_is_its_whole_pieces_and_reported(
    operator: Operator, platforms: Platforms
) -> None:
    for platform in platforms.urls:
        set_level(platforms, platform, "PROD-004", -3)
        set_level(platforms, platform, "PROD-006", "12.5")
    for entry in operator.run("stock", "sync")["channels"]:
        assert (entry["ok"], entry["read"]) == (True, 10)
        assert [problem["key"] for problem in entry["problems"]] == ["PROD-006"]
    assert known(operator, "PROD-004") == {"ngorder": 0, "sirclo": 0, "salesmania": 0}
    assert known(operator, "PROD-006") == {"ngorder": 12, "sirclo": 12, "salesmania": 12}
    assert levels_at(platforms, "salesmania")["PROD-004"] == -3, "nothing differs, so nothing is pushed"
    assert operator.run("stock", "drift") == []


@pytest.mark.parametrize("value", [None, "", "abc"])
def test_what_cannot_be_read_changes_nothing_and_is_reported(
    operator: Operator, platforms: Platforms, value: Any
) -> None:
    before = known(operator, "PROD-005")
    for platform in platforms.urls:
        set_level(platforms, platform, "PROD-005", value)
    synced = entries(operator.run("stock", "sync"))
    assert known(operator, "PROD-005") == before
    for entry in synced.values():
        assert entry["ok"]
        assert (entry["read"], entry["changed"], entry["pushed"]) == (9, 0, 0)
        (problem,) = entry["problems"]
        assert problem["key"] == "PROD-005"
        assert "is no stock level" in problem["detail"]
    assert levels_at(platforms, "salesmania")["PROD-005"] == value
    assert operator.run("stock", "drift") == []


def test_a_list_of_orders_in_the_place_of_stock_aborts_the_run_and_changes_nothing(
    operator: Operator, platforms: Platforms, stack: StackDescription, folder: Path
) -> None:
    partner = operator.register("orders", ["sirclo"], folder, stack.api_url)
    with partner.http:
        code = partner.place("PO-STOCK")
    wait_for(lambda: operator.states(code).get("sirclo") == "SENT", what="an order at SIRCLO")
    before = stored_levels(stack)
    platforms.add_channel(operator, "sirclo", "sirclo", folder, {"stock_path": "/v1/order/"}, mapped=False)
    try:
        document = operator.run("stock", "sync", exit_code=1)
    finally:
        platforms.add_channel(operator, "sirclo", "sirclo", folder, {"rate_limit": 500}, mapped=False)
    synced = entries(document)
    assert not synced["sirclo"]["ok"]
    assert "no stock levels" in synced["sirclo"]["problems"][0]["detail"]
    assert synced["ngorder"]["ok"]
    assert stored_levels(stack) == before


@pytest.mark.parametrize(
    ("platform", "fault"),
    [
        ("ngorder", {"kind": "truncate"}),
        ("sirclo", {"kind": "status", "status": 500}),
        ("salesmania", {"kind": "wrong_shape", "body": {"data": "later"}}),
    ],
)
def test_a_fault_in_the_middle_of_a_run_keeps_every_level_and_the_next_run_makes_good(
    operator: Operator, platforms: Platforms, stack: StackDescription, platform: str, fault: dict[str, Any]
) -> None:
    httpx.post(f"{platforms.urls[platform]}/_sandbox/catalogue", json={"products": 120}).raise_for_status()
    before = stored_levels(stack)
    set_level(platforms, platform, "PROD-001", 1)
    platforms.strike(platform, **fault, method="GET", path=facts_of(platform).stock.path, skip=1)
    document = operator.run("stock", "sync", platform, exit_code=1)
    (entry,) = document["channels"]
    assert (entry["ok"], entry["changed"], entry["pushed"]) == (False, 0, 0)
    assert stored_levels(stack) == before
    operator.run("stock", "sync", platform)
    expected = levels_at(platforms, "ngorder")["PROD-001"] if platform == "salesmania" else 1
    assert known(operator, "PROD-001")[platform] == expected


def test_nothing_is_pushed_from_a_source_that_could_not_be_read(operator: Operator, platforms: Platforms) -> None:
    set_level(platforms, "salesmania", "PROD-001", 3)
    platforms.strike("ngorder", kind="status", status=500, method="GET", path=facts_of("ngorder").stock.path)
    document = operator.run("stock", "sync", exit_code=1)
    assert entries(document)["salesmania"]["pushed"] == 0
    assert levels_at(platforms, "salesmania")["PROD-001"] == 3
    operator.run("stock", "sync")
    assert levels_at(platforms, "salesmania")["PROD-001"] == levels_at(platforms, "ngorder")["PROD-001"]


def test_drift_is_reported_until_it_ends_and_reported_once_on_the_bus(
    operator: Operator, platforms: Platforms, stack: StackDescription
) -> None:
    events, queues = client(stack, "events"), client(stack, "sqs")
    url = queues.create_queue(QueueName="drift")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["orderbridge"], "detail-type": ["StockDrifted"]})
    events.put_rule(Name="drift", EventBusName=stack.bus, EventPattern=pattern)
    events.put_targets(Rule="drift", EventBusName=stack.bus, Targets=[{"Id": "q", "Arn": arn, "InputPath": "$.detail"}])
    expected = levels_at(platforms, "ngorder")["PROD-006"]

    set_level(platforms, "sirclo", "PROD-006", 1)
    for _ in range(2):
        operator.run("stock", "sync")
    (drift,) = operator.run("stock", "drift")
    assert drift == {
        "product_code": "PROD-006",
        "source": "ngorder",
        "expected": expected,
        "channel": "sirclo",
        "available": 1,
        "since": drift["since"],
        "last_pushed": None,
    }
    set_level(platforms, "sirclo", "PROD-006", expected)
    for _ in range(2):
        operator.run("stock", "sync")
    assert operator.run("stock", "drift") == []

    said: list[dict[str, Any]] = []

    def receive() -> bool:
        answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        said.extend(json.loads(message["Body"]) for message in answer.get("Messages", []))
        return len(said) >= 2

    wait_for(receive, what="StockDrifted")
    assert [(each["product_code"], each["settled"]) for each in said] == [("PROD-006", False), ("PROD-006", True)]


def client(stack: StackDescription, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=stack.aws_endpoint_url,
        region_name=stack.region,
        aws_access_key_id=stack.access_key,
        aws_secret_access_key=stack.secret_key,
    )


def test_a_partner_sees_the_level_of_record_as_of_the_last_read(
    operator: Operator, platforms: Platforms, stack: StackDescription, folder: Path
) -> None:
    partner = operator.register("reader", ["salesmania"], folder, stack.api_url)
    set_level(platforms, "ngorder", "PROD-007", 42)
    operator.run("stock", "sync")

    def stock(code: str = "PROD-007", **query: str) -> dict[str, Any]:
        answer = partner.http.get(
            f"{stack.api_url}/api/v1/stocks",
            params={"product_code": code, **query},
            headers={"Authorization": f"Bearer {partner.token or partner.login()}"},
        )
        assert answer.status_code == 200, answer.text
        (level,) = answer.json()["data"]
        return dict(level)

    first = stock()
    assert first["available"] == 42
    operator.run("stock", "sync", "ngorder")
    second = stock()
    assert second["available"] == 42
    assert second["as_of"] > first["as_of"]
    in_two = levels_at(platforms, "ngorder")["PROD-008"]
    by_site = [stock("PROD-008", site_code=site)["available"] for site in SITES]
    partner.http.close()
    assert by_site == [in_two - 40, 40], "each site has what its warehouse has"


def test_two_syncs_at_once_both_come_to_their_end(operator: Operator, platforms: Platforms, folder: Path) -> None:
    set_level(platforms, "ngorder", "PROD-001", 11)
    platforms.strike("ngorder", kind="delay", seconds=1.5, method="GET", path=facts_of("ngorder").stock.path)
    command = [str(Path(sys.executable).with_name("orderbridge")), "stock", "sync", "--json"]
    both = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, out + err
    assert set(known(operator, "PROD-001").values()) == {11, levels_at(platforms, "sirclo")["PROD-001"]}
    assert levels_at(platforms, "salesmania")["PROD-001"] == 11


def test_the_templates_schedules_fire_by_themselves_and_levels_and_statuses_arrive(
    operator: Operator, platforms: Platforms, stack: StackDescription, folder: Path
) -> None:
    partner = operator.register("scheduled", ["sirclo"], folder, stack.api_url)
    with partner.http:
        code = partner.place("PO-SCHEDULED")
    wait_for(lambda: operator.states(code).get("sirclo") == "SENT", what="an order at SIRCLO")
    packed = {"order": code, "status": "packed", "awb_number": "JP8507716855"}
    httpx.post(f"{platforms.urls['sirclo']}/_sandbox/status", json=packed).raise_for_status()
    set_level(platforms, "ngorder", "PROD-002", 9)

    fire_now(client(stack, "scheduler"), f"{stack.stack}-stock-ngorder", f"{stack.stack}-status-sirclo")

    wait_for(lambda: known(operator, "PROD-002")["ngorder"] == 9, what="the schedule's read of Ngorder")
    wait_for(lambda: operator.order(code)["status"] == "SHIPPED", what="the schedule's round at SIRCLO")


def fire_now(scheduler: Any, *names: str) -> None:
    """Let the engine fire at once what these schedules fire every few minutes: the same target, as it is deployed."""
    for name in names:
        schedule = scheduler.get_schedule(Name=name)
        assert (schedule["State"], schedule["ScheduleExpression"][:5]) == ("ENABLED", "rate("), schedule
        scheduler.create_schedule(
            Name=f"{name}-now",
            ScheduleExpression=f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
            Target=schedule["Target"],
        )


def test_a_channel_that_is_paused_or_unknown_is_not_synced(operator: Operator) -> None:
    operator.run("channels", "pause", "sirclo")
    try:
        document = operator.run("stock", "sync", "sirclo", exit_code=1)
        assert "paused" in document["channels"][0]["problems"][0]["detail"]
    finally:
        operator.run("channels", "resume", "sirclo")
    operator.run("stock", "sync", "nothing", exit_code=1)
