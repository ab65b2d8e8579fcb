"""Each file in `events/` is what its function's trigger really sends: fed to the handler, it does its work."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.events import ForwardMessage
from orderbridge.forwarding.forward.states import ForwardState, new_forward
from orderbridge.orders import table as order_table
from orderbridge.orders.order import parse_sales_order
from orderbridge.platforms.names import platform_names
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import after, to_iso, utc_now
from orderbridge.webhooks import items as webhook_items
from orderbridge.webhooks.delivery import Delivery, DeliveryRef
from orderbridge_cli.commands.local.events import event_names
from orderbridge_sandboxes import demo
from tests.contract.template import template
from tests.fakes import samples
from tests.integration.deployed import Deployed
from tests.integration.partner_side import PartnerSide, sample_event, with_body

EVENTS = event_names()


@pytest.fixture
def partner(deployed: Deployed) -> PartnerSide:
    registered = PartnerSide(deployed)
    deployed.add_partner(registered.partner)
    return registered


def function_of(name: str) -> str:
    """An event's name is its function's, or begins with it."""
    return max((each for each in template().functions() if name.startswith(each)), key=len)


def route_of(name: str) -> tuple[str, str]:
    event = sample_event(name)
    return event["httpMethod"], event["resource"]


API_EVENTS = [name for name in EVENTS if "httpMethod" in sample_event(name)]


def test_every_function_has_its_event_and_every_event_its_function() -> None:
    assert set(template().functions()) <= set(EVENTS)
    assert {function_of(name) for name in EVENTS} == set(template().functions())


@pytest.mark.parametrize("route", [route for route in template().routes() if route[0] != "HEAD"], ids=" ".join)
def test_every_route_has_its_event(route: tuple[str, str]) -> None:
    """That of a GET stands for its HEAD."""
    assert route in map(route_of, API_EVENTS), f"no file in events/ is for {' '.join(route)}"


@pytest.mark.parametrize("name", API_EVENTS)
def test_an_event_of_the_api_is_for_a_path_of_its_function(name: str) -> None:
    event = sample_event(name)
    assert template().routes()[route_of(name)] == function_of(name)
    assert event["path"] == event["resource"].format(**(event["pathParameters"] or {}))
    assert event["requestContext"]["resourcePath"] == event["resource"]
    assert {name: [value] for name, value in event["headers"].items()} == event["multiValueHeaders"]


def stored_order(deployed: Deployed, message: ForwardMessage) -> None:
    """The order and the queued forward that a message speaks of."""
    content = parse_sales_order(sample_event("order_intake")["body"].encode())
    order = replace(samples.order(message.code), key=message.key, content=content, channels=(message.channel,))
    deployed.put(order_table.order_item(order))
    deployed.put(forward_items.forward_item(new_forward(order.key, order.code, message.channel, utc_now(), 60).forward))


# --- the API ----------------------------------------------------------------------------------------------------------


def test_login_refresh_order_read_and_cancel(deployed: Deployed, partner: PartnerSide) -> None:
    status, body, _ = deployed.answer("auth_login", sample_event("auth_login"))
    assert status == 200

    refresh = with_body(sample_event("auth_refresh"), {"token": body["token"]})
    assert deployed.answer("auth_refresh", refresh)[0] == 200

    status, accepted, _ = deployed.answer("order_intake", partner.signed(sample_event("order_intake")))
    assert status == 201
    code = accepted["data"]["code"]

    def with_code(event: dict[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = json.loads(json.dumps(event).replace("SO-20250101-00001", code))
        return changed

    status, read, _ = deployed.answer("order_read", with_code(partner.signed(sample_event("order_read"))))
    assert (status, read["data"]["code"]) == (200, code)

    status, cancelled, _ = deployed.answer("order_cancel", with_code(partner.signed(sample_event("order_cancel"))))
    assert (status, cancelled["data"]["channels"][0]["cancel"]) == (200, "cancelled")


@pytest.mark.parametrize("name", [name for name in EVENTS if name.startswith("order_intake")])
def test_an_order_by_every_path(name: str, deployed: Deployed, partner: PartnerSide) -> None:
    assert deployed.answer("order_intake", partner.signed(sample_event(name)))[0] == 201


@pytest.mark.parametrize("name", ["order_read_list", "order_read_stocks"])
def test_lists(name: str, deployed: Deployed, partner: PartnerSide) -> None:
    status, listed, _ = deployed.answer("order_read", partner.signed(sample_event(name)))
    assert (status, listed["data"]) == (200, [])


@pytest.mark.parametrize("name", ["api_info_openapi", "api_info_docs"])
def test_the_apis_own_documents(name: str, deployed: Deployed) -> None:
    assert deployed.call("api_info", sample_event(name))["statusCode"] == 200


def test_health(deployed: Deployed) -> None:
    assert deployed.answer("api_info", sample_event("api_info"))[:2] == (200, {"status": "ok", "channels": []})


# --- stream, queues, schedules ----------------------------------------------------------------------------------------


def test_a_batch_of_the_stream(deployed: Deployed) -> None:
    event = sample_event("event_publisher")
    for record in event["Records"]:
        deployed.put(record["dynamodb"]["NewImage"])

    deployed.call("event_publisher", event)

    assert deployed.states() == {
        "salesmania-demo": ForwardState.QUEUED,
        "sirclo-demo": ForwardState.REJECTED,
        "ngorder-demo": ForwardState.QUEUED,
    }
    assert [call.action for call in deployed.calls].count("events:PutEvents") == 5


@pytest.mark.parametrize("platform", platform_names())
def test_a_batch_of_each_queue(platform: str, deployed: Deployed) -> None:
    """Without mappings it ends where no platform is called: the order waits for them."""
    event = sample_event(f"forward_{platform}")
    (record,) = event["Records"]
    message = ForwardMessage.from_detail(json.loads(record["body"]))
    assert message.channel == ChannelRef(f"{platform}-demo", platform)
    stored_order(deployed, message)
    settings = demo.demo_settings(platform, "https://platform.example.com")
    deployed.add_channel(Channel(message.channel.name, platform, settings), demo.DEMO_CREDENTIALS[platform])

    answer = deployed.call(f"forward_{platform}", event)

    assert answer == {"batchItemFailures": []}
    (forward,) = deployed.forwards().values()
    assert forward.state is ForwardState.NEEDS_MAPPING
    assert forward.missing


def test_the_sweepers_schedule(deployed: Deployed, partner: PartnerSide) -> None:
    deployed.answer("order_intake", partner.order())
    deployed.make_due()

    deployed.call("sweeper", sample_event("sweeper"))

    assert deployed.states() == {samples.SIRCLO.name: ForwardState.QUEUED}
    assert len(deployed.messages("ForwardQueueSirclo")) == 1


@pytest.mark.parametrize("name", ["stock_sync", "status_sync"])
def test_a_schedule_of_a_platform_without_channels_has_nothing_to_do(name: str, deployed: Deployed) -> None:
    deployed.call(name, sample_event(name))

    assert not [call for call in deployed.calls if call.action in ("dynamodb:PutItem", "events:PutEvents")]


def test_a_message_for_a_webhook_that_was_removed_is_given_up(deployed: Deployed) -> None:
    event = sample_event("webhook_sender")
    ref = DeliveryRef.from_detail(json.loads(event["Records"][0]["body"]))
    now = utc_now()
    delivery = Delivery(ref, "order.status_changed", "SO-20250101-00001", "{}", to_iso(now), due_at=after(now, 60))
    deployed.put(webhook_items.delivery_item(delivery))

    assert deployed.call("webhook_sender", event) == {"batchItemFailures": []}

    (item,) = deployed.items(webhook_items.delivery_keys(ref)["PK"]["S"])
    assert webhook_items.read_delivery(item).state == "FAILED"
