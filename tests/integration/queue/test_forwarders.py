"""The three forwarders behind their queues, with the platforms' sandboxes behind them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge_sandboxes import SANDBOXES, demo
from orderbridge_sandboxes.faults import Fault
from orderbridge_sandboxes.ngorder import demo as ngorder_demo
from tests.conformance.facts import facts_of
from tests.fakes import samples
from tests.integration.deployed import PEPPER, TOKEN_KEY, sqs_event
from tests.integration.queue.conftest import Line

S = ForwardState
DONE: dict[str, list[Any]] = {"batchItemFailures": []}


def test_an_order_goes_from_the_api_to_the_platform(line: Line) -> None:
    line.map_everything()
    code = line.accept()

    assert line.forward(sqs_event(line.detail())) == DONE

    (held,) = line.sandbox.orders
    assert held.reference == code
    forward = line.deployed.forwards()[line.channel.name]
    assert (forward.state, forward.attempts) == (S.SENT, 1)
    assert forward.external_id == (str(held.id) if facts_of(line.platform).tells_id else None)


def test_a_message_that_comes_again_sends_nothing_again(line: Line) -> None:
    line.map_everything()
    line.accept()
    for _ in range(3):
        assert line.forward(sqs_event(line.detail(), line.detail())) == DONE

    assert len(line.sandbox.orders) == 1


def test_a_whole_event_of_the_bus_is_read_too(line: Line) -> None:
    line.map_everything()
    line.accept()

    assert line.forward(sqs_event({"source": "orderbridge", "detail": line.detail()})) == DONE
    assert len(line.sandbox.orders) == 1


def test_without_its_mappings_an_order_goes_nowhere_and_lists_what_is_missing(line: Line) -> None:
    """Codes that the platform itself does not know either, so that nothing can be taken from there."""
    line.map_everything()
    line.accept(customer_code="CUST-999", products=[{"product_code": "PROD-999", "quantity": 1}])

    assert line.forward(sqs_event(line.detail())) == DONE

    forward = line.deployed.forwards()[line.channel.name]
    missing = {(need.kind, need.key) for need in forward.missing}
    assert forward.state is S.NEEDS_MAPPING
    names_customers = "customer:CUST-001" in facts_of(line.platform).missing
    assert missing >= {("product", "PROD-999"), *([("customer", "CUST-999")] if names_customers else [])}
    assert line.sandbox.orders == ()

    line.map_as("product", "PROD-999", "PROD-001")
    line.map_as("customer", "CUST-999", "CUST-001")
    line.forward(sqs_event(line.detail()))
    assert line.deployed.states() == {line.channel.name: S.SENT}


def test_an_order_that_no_one_order_at_ngorder_can_hold_waits_and_says_why(ngorder: Line) -> None:
    """Goods of our own and of a supplier: both products are mapped, and still the second is what is missing."""
    ngorder.map_everything()
    supplied = {"variation_id": ngorder_demo.VARIATION + 2, "product_status": "R"}
    ngorder.deployed.add_mapping(ngorder.channel, MappingKey.of("product", "PROD-002"), supplied)
    ngorder.deployed.add_mapping(ngorder.channel, MappingKey.of("cost", "PROD-002"), "5000")
    ngorder.accept(products=[{"product_code": f"PROD-00{number}", "quantity": 1} for number in (1, 2)])

    assert ngorder.forward(sqs_event(ngorder.detail())) == DONE

    forward = ngorder.deployed.forwards()[ngorder.channel.name]
    assert (forward.state, forward.missing) == (S.NEEDS_MAPPING, (MappingKey("product", "PROD-002"),))
    assert forward.error == "product:PROD-002 is of product_status R, the first line of S; an order is of one"
    assert ngorder.sandbox.orders == ()


def test_only_what_failed_comes_back_to_the_queue(ngorder: Line) -> None:
    ngorder.map_everything()
    ngorder.accept(1)
    ngorder.accept(2)
    stranger = {**ngorder.detail(1), "reference_hash": "never"}

    answer = ngorder.forward(sqs_event(ngorder.detail(1), "no JSON", stranger, ngorder.detail(2), {"code": 1}, "[]"))

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == [
        "message-1",
        "message-2",
        "message-4",
        "message-5",
    ]
    assert len(ngorder.sandbox.orders) == 2


def test_a_message_that_there_is_no_time_for_is_not_begun(ngorder: Line) -> None:
    ngorder.map_everything()
    ngorder.accept()

    answer = ngorder.forward(sqs_event(ngorder.detail()), milliseconds_left=10_000)

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["message-0"]
    assert ngorder.deployed.states() == {ngorder.channel.name: S.QUEUED}
    assert ngorder.sandbox.orders == ()


@contextmanager
def without(failing: Collection[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS, some of whose operations cannot be reached."""
    calls = BaseClient._make_api_call

    def api_call(client: Any, operation: str, params: Any) -> Any:
        if operation in failing:
            raise EndpointConnectionError(endpoint_url="https://aws.example.com")
        return calls(client, operation, params)

    with monkeypatch.context() as broken:
        broken.setattr(BaseClient, "_make_api_call", api_call)
        yield


# --- faults -----------------------------------------------------------------------------------------------------------


def test_a_platform_that_asks_for_time_gets_a_message_later(line: Line) -> None:
    line.map_everything()
    line.accept()
    line.sandbox.faults.add(Fault("status", status=429, retry_after=7, count=None))

    line.forward(sqs_event(line.detail()))

    forward = line.deployed.forwards()[line.channel.name]
    assert (forward.state, forward.not_before is not None) == (S.QUEUED, True)
    assert line.sandbox.orders == ()
    assert line.deployed.messages(line.queue) == [], "it is delayed"


@pytest.mark.parametrize("failing", [("PutItem", "TransactWriteItems"), ("BatchGetItem",)])
def test_when_the_table_does_not_answer_the_message_comes_back_and_nothing_is_sent_twice(
    failing: Collection[str], line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.map_everything()
    line.accept()
    with without(failing, monkeypatch):
        answer = line.forward(sqs_event(line.detail()))
    assert len(answer["batchItemFailures"]) == 1

    line.forward(sqs_event(line.detail()))
    line.forward(sqs_event(line.detail()))
    assert len(line.sandbox.orders) == 1


# --- what should not have happened ------------------------------------------------------------------------------------


def test_when_the_secrets_do_not_answer_the_forward_says_so_and_is_tried_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.map_everything()
    line.accept()
    with without(["GetSecretValue"], monkeypatch):
        assert line.forward(sqs_event(line.detail())) == DONE

    forward = line.deployed.forwards()[line.channel.name]
    assert forward.state is S.QUEUED
    assert "EndpointConnectionError" in (forward.error or "")
    failed = next(each for each in line.deployed.lines() if each["message"] == "forward_failed")
    assert (failed["error_type"], failed["code"]) == ("EndpointConnectionError", forward.code)
    assert failed["error_at"], "with its traceback"

    line.deployed.end_delays()
    line.forward(sqs_event(line.detail()))
    line.forward(sqs_event(line.detail()))
    assert len(line.sandbox.orders) == 1


def test_without_its_credentials_an_order_waits_and_is_let_go_with_new_ones(ngorder: Line) -> None:
    ngorder.map_everything()
    ngorder.accept()
    ngorder.deployed.drop_secret(ngorder.secret)

    for _ in range(3):
        assert ngorder.forward(sqs_event(ngorder.detail())) == DONE
    forward = ngorder.deployed.forwards()[ngorder.channel.name]
    assert (forward.state, forward.error) == (S.PAUSED, "the channel ngorder-demo has no credentials")
    assert ngorder.timeline().count("ForwardPaused") == 1

    ngorder.deployed.add_secret(ngorder.secret, ["no object"])
    ngorder.deployed.end_delays()
    ngorder.forward(sqs_event(ngorder.detail()))
    forward = ngorder.deployed.forwards()[ngorder.channel.name]
    assert (
        forward.error
        == "the credentials of the channel ngorder-demo cannot be read; run `orderbridge channels add` again"
    )

    ngorder.deployed.drop_secret(ngorder.secret)
    ngorder.store_credentials({"api_kay": "secret-of-a-misspelt-name"})
    ngorder.deployed.end_delays()
    ngorder.forward(sqs_event(ngorder.detail()))
    forward = ngorder.deployed.forwards()[ngorder.channel.name]
    assert "api_kay" in (forward.error or "")
    assert "secret-of-a-misspelt-name" not in (forward.error or "")

    ngorder.deployed.drop_secret(ngorder.secret)
    ngorder.store_credentials(demo.DEMO_CREDENTIALS["ngorder"])
    ngorder.forward(sqs_event(ngorder.detail()))
    assert ngorder.deployed.states() == {ngorder.channel.name: S.QUEUED}, "let go, by the message for it"
    ngorder.forward(sqs_event(ngorder.detail()))
    assert ngorder.deployed.states() == {ngorder.channel.name: S.SENT}


def test_an_order_for_a_channel_that_is_not_there_waits_for_it(ngorder: Line) -> None:
    ngorder.map_everything()
    ngorder.accept()
    ngorder.deployed.put_away(f"CHANNEL#{ngorder.channel.name}", "PROFILE")

    assert ngorder.forward(sqs_event(ngorder.detail())) == DONE

    forward = ngorder.deployed.forwards()[ngorder.channel.name]
    assert (forward.state, forward.error) == (S.PAUSED, "there is no channel ngorder-demo on ngorder")
    assert ngorder.deployed.lines()[-2]["message"] == "forward_failed"


def test_credentials_do_not_go_to_a_host_that_somebody_has_written_into_the_channel(line: Line) -> None:
    line.map_everything()
    line.accept(1)
    line.accept(2)
    assert line.forward(sqs_event(line.detail(1))) == DONE, "from now on the credentials are remembered"
    before = len(line.sandbox.requests)
    with SANDBOXES[line.platform]() as foreign:
        settings = demo.demo_settings(line.platform, foreign.url)
        line.deployed.put_channel(Channel(line.channel.name, line.platform, settings))
        assert line.forward(sqs_event(line.detail(2))) == DONE

        assert foreign.requests == ()
    assert len(line.sandbox.requests) == before
    (paused,) = [i for i in line.deployed.items("FORWARD#") if i.get("state", {}).get("S") == "PAUSED"]
    assert "another host" in paused["error"]["S"]
    assert "channels add" in paused["error"]["S"]


def test_a_forwarder_leaves_what_is_another_platforms_alone(ngorder: Line) -> None:
    """Neither a message nor a channel that says another platform makes it read another one's secret or breaker."""
    ngorder.map_everything()
    ngorder.accept()
    ngorder.deployed.calls.clear()

    ngorder.deployed.put_channel(Channel(ngorder.channel.name, "sirclo", {"base_url": ngorder.sandbox.url}))
    assert ngorder.forward(sqs_event(ngorder.detail())) == DONE
    assert ngorder.deployed.forwards()[ngorder.channel.name].error == "there is no channel ngorder-demo on ngorder"

    assert ngorder.forward(sqs_event({**ngorder.detail(), "platform": "sirclo"})) != DONE

    reached = [key for call in ngorder.deployed.calls for key in (*call.leading_keys, call.resource)]
    assert not [key for key in reached if "sirclo" in key]
    assert ngorder.sandbox.requests == ()


# --- the log ----------------------------------------------------------------------------------------------------------


def test_no_run_of_a_forwarder_logs_a_secret_or_a_person(line: Line, capfd: pytest.CaptureFixture[str]) -> None:
    line.accept(1)
    line.forward(sqs_event(line.detail(1), "no JSON: Jl. Sudirman"))
    line.map_everything()
    line.forward(sqs_event(line.detail(1)))
    line.accept(2)
    line.sandbox.faults.add(Fault("status", status=400, body={"message": "John Doe is unknown"}, count=None))
    line.forward(sqs_event(line.detail(2)))
    out, err = capfd.readouterr()
    written = line.deployed.log.getvalue() + out + err

    assert '"forward_handled"' in written
    assert '"message_failed"' in written
    credentials = demo.DEMO_CREDENTIALS[line.platform]
    content = json.loads(line.partner.order()["body"])
    unwanted = [
        PEPPER, TOKEN_KEY, samples.CLIENT_SECRET, line.partner.token, content["address"], content["sales_name"],
        content["customer_code"], "Sudirman", *(str(value) for value in credentials.values() if len(str(value)) > 4),
        *(demo.Customer(number).phone for number in range(1, demo.CUSTOMERS + 1)),
    ]  # fmt: skip
    for value in unwanted:
        assert value not in written, value


def test_each_message_is_logged_by_itself(ngorder: Line) -> None:
    ngorder.map_everything()
    ngorder.accept(1)

    ngorder.forward(sqs_event(ngorder.detail(1), "no JSON"))

    handled, failed = ngorder.deployed.lines()[-2:]
    assert (handled["message"], handled["message_id"], handled["state"]) == ("forward_handled", "message-0", "SENT")
    assert (failed["message"], failed["message_id"]) == ("message_failed", "message-1")
    assert not {"code", "channel", "state", "attempts"} & failed.keys()
