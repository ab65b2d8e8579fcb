"""`orderbridge webhooks`: registered, shown without a secret, rotated, replayed, removed."""

from __future__ import annotations

import json

import pytest

from orderbridge.http.answer import Answer
from orderbridge.values.times import utc_now
from orderbridge.webhooks.delivery import begin, new_delivery, settle
from orderbridge.webhooks.webhook import EVENTS
from orderbridge_cli.target import Operations
from tests.integration.cli.conftest import Operator

URL = "https://partner.example.com/hook"


@pytest.fixture
def artia(set_up: Operator) -> Operator:
    """An operator with one partner, on AWS."""
    assert set_up.add_partner("artia", "sirclo").exit_code == 0
    return set_up


def failed_message(operator: Operator, webhook_id: str) -> str:
    """A message that has failed; its id."""
    (webhook,) = [each for each in operator.stack.webhook_registry.of("artia") if each.webhook_id == webhook_id]
    made = new_delivery(webhook, EVENTS[0], "SO-20250101-00001", "{}", utc_now(), 60)
    from orderbridge.webhooks.items import delivery_item

    operator.stack.clients.dynamodb.put_item(TableName=operator.stack.table, Item=delivery_item(made))
    saved = operator.stack.deliveries.save(begin(made, utc_now(), 60))
    operator.stack.deliveries.save(settle(saved, Answer(410), utc_now(), 0.5, 60))
    return made.ref.message_id


def queued(operator: Operator) -> list[str]:
    url = operator.stack.output("QueueWebhooks")
    found = operator.stack.clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"])["message_id"] for message in found]


def test_a_webhook_is_shown_with_its_secret_once(artia: Operator) -> None:
    added = artia.json("webhooks", "add", "artia", URL)
    assert added["secret"].startswith("whsec_")
    assert (added["url"], added["events"], added["state"]) == (URL, list(EVENTS), "active")
    (listed,) = artia.json("webhooks", "list")
    assert listed == {name: value for name, value in added.items() if name != "secret"}
    assert artia.json("webhooks", "list", "artia") == [listed]
    secret = artia.secrets()[f"orderbridge/webhooks/artia/{added['webhook']}"]
    assert json.loads(secret) == {"secrets": [{"secret": added["secret"], "until": None}]}
    assert added["secret"] not in str(artia.items())
    assert added["secret"] not in artia.run("webhooks", "list").output
    assert "WebhookAdded" in artia.run("partners", "show", "artia").output


def test_a_webhook_may_hear_of_some_events_only(artia: Operator) -> None:
    added = artia.json("webhooks", "add", "artia", URL, "--events", "order.status_changed")
    assert added["events"] == ["order.status_changed"]


@pytest.mark.parametrize("url", ["http://partner.example.com/hook", "http://127.0.0.1:8000/hook", "https://10.0.0.1/"])
def test_on_aws_only_https_to_public_addresses(artia: Operator, url: str) -> None:
    assert "The url must" in artia.refused("webhooks", "add", "artia", url)
    assert not [name for name in artia.secrets() if "/webhooks/" in name]


def test_on_the_local_stack_loopback_may_be_reported_too(artia: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Operations, "is_on_this_machine", True)
    assert artia.json("webhooks", "add", "artia", "http://127.0.0.1:8000/hook")["secret"]


def test_a_partner_or_a_webhook_that_is_not_there(artia: Operator) -> None:
    assert "There is no partner nobody." in artia.refused("webhooks", "add", "nobody", URL)
    assert "There is no partner nobody." in artia.refused("webhooks", "list", "nobody")
    assert "artia has no webhook wh_0." in artia.refused("webhooks", "rotate", "artia", "wh_0")


def test_a_rotation_shows_the_new_secret_and_keeps_the_old_one_for_a_day(artia: Operator) -> None:
    added = artia.json("webhooks", "add", "artia", URL)
    rotated = artia.json("webhooks", "rotate", "artia", added["webhook"])
    kept = json.loads(artia.secrets()[f"orderbridge/webhooks/artia/{added['webhook']}"])["secrets"]
    assert [each["secret"] for each in kept] == [rotated["secret"], added["secret"]]
    assert kept[0]["until"] is None
    assert kept[1]["until"] > utc_now().isoformat()
    at_once = artia.json("webhooks", "rotate", "artia", added["webhook"], "--overlap-hours", "0")
    kept = json.loads(artia.secrets()[f"orderbridge/webhooks/artia/{added['webhook']}"])["secrets"]
    assert [each["secret"] for each in kept] == [at_once["secret"]]


def test_messages_are_shown_with_every_attempt_and_sent_again(artia: Operator) -> None:
    webhook = artia.json("webhooks", "add", "artia", URL)["webhook"]
    message = failed_message(artia, webhook)
    (shown,) = artia.json("webhooks", "deliveries", "artia", "--state", "FAILED")
    assert (shown["message"], shown["code"], shown["state"]) == (message, "SO-20250101-00001", "FAILED")
    assert [attempt["status"] for attempt in shown["attempts"]] == [410]
    assert message in artia.run("webhooks", "deliveries", "artia", "--webhook", webhook).output

    (replayed,) = artia.json("webhooks", "replay", "artia", message)["replayed"]
    assert (replayed["message"], replayed["state"]) == (message, "PENDING")
    assert queued(artia) == [message]
    assert artia.json("webhooks", "deliveries", "artia", "--state", "FAILED") == []
    assert artia.json("webhooks", "replay", "artia", "--failed") == {"replayed": []}


def test_replay_wants_messages_or_failed_and_not_both(artia: Operator) -> None:
    assert artia.run("webhooks", "replay", "artia").exit_code == 2
    assert artia.run("webhooks", "replay", "artia", "msg_0", "--failed").exit_code == 2
    assert "artia has no message msg_0" in artia.refused("webhooks", "replay", "artia", "msg_0")


def test_a_webhook_that_has_lost_messages_needs_somebody_until_all_of_them_are_sent_again(artia: Operator) -> None:
    webhook = artia.json("webhooks", "add", "artia", URL)["webhook"]
    (present,) = artia.stack.webhook_registry.of("artia")
    failed_message(artia, webhook)
    artia.stack.deliveries.note_given_up(present, "2025-01-01T00:00:00.000Z")
    result = artia.run("status", "--json")
    assert result.exit_code == 1
    (need,) = json.loads(result.stdout)["needs_you"]
    assert (need["kind"], need["count"]) == ("WEBHOOK", 1)
    assert need["command"] == f"orderbridge webhooks replay artia --failed --webhook {webhook}"

    assert artia.run(*need["command"].split()[1:]).exit_code == 0

    assert artia.run("status").exit_code == 0


def test_a_webhook_that_is_enabled_again_may_get_what_has_failed_at_once(artia: Operator) -> None:
    webhook = artia.json("webhooks", "add", "artia", URL)["webhook"]
    (present,) = artia.stack.webhook_registry.of("artia")
    artia.stack.deliveries.disable(present, "410", "2025-01-01T00:00:00.000Z")
    message = failed_message(artia, webhook)
    artia.stack.deliveries.note_given_up(present, "2025-01-01T00:00:00.000Z")

    assert artia.json("webhooks", "enable", "artia", webhook, "--replay")["state"] == "active"

    assert queued(artia) == [message]
    assert artia.run("status").exit_code == 0


def test_a_removed_webhook_is_gone_with_its_secret(artia: Operator) -> None:
    webhook = artia.json("webhooks", "add", "artia", URL)["webhook"]
    assert artia.json("webhooks", "remove", "artia", webhook) == {"webhook": webhook, "state": "removed"}
    assert artia.json("webhooks", "list") == []
    assert artia.stack.webhook_vault.secrets("artia", webhook) == ()


def test_a_disabled_webhook_is_enabled_again(artia: Operator) -> None:
    webhook = artia.json("webhooks", "add", "artia", URL)["webhook"]
    (present,) = artia.stack.webhook_registry.of("artia")
    artia.stack.deliveries.disable(present, "410", "2025-01-01T00:00:00.000Z")
    assert artia.json("webhooks", "list")[0]["state"] == "disabled"
    assert artia.json("webhooks", "enable", "artia", webhook)["state"] == "active"
    assert artia.json("webhooks", "list")[0]["state"] == "active"
