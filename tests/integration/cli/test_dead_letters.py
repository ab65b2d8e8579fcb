"""`orderbridge dlq`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orderbridge_cli.operating.tables import dead_letters
from orderbridge_cli.operating.tables.dead_letters import DeadLetters
from tests.integration.cli.conftest import Operator

DETAIL = {
    "code": "SO-1",
    "client_id": "artia",
    "reference_hash": "h",
    "channel": "sirclo",
    "platform": "sirclo",
}
DELIVERY = {"client_id": "artia", "webhook_id": "wh_1", "message_id": "msg_1"}
POSITION = {"requestContext": {}, "DDBStreamBatchInfo": {"shardId": "shardId-1", "batchSize": 1}}
EVENT = {"version": "0", "source": "orderbridge", "detail-type": "ForwardQueued", "detail": DETAIL}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)


def _put(operator: Operator, queue: str, body: Any) -> None:
    clients = operator.stack.clients
    letters = DeadLetters(clients.cloudformation, clients.sqs, "orderbridge")
    url = next(each.url for each in letters.queues() if each.name == queue)
    clients.sqs.send_message(QueueUrl=url, MessageBody=body if isinstance(body, str) else json.dumps(body))


def _counts(operator: Operator) -> dict[str, int]:
    return {row["queue"]: row["messages"] for row in operator.json("dlq", "list") if row["messages"]}


def test_every_dead_letter_queue_of_the_template_is_listed(operator: Operator) -> None:
    listed = [row["queue"] for row in operator.json("dlq", "list")]
    assert {"forward-salesmania", "rule-salesmania", "forward-sirclo", "rule-sirclo", "stream"} <= set(listed)
    assert _counts(operator) == {}


def test_the_list_can_be_of_one_queue_and_is_no_longer_than_asked_for(operator: Operator) -> None:
    _put(operator, "stream", POSITION)
    every = operator.json("dlq", "list")

    assert operator.json("dlq", "list", "--limit", "2") == every[:2]
    assert operator.json("dlq", "list", "--limit", "1000") == every
    assert operator.json("dlq", "list", "--queue", "stream") == [{"queue": "stream", "messages": 1}]
    assert "There is no dead-letter queue nothing" in operator.refused("dlq", "list", "--queue", "nothing")
    assert operator.run("dlq", "list", "--limit", "0").exit_code == 2


def test_a_message_of_nothing_but_brackets_is_shown_as_what_nobody_takes(operator: Operator) -> None:
    _put(operator, "stream", "[" * 100_000)
    (row,) = operator.json("dlq", "show")
    assert (row["queue"], row["code"]) == ("stream", None)


@pytest.mark.parametrize(("queue", "body"), [("forward-sirclo", DETAIL), ("rule-sirclo", EVENT)])
def test_a_message_is_shown_and_stays(operator: Operator, queue: str, body: Any) -> None:
    _put(operator, queue, body)

    for _ in range(2):
        (row,) = operator.json("dlq", "show")
        assert (row["queue"], row["code"], row["channel"]) == (queue, "SO-1", "sirclo")

    assert _counts(operator) == {queue: 1}


@pytest.mark.parametrize(("queue", "body"), [("forward-sirclo", DETAIL), ("rule-sirclo", EVENT)])
def test_a_redriven_message_is_in_its_platforms_queue_once(operator: Operator, queue: str, body: Any) -> None:
    _put(operator, queue, body)

    assert [row["code"] for row in operator.json("dlq", "redrive")["redriven"]] == ["SO-1"]
    assert operator.json("dlq", "redrive")["redriven"] == []

    assert operator.messages("sirclo") == [DETAIL]
    assert _counts(operator) == {}


def test_a_message_to_a_partner_is_shown_and_redriven_too(operator: Operator) -> None:
    _put(operator, "webhook", DELIVERY)

    (row,) = operator.json("dlq", "show")
    assert (row["client_id"], row["webhook_id"], row["delivery_id"]) == ("artia", "wh_1", "msg_1")
    assert (row["code"], row["channel"]) == (None, None)
    assert operator.json("dlq", "redrive")["redriven"] == [{**row, "receives": row["receives"] + 1}]

    sqs, url = operator.stack.clients.sqs, operator.stack.output("QueueWebhooks")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == DELIVERY
    assert _counts(operator) == {}


@pytest.mark.parametrize(
    ("queue", "body"), [("stream", POSITION), ("forward-sirclo", DETAIL), ("webhook", DELIVERY), ("stream", "not json")]
)
def test_what_is_discarded_is_gone_and_the_alarm_with_it(operator: Operator, queue: str, body: Any) -> None:
    for _ in range(3):
        _put(operator, queue, body)
    _put(operator, "forward-ngorder", {**DETAIL, "channel": "ngorder", "platform": "ngorder"})

    assert len(operator.json("dlq", "discard", "--queue", queue, "--dry-run")["discarded"]) == 3
    assert _counts(operator) == {"forward-ngorder": 1, queue: 3}
    assert len(operator.json("dlq", "discard", "--queue", queue, "--limit", "2")["discarded"]) == 2
    assert len(operator.json("dlq", "discard", "--queue", queue)["discarded"]) == 1

    assert _counts(operator) == {"forward-ngorder": 1}
    assert operator.messages("sirclo") == []


def test_nothing_is_discarded_without_a_word_of_which_queue(operator: Operator) -> None:
    _put(operator, "stream", POSITION)
    assert operator.run("dlq", "discard").exit_code == 2
    assert "There is no dead-letter queue nothing" in operator.refused("dlq", "discard", "--queue", "nothing")
    assert _counts(operator) == {"stream": 1}


def test_a_dry_run_moves_nothing(operator: Operator) -> None:
    _put(operator, "forward-sirclo", DETAIL)

    assert len(operator.json("dlq", "redrive", "--dry-run")["redriven"]) == 1

    assert operator.messages("sirclo") == []
    assert _counts(operator) == {"forward-sirclo": 1}


@pytest.mark.parametrize("body", ["not json", "[]", "{}", {"requestContext": {}}, {**DETAIL, "platform": "shopify"}])
def test_what_is_no_forwards_is_left_where_it_is(operator: Operator, body: Any) -> None:
    _put(operator, "stream", body)

    result = operator.json("dlq", "redrive")

    assert (result["redriven"], result["left"]) == ([], 1)
    assert _counts(operator) == {"stream": 1}


def test_queue_and_limit_are_kept_to(operator: Operator) -> None:
    for _ in range(3):
        _put(operator, "forward-sirclo", DETAIL)
    _put(operator, "forward-ngorder", {**DETAIL, "channel": "ngorder", "platform": "ngorder"})

    assert len(operator.json("dlq", "redrive", "--queue", "forward-sirclo", "--limit", "2")["redriven"]) == 2

    assert _counts(operator) == {"forward-ngorder": 1, "forward-sirclo": 1}
    assert "There is no dead-letter queue nothing" in operator.refused("dlq", "show", "--queue", "nothing")
