"""The table's stream and the sweeper: what they publish, what they repeat, and what they never say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from orderbridge.aws import clients
from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted, Unknown
from orderbridge.entrypoints.invocation import HandlerFailed
from orderbridge.forwarding.forward.cancelling import settle_cancel
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition
from orderbridge.forwarding.forward.waiting import defer, park_for_mappings, release
from orderbridge.forwarding.table import TableOrders
from orderbridge.platforms.sirclo.statuses import TABLE
from orderbridge.status.changes import StatusReading, take_in
from orderbridge.values.times import after, to_iso, utc_now
from orderbridge.webhooks import items as webhook_items
from orderbridge_cli.operating.tables.channels import TableChannelRegistry
from tests.contract.template import template
from tests.fakes import samples
from tests.fakes.webhooks import a_webhook
from tests.integration.deployed import Deployed
from tests.integration.partner_side import PartnerSide, sample_event


@pytest.fixture
def accepted(deployed: Deployed) -> PartnerSide:
    """A partner with one accepted order, not yet published."""
    partner = PartnerSide(deployed)
    deployed.add_partner(partner.partner)
    assert deployed.answer("order_intake", partner.order())[0] == 201
    return partner


class PutEvents:
    """Stands before the bus: fails entries as it is set, keeps what went through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *failing: set[int]) -> None:
        self.failing = list(failing)
        self.published: list[str] = []
        calls = BaseClient._make_api_call

        def api_call(client: Any, operation: str, params: Any) -> Any:
            return self.answer(params["Entries"]) if operation == "PutEvents" else calls(client, operation, params)

        monkeypatch.setattr(BaseClient, "_make_api_call", api_call)

    def answer(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        failing = self.failing.pop(0) if self.failing else set()
        self.published += [e["DetailType"] for number, e in enumerate(entries) if number not in failing]
        results = [
            {"ErrorCode": "InternalFailure", "ErrorMessage": "x"} if number in failing else {"EventId": "1"}
            for number in range(len(entries))
        ]
        return {"FailedEntryCount": len(failing), "Entries": results}


def test_a_new_order_gets_its_forward_and_its_events_and_nothing_is_due_any_more(
    deployed: Deployed, accepted: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = PutEvents(monkeypatch)

    deployed.call("event_publisher", deployed.stream_records())

    assert deployed.states() == {samples.SIRCLO.name: ForwardState.QUEUED}
    assert bus.published == ["OrderCreated", "ForwardQueued"]
    assert deployed.orders()[0].due_at is None
    assert deployed.forwards()[samples.SIRCLO.name].due_at is not None


class KeyUse:
    """Sees what is written to partners, and fails it with the error that is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: str | None = None) -> None:
        self.written: list[dict[str, Any]] = []
        calls = BaseClient._make_api_call

        def api_call(client: Any, operation: str, params: Any) -> Any:
            if operation == "UpdateItem" and params["Key"]["PK"]["S"].startswith("PARTNER#"):
                self.written.append(params)
                if error is not None:
                    raise ClientError({"Error": {"Code": error, "Message": "x"}}, operation)
            return calls(client, operation, params)

        monkeypatch.setattr(BaseClient, "_make_api_call", api_call)


@pytest.mark.parametrize("error", ["ProvisionedThroughputExceededException", "AccessDeniedException"])
def test_a_key_whose_use_cannot_be_noted_does_not_repeat_the_order(
    error: str, deployed: Deployed, accepted: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, partners = PutEvents(monkeypatch), KeyUse(monkeypatch, error)

    deployed.call("event_publisher", deployed.stream_records())

    assert bus.published == ["OrderCreated", "ForwardQueued"]
    assert len(partners.written) == 1
    assert "key_use_not_noted" in [line["message"] for line in deployed.lines()]


def test_of_a_partner_the_publisher_may_write_what_it_writes_and_no_more(
    deployed: Deployed, accepted: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IAM allows by attribute; the engines of the tests know nothing of that."""
    PutEvents(monkeypatch)
    partners = KeyUse(monkeypatch)

    deployed.call("event_publisher", deployed.stream_records())

    (params,) = partners.written
    words = re.findall(r"(?<!:)\b[A-Za-z_]+\b", f"{params['UpdateExpression']} {params['ConditionExpression']}")
    named = {*params["Key"], *words} - {"SET", "AND", "OR", "attribute_exists", "attribute_not_exists"}
    conditions = [
        statement["Condition"]
        for role, statement in template().statements()
        if role == "EventPublisherRole" and "PARTNER#*" in json.dumps(statement.get("Condition", {}))
    ]
    assert conditions == [
        {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["PARTNER#*"]},
            "ForAllValues:StringEquals": {"dynamodb:Attributes": sorted(named)},
            "StringEqualsIfExists": {"dynamodb:ReturnValues": params.get("ReturnValues", "NONE")},
        }
    ]


def test_only_the_entries_that_failed_are_put_again(
    deployed: Deployed, accepted: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = PutEvents(monkeypatch, {1}, {0})

    deployed.call("event_publisher", deployed.stream_records())

    assert bus.published == ["OrderCreated", "ForwardQueued"]


def test_entries_that_fail_every_time_fail_the_batch_and_the_order_stays_due(
    deployed: Deployed, accepted: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    PutEvents(monkeypatch, {0, 1}, {0, 1}, {0, 1})

    with pytest.raises(HandlerFailed, match=r"^EventsNotPublished$"):
        deployed.call("event_publisher", deployed.stream_records())

    assert deployed.orders()[0].due_at is not None


def test_what_is_no_news_is_passed_over(
    deployed: Deployed, accepted: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = PutEvents(monkeypatch)
    (record,) = deployed.stream_records()["Records"]
    removed = {**record, "eventName": "REMOVE", "dynamodb": {"Keys": record["dynamodb"]["Keys"]}}
    changed = {**record, "eventName": "MODIFY"}
    other = {"eventName": "INSERT", "dynamodb": {"NewImage": {"PK": {"S": "ORDER#x"}, "SK": {"S": "EVENT#1"}}}}

    deployed.call("event_publisher", {"Records": [removed, changed, other]})

    assert bus.published == []
    assert deployed.states() == {}


def test_a_record_that_cannot_be_read_fails_the_batch_and_its_content_stays_inside(
    deployed: Deployed, accepted: PartnerSide, capfd: pytest.CaptureFixture[str]
) -> None:
    (record,) = deployed.stream_records()["Records"]
    record["dynamodb"]["NewImage"]["content"] = {"S": '{"sales_name": "John Doe", "address": 5}'}

    with pytest.raises(HandlerFailed) as failed:
        deployed.call("event_publisher", {"Records": [record]})

    assert "John" not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
    assert "John" not in deployed.log.getvalue() + "".join(capfd.readouterr())
    assert deployed.lines()[-1]["message"] == "invocation_failed"


def test_the_log_of_publisher_and_sweeper_holds_no_person(deployed: Deployed, accepted: PartnerSide) -> None:
    deployed.call("event_publisher", deployed.stream_records())
    deployed.make_due()
    deployed.call("sweeper", sample_event("sweeper"))

    written = deployed.log.getvalue()
    assert '"order_published"' in written
    assert '"swept"' in written
    for value in ("John Doe", "Sudirman", "CUST-001", "PO-2025-00001", accepted.token):
        assert value not in written


# --- what is news -----------------------------------------------------------------------------------------------------


def test_a_state_is_reported_once_and_not_with_every_write_that_follows(
    deployed: Deployed, accepted: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records are those of the table as it is after each write."""
    deployed.parameters["OptionalEvents"] = "OrderStatusChanged,ChannelPaused"
    bus = PutEvents(monkeypatch)
    deployed.call("event_publisher", deployed.stream_records())
    bus.published.clear()
    orders = TableOrders(clients.dynamodb(), deployed.table)
    now = utc_now()

    def write(change: Callable[[Forward], Transition]) -> list[str]:
        orders.save(change(deployed.forwards()[samples.SIRCLO.name]))
        deployed.call("event_publisher", deployed.stream_records(event_name="MODIFY"))
        published, bus.published = bus.published, []
        return published

    missing = (MappingKey.of("product", "PROD-001"),)
    sent = replace(deployed.forwards()[samples.SIRCLO.name], state=ForwardState.SENT, external_id="7")
    assert write(lambda f: park_for_mappings(f, missing, now)) == ["ForwardParked"]
    assert write(lambda f: park_for_mappings(f, missing, now)) == []
    assert write(lambda f: defer(f, "a defect", now, 0, 60)) == []
    assert write(lambda f: Transition(replace(f, due_at=after(now, 60)), None, f)) == []
    assert write(lambda f: release(f, "imported", now, 60)) == []
    assert write(lambda f: Transition(replace(sent, revision=f.revision), None, f)) == ["OrderForwarded"]
    assert write(lambda f: said(f, "a word of no table")) == []
    assert write(lambda f: said(f, "packed")) == ["OrderStatusChanged"]
    assert write(lambda f: settle_cancel(f, Unknown("timeout"), now, 0, 60)[0]) == []
    assert write(lambda f: settle_cancel(f, Accepted("7"), now, 0, 60)[0]) == ["ForwardCancelled"]


def test_what_the_sweeper_claims_is_no_news(
    deployed: Deployed, accepted: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.call("event_publisher", deployed.stream_records())
    (queued,) = deployed.forwards().values()
    parked = park_for_mappings(queued, (MappingKey.of("product", "PROD-001"),), utc_now())
    TableOrders(clients.dynamodb(), deployed.table).save(parked)
    deployed.make_due()
    deployed.call("sweeper", sample_event("sweeper"))
    bus = PutEvents(monkeypatch)

    deployed.call("event_publisher", deployed.stream_records(event_name="MODIFY"))

    assert bus.published == []


def said(forward: Forward, word: str) -> Transition:
    """What SIRCLO says about an order, taken in."""
    news = take_in(forward, StatusReading("7", {"status": word}), TABLE, utc_now())
    assert news is not None
    return news.transition


def test_a_channel_that_was_paused_is_reported_and_again_where_the_bus_failed(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused = Channel("sirclo-main", "sirclo", {"base_url": "https://sirclo.example"}, "paused", "401: who are you")
    channels = TableChannelRegistry(clients.dynamodb(), deployed.table)
    deployed.put_channel(paused)
    deployed.parameters["OptionalEvents"] = "ChannelPaused"
    bus = PutEvents(monkeypatch, {0}, {0}, {0})
    records = deployed.stream_records("BREAKER#", event_name="MODIFY")

    with pytest.raises(HandlerFailed):
        deployed.call("event_publisher", records)
    assert bus.published == []

    deployed.call("event_publisher", records)
    assert bus.published == ["ChannelPaused"]

    channels.save_breaker(paused, Breaker(failures=1))
    deployed.call("event_publisher", deployed.stream_records("BREAKER#", event_name="MODIFY"))
    channels.resume(paused, to_iso(utc_now()))
    deployed.call("event_publisher", deployed.stream_records("BREAKER#", event_name="MODIFY"))
    assert bus.published == ["ChannelPaused"]


# --- the sweeper ------------------------------------------------------------------------------------------------------


def test_without_a_stream_the_sweeper_carries_the_order_on(deployed: Deployed, accepted: PartnerSide) -> None:
    deployed.call("sweeper", sample_event("sweeper"))
    assert deployed.states() == {}, "not due yet"

    deployed.make_due()
    deployed.call("sweeper", sample_event("sweeper"))

    assert deployed.states() == {samples.SIRCLO.name: ForwardState.QUEUED}
    (message,) = deployed.messages("ForwardQueueSirclo")
    assert message["code"] == deployed.orders()[0].code
    assert deployed.orders()[0].due_at is None


def test_without_a_bus_the_order_is_on_its_way_and_the_sweep_says_what_is_left(
    deployed: Deployed, accepted: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    PutEvents(monkeypatch, *[{0, 1}] * 3)
    deployed.make_due()

    with pytest.raises(HandlerFailed, match="Incomplete"):
        deployed.call("sweeper", sample_event("sweeper"))

    assert len(deployed.messages("ForwardQueueSirclo")) == 1
    assert deployed.orders()[0].due_at is not None


def test_a_forward_past_its_due_time_gets_another_message_and_is_claimed(
    deployed: Deployed, accepted: PartnerSide
) -> None:
    deployed.call("event_publisher", deployed.stream_records())
    deployed.make_due()

    for _ in range(2):
        deployed.call("sweeper", sample_event("sweeper"))

    assert len(deployed.messages("ForwardQueueSirclo")) == 1
    assert deployed.forwards()[samples.SIRCLO.name].revision == 0, "whoever works on it notices nothing"


def test_a_change_whose_stream_record_was_lost_is_reported_by_the_sweeper_and_then_no_more(
    deployed: Deployed, accepted: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = PutEvents(monkeypatch)
    deployed.put(webhook_items.webhook_item(a_webhook()))
    deployed.call("event_publisher", deployed.stream_records())
    cancellation = json.dumps(accepted.signed(sample_event("order_cancel")))
    code = deployed.orders()[0].code
    assert deployed.answer("order_cancel", json.loads(cancellation.replace("SO-20250101-00001", code)))[0] == 200
    assert deployed.states() == {samples.SIRCLO.name: ForwardState.CANCELLED}
    bus.published.clear()

    deployed.call("sweeper", sample_event("sweeper"))
    assert deployed.orders()[0].status == "DRAFT", "the stream still has its time"
    for _ in range(2):
        deployed.make_due()
        deployed.call("sweeper", sample_event("sweeper"))

    assert deployed.orders()[0].status == "CANCELLED"
    assert bus.published == ["ForwardCancelled"]
    (delivery,) = deployed.items("DELIVERY#")
    assert json.loads(delivery["body"]["S"])["data"]["status"] == "CANCELLED"
    assert len(deployed.messages("WebhookQueue")) >= 1
