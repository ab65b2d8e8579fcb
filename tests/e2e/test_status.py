"""What happens to an order at a platform comes back: to the order, and to the partner's own system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from orderbridge.platforms.names import platform_names
from tests.conformance.facts import facts_of
from tests.e2e.actors import Operator, Partner, Platforms
from tests.e2e.conftest import outlive_caches, wait_for
from tests.e2e.receivers import Receiver

pytestmark = pytest.mark.e2e

NewPartner = Callable[..., Partner]


def set_status(platforms: Platforms, platform: str, code: str, status: str, **details: Any) -> None:
    """What a person at the platform does to an order."""
    answer = httpx.post(
        f"{platforms.urls[platform]}/_sandbox/status", json={"order": code, "status": status, **details}
    )
    assert answer.status_code == 200, answer.text


def shown(partner: Partner, code: str) -> dict[str, Any]:
    """The order as its partner reads it."""
    answer = partner.http.get(
        f"{partner.api_url}/api/v1/sales-orders/{code}",
        headers={"Authorization": f"Bearer {partner.token or partner.login()}"},
    )
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def listed(partner: Partner) -> dict[str, str]:
    """The status of each of a partner's orders, by code, as its list shows it."""
    answer = partner.http.get(
        f"{partner.api_url}/api/v1/sales-orders",
        headers={"Authorization": f"Bearer {partner.token or partner.login()}"},
    )
    assert answer.status_code == 200, answer.text
    return {each["code"]: each["status"] for each in answer.json()["data"]}


def sent(operator: Operator, partner: Partner, reference: str) -> str:
    code = partner.place(reference)
    wait_for(lambda: set(operator.states(code).values()) == {"SENT"}, what=f"{code} to be SENT")
    return code


@pytest.mark.parametrize("platform", [name for name in platform_names() if facts_of(name).tells_waybill])
def test_an_order_shipped_at_a_platform_is_shipped_for_its_partner_and_its_system_hears_it_once(
    new_partner: NewPartner, operator: Operator, platforms: Platforms, platform: str
) -> None:
    partner = new_partner(platform, settings={"rate_limit": 500})
    with Receiver() as receiver:
        webhook = operator.run("webhooks", "add", partner.client_id, receiver.url)
        outlive_caches()  # the publisher may have remembered that there was none
        code = sent(operator, partner, f"PO-SHIPPED-{platform}")
        wait_for(lambda: receiver.about(code), what="the message that it is SUBMITTED")
        set_status(platforms, platform, code, facts_of(platform).shipped, awb_number="JP8507716855")

        synced = operator.run("statuses", "sync", partner.channels[0])["channels"]
        wait_for(lambda: shown(partner, code)["status"] == "SHIPPED", what="SHIPPED")
        wait_for(lambda: len(receiver.about(code)) == 2, what="the message that it is SHIPPED")
        again = operator.run("statuses", "sync", partner.channels[0])["channels"]
        # A message is on record with the change that it tells of, so a third one would be among these.
        delivered = ["DELIVERED", "DELIVERED"]
        wait_for(
            lambda: [each["state"] for each in _deliveries(operator, partner, code)] == delivered, what="DELIVERED"
        )

        assert (synced[0]["ok"], synced[0]["changed"], again[0]["changed"]) == (True, 1, 0)
        (channel,) = shown(partner, code)["channels"]
        assert (channel["status"], channel["awb_number"]) == ("SHIPPED", "JP8507716855")
        messages = [received.verified(webhook["secret"]) for received in receiver.about(code)]
        assert [message["data"]["status"] for message in messages] == ["SUBMITTED", "SHIPPED"]
        assert [message["data"]["sequence"] for message in messages] == [1, 2]
        (said,) = messages[1]["data"]["channels"]
        assert said == {name: channel.get(name) for name in said}
        assert len({received.message_id for received in receiver.about(code)}) == 2


def test_a_shipment_that_comes_back_is_reported_and_the_order_stays_shipped(
    new_partner: NewPartner, operator: Operator, platforms: Platforms
) -> None:
    partner = new_partner("ngorder", settings={"rate_limit": 500})
    with Receiver() as receiver:
        operator.run("webhooks", "add", partner.client_id, receiver.url)
        code = sent(operator, partner, "PO-RETURNED")
        set_status(platforms, "ngorder", code, "ON PROCESS", awb_number="JP1")
        operator.run("statuses", "sync", partner.channels[0])
        wait_for(lambda: shown(partner, code)["status"] == "SHIPPED", what="SHIPPED")
        set_status(platforms, "ngorder", code, "RETURNED")
        operator.run("statuses", "sync", partner.channels[0])

        wait_for(lambda: b"order.shipment_changed" in b"".join(each.body for each in receiver.about(code)), what="told")
        order = shown(partner, code)
        assert order["status"] == "SHIPPED"
        assert order["channels"][0]["shipment_problem"] == "RETURNED"
        assert [entry["event"] for entry in order["timeline"]][-2:] == ["StatusChanged", "ShipmentChanged"]


def test_an_order_that_is_cancelled_or_comes_back_after_its_end_is_reported(
    new_partner: NewPartner, operator: Operator, platforms: Platforms
) -> None:
    partner = new_partner("sirclo", "ngorder", settings={"rate_limit": 500})
    with Receiver() as receiver:
        webhook = operator.run("webhooks", "add", partner.client_id, receiver.url)
        outlive_caches()
        code = sent(operator, partner, "PO-AFTER-THE-END")
        for statuses in (("completed", "DELIVERED"), ("canceled", "RETURNED")):
            for platform, status in zip(("sirclo", "ngorder"), statuses, strict=True):
                set_status(platforms, platform, code, status)
            for channel in partner.channels:
                operator.run("statuses", "sync", channel)
            if statuses[0] == "completed":
                wait_for(lambda: shown(partner, code)["status"] == "COMPLETED", what="COMPLETED")

        def last() -> dict[str, Any]:
            messages = [each.verified(webhook["secret"])["data"] for each in receiver.about(code)]
            return max(messages, key=lambda message: message["sequence"], default={"channels": []})

        ended = [("COMPLETED", "RETURNED"), ("CANCELLED", None)]  # Ngorder, then SIRCLO
        wait_for(
            lambda: [(each["status"], each["shipment_problem"]) for each in last()["channels"]] == ended,
            what="the message of what happened after the end",
        )
        assert [(each["status"], each.get("shipment_problem")) for each in shown(partner, code)["channels"]] == ended
        assert shown(partner, code)["status"] == last()["status"] == "COMPLETED"


def test_with_several_channels_the_least_advanced_counts_and_a_cancelled_one_does_not(
    new_partner: NewPartner, operator: Operator, platforms: Platforms
) -> None:
    partner = new_partner("sirclo", "ngorder", settings={"rate_limit": 500})
    code = sent(operator, partner, "PO-TWO-CHANNELS")
    set_status(platforms, "sirclo", code, "packed")
    for channel in partner.channels:
        operator.run("statuses", "sync", channel)
    wait_for(lambda: [c["status"] for c in shown(partner, code)["channels"]].count("SHIPPED") == 1, what="one SHIPPED")
    assert shown(partner, code)["status"] == "SUBMITTED"
    set_status(platforms, "ngorder", code, "CANCELED")
    operator.run("statuses", "sync", partner.channels[1])
    wait_for(lambda: shown(partner, code)["status"] == "SHIPPED", what="SHIPPED, since the other is cancelled")


def test_a_receiver_that_fails_hears_again_and_replay_sends_the_same_message(
    new_partner: NewPartner, operator: Operator
) -> None:
    partner = new_partner("sirclo")
    answers = [503]
    with Receiver(lambda: answers.pop(0) if answers else 200) as receiver:
        webhook = operator.run("webhooks", "add", partner.client_id, receiver.url)
        outlive_caches()
        code = sent(operator, partner, "PO-RETRIED")
        wait_for(lambda: len(receiver.about(code)) == 2, what="the second attempt")

        first, second = receiver.about(code)
        assert (first.message_id, first.body) == (second.message_id, second.body)
        second.verified(webhook["secret"])
        wait_for(lambda: _deliveries(operator, partner, code)[0]["state"] == "DELIVERED", what="DELIVERED")
        (delivery,) = _deliveries(operator, partner, code)
        assert [attempt["status"] for attempt in delivery["attempts"]] == [503, 200]

        rotated = operator.run("webhooks", "rotate", partner.client_id, webhook["webhook"])
        outlive_caches()
        operator.run("webhooks", "replay", partner.client_id, delivery["message"])
        wait_for(lambda: len(receiver.about(code)) == 3, what="the replay")
        third = receiver.about(code)[2]
        assert third.message_id == first.message_id
        assert third.verified(webhook["secret"]) == third.verified(rotated["secret"])


def test_a_receiver_that_is_gone_is_left_alone(new_partner: NewPartner, operator: Operator) -> None:
    partner = new_partner("sirclo")
    with Receiver(lambda: 410) as receiver:
        webhook = operator.run("webhooks", "add", partner.client_id, receiver.url)
        outlive_caches()
        code = sent(operator, partner, "PO-GONE")
        wait_for(lambda: operator.run("webhooks", "list", partner.client_id)[0]["state"] == "disabled", what="disabled")
        outlive_caches()
        other = sent(operator, partner, "PO-GONE-TOO")
        # The list's status is written together with the messages that tell of it.
        wait_for(lambda: listed(partner)[other] == "SUBMITTED", what="SUBMITTED in the list")
        assert _deliveries(operator, partner, other) == receiver.about(other) == []
        assert len(receiver.about(code)) == 1
        assert _deliveries(operator, partner, code)[0]["state"] == "FAILED"
        receiver.answer = lambda: 200
        operator.run("webhooks", "enable", partner.client_id, webhook["webhook"])
        operator.run("webhooks", "replay", partner.client_id, "--failed")
        wait_for(lambda: len(receiver.about(code)) == 2, what="the replay")


@pytest.mark.parametrize(
    "url", ["http://example.com/hook", "https://10.0.0.1/hook", "https://[::1]/hook", "https://169.254.169.254/latest"]
)
def test_an_address_that_is_not_public_is_refused(new_partner: NewPartner, operator: Operator, url: str) -> None:
    partner = new_partner("sirclo")
    refused = operator.run("webhooks", "add", partner.client_id, url, exit_code=1)
    assert refused["error"].startswith("The url must")


def _deliveries(operator: Operator, partner: Partner, code: str) -> list[dict[str, Any]]:
    return [each for each in operator.run("webhooks", "deliveries", partner.client_id) if each["code"] == code]
