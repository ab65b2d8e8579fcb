"""What the template lets through: rules on the bus, filters on the stream, each held against what the code produces."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from orderbridge.aws import clients, items
from orderbridge.aws.bus import EventBridgeBus
from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import Channel, channel_paused
from orderbridge.forwarding import events
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import TELLING_STATES, Forward, ForwardState, new_forward
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.orders import table as order_table
from orderbridge.orders.order import Order, SalesOrder
from orderbridge.values.events import Event
from orderbridge.values.ids import ChannelRef, OrderKey
from orderbridge_cli.operating.tables.channels import TableChannelRegistry
from tests.contract.matching import UnknownOperator, matches
from tests.contract.template import template
from tests.integration.deployed import deployed_stack

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = OrderKey.of("acme", "po:PO-1")
CODE = "SO-20260102-00001"
PLATFORMS = {word: row["Name"] for word, row in template().document["Mappings"]["Platforms"].items()}
RULES = {name.removeprefix("Rule"): rule for name, rule in template().of_type("AWS::Events::Rule").items()}


class RecordingClient:
    """An EventBridge client that keeps what it is given."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def put_events(self, *, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}


def on_the_bus(event: Event) -> dict[str, Any]:
    """An event as a rule sees it, after our own client code has written it."""
    client: Any = RecordingClient()
    EventBridgeBus(client, "orderbridge").publish([event])
    (entry,) = client.entries
    return {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}


def order(channels: Sequence[ChannelRef] = ()) -> Order:
    content = SalesOrder.model_validate_json(
        json.dumps(
            {
                "customer_code": "C-1",
                "site_code": "S-1",
                "sales_name": "John Doe",
                "address": "Jl. Contoh 1",
                "products": [{"product_code": "P-1", "quantity": 1}],
            }
        )
    )
    return Order(
        key=KEY,
        code=CODE,
        content=content,
        content_hash=content.content_hash(),
        created_at="2026-01-02T03:04:05.000Z",
        order_date="2026-01-02",
        status="DRAFT",
        channels=tuple(channels),
        signed_by="0123456789abcdef",
        due_at="2026-01-02T03:05:05.000Z",
    )


def forward(platform: str, state: ForwardState = ForwardState.QUEUED) -> Forward:
    queued = new_forward(KEY, CODE, ChannelRef(f"{platform}-main", platform), NOW, 60).forward
    return replace(queued, state=state)


def change(name: str, item: items.Item) -> dict[str, Any]:
    """A record of the table's stream, which shows new images."""
    return {"eventName": name, "dynamodb": {"Keys": {"PK": item["PK"], "SK": item["SK"]}, "NewImage": item}}


def passes_the_stream_filter(record: dict[str, Any]) -> bool:
    source = template().functions()["event_publisher"]["Events"]["TableChanges"]["Properties"]
    return any(matches(json.loads(each["Pattern"]), record) for each in source["FilterCriteria"]["Filters"])


def test_there_is_one_rule_for_each_platform() -> None:
    assert set(RULES) == set(PLATFORMS)


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platforms_rule_matches_its_own_queued_forwards_and_no_other_platforms(name: str) -> None:
    pattern = RULES[name]["EventPattern"]
    for platform in PLATFORMS.values():
        event = on_the_bus(events.forward_queued(events.message_of(forward(platform))))
        assert matches(pattern, event) == (platform == PLATFORMS[name]), platform


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platforms_rule_matches_nothing_else_that_is_published(name: str) -> None:
    platform = PLATFORMS[name]
    channel = ChannelRef(f"{platform}-main", platform)
    published = [events.order_created(order([channel]))]
    published += [event for state in ForwardState if (event := events.forward_changed(forward(platform, state)))]
    assert len(published) > 4
    for event in published:
        assert not matches(RULES[name]["EventPattern"], on_the_bus(event)), event.detail_type
    foreign = {**on_the_bus(events.forward_queued(events.message_of(forward(platform)))), "source": "somebody.else"}
    assert not matches(RULES[name]["EventPattern"], foreign)


@pytest.mark.parametrize("name", PLATFORMS)
def test_what_a_rule_puts_into_its_queue_is_a_message_that_the_forwarder_reads(name: str) -> None:
    (target,) = RULES[name]["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [f"ForwardQueue{name}", "Arn"]}
    assert target["InputPath"] == "$.detail"
    queued = forward(PLATFORMS[name])
    detail = on_the_bus(events.forward_queued(events.message_of(queued)))["detail"]
    assert events.ForwardMessage.from_detail(detail) == events.message_of(queued)


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_rule_repeats_by_its_own_policy_and_then_keeps_what_it_could_not_deliver(name: str) -> None:
    (target,) = RULES[name]["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [f"RuleDeadLetters{name}", "Arn"]}}
    assert template().number(target["RetryPolicy"]["MaximumRetryAttempts"]) > 0
    assert 60 <= template().number(target["RetryPolicy"]["MaximumEventAgeInSeconds"]) <= 86400


def test_the_archive_keeps_everything_that_is_published() -> None:
    (archive,) = template().of_type("AWS::Events::Archive").values()
    pattern = archive["EventPattern"]
    assert matches(pattern, on_the_bus(events.order_created(order())))
    assert matches(pattern, on_the_bus(events.forward_queued(events.message_of(forward("sirclo")))))
    assert matches(pattern, on_the_bus(channel_paused(ChannelRef("sirclo-main", "sirclo"))))


def test_the_publisher_is_woken_by_every_new_order_and_by_no_later_change_of_it() -> None:
    item = order_table.order_item(order([ChannelRef("shop", "sirclo")]))
    assert passes_the_stream_filter(change("INSERT", item))
    assert not passes_the_stream_filter(change("MODIFY", item))


@pytest.mark.parametrize("state", ForwardState)
def test_what_is_new_of_a_forward_is_an_event(state: ForwardState) -> None:
    says_something = events.forward_changed(forward("ngorder", state)) is not None
    assert says_something == (state in TELLING_STATES)


@pytest.mark.parametrize("due_at", [None, "2025-01-01T00:00:00.000Z"])
def test_the_publisher_is_woken_by_a_forward_with_news_and_by_no_other(due_at: str | None) -> None:
    quiet = replace(forward("ngorder", ForwardState.SENT), due_at=due_at)
    told = replace(quiet, news_due_at="2025-01-01T00:00:00.000Z")
    for name in ("INSERT", "MODIFY"):
        assert passes_the_stream_filter(change(name, forward_items.forward_item(told))), name
        assert not passes_the_stream_filter(change(name, forward_items.forward_item(quiet))), name


def test_the_publisher_is_woken_by_a_channel_that_was_paused_and_by_nothing_else_about_channels(
    load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each write as the code makes it, and the record that the stream has of it."""
    shop = Channel("sirclo-main", "sirclo", {"base_url": "https://sirclo.example"})
    with deployed_stack(load_function, monkeypatch, tmp_path) as stack:
        channels = TableChannelRegistry(clients.dynamodb(), stack.table)

        def wakes(write: Callable[[], object]) -> bool:
            before = stack.items()
            write()
            (written,) = [item for item in stack.items() if item not in before]
            passing = {passes_the_stream_filter(change(name, written)) for name in ("INSERT", "MODIFY")}
            assert len(passing) == 1
            return passing.pop()

        assert not wakes(lambda: channels.put(shop))
        assert wakes(lambda: channels.pause(shop, "maintenance", "2026-01-02T03:04:05.000Z"))
        assert not wakes(lambda: channels.save_breaker(shop, Breaker(failures=3)))
        assert not wakes(lambda: channels.resume(shop, "2026-01-02T04:04:05.000Z"))
        assert wakes(lambda: channels.pause(shop, "again", "2026-01-02T05:04:05.000Z"))
    for pk in ("PARTNER#a", "CHANNEL#a"):
        assert not passes_the_stream_filter(change("MODIFY", {**items.keys(pk, "STATE"), "news": {"S": "PAUSED"}}))


def test_the_publisher_is_not_woken_by_what_is_beside_orders_and_forwards() -> None:
    request = forward_items.request_item(forward("sirclo"), FrozenRequest("POST", "/orders", b"{}"))
    for item in (request, items.keys("PARTNER#acme", "PROFILE"), items.keys("CODES#2026-01-02", "COUNTER")):
        assert not passes_the_stream_filter(change("INSERT", item)), item["SK"]


def test_the_table_has_the_stream_that_the_publisher_reads() -> None:
    source = template().functions()["event_publisher"]["Events"]["TableChanges"]["Properties"]
    assert source["Stream"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
    assert template().of_type("AWS::DynamoDB::Table")["Table"]["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


def test_the_publishers_batch_is_bisected_repeated_and_then_kept() -> None:
    source = template().functions()["event_publisher"]["Events"]["TableChanges"]["Properties"]
    assert source["BisectBatchOnFunctionError"] is True
    assert 0 < source["MaximumRetryAttempts"] < 100
    assert source["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["StreamDeadLetters", "Arn"]}


def test_the_matcher_refuses_an_operator_that_it_does_not_know() -> None:
    with pytest.raises(UnknownOperator):
        matches({"source": [{"wildcard": "order*"}]}, {"source": "orderbridge"})
