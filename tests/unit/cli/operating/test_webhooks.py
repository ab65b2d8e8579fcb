"""What an operator does with webhooks, and what is refused in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orderbridge.webhooks.delivery import give_up, new_delivery
from orderbridge.webhooks.signing import valid_at
from orderbridge.webhooks.webhook import EVENTS, MAX_WEBHOOKS
from orderbridge_cli.operating.refusals import OperationRefused
from orderbridge_cli.operating.webhooks import OperateWebhooks
from tests.fakes import samples
from tests.fakes.steps import Clock
from tests.fakes.store import Store
from tests.fakes.webhooks import SECRET, DeliveryQueue, Vault, Webhooks, a_webhook

URL = "https://partner.example.com/hook"


class Registry:
    """Only what is asked of `PartnerRegistry` here."""

    def find(self, client_id: str) -> Any:
        return samples.partner() if client_id == samples.CLIENT_ID else None

    def client_ids(self) -> list[str]:
        return [samples.CLIENT_ID]


class Desk:
    def __init__(self, *webhooks: Any, allow_loopback_http: bool = False) -> None:
        self.clock = Clock()
        self.store = Store()
        self.webhooks = Webhooks(self.store, *webhooks)
        self.vault = Vault(None, *webhooks)
        self.queue = DeliveryQueue(self.clock)
        self.operate = OperateWebhooks(
            Registry(),  # type: ignore[arg-type]
            self.webhooks,
            self.vault,
            self.webhooks,
            self.queue,
            self.clock,
            allow_loopback_http=allow_loopback_http,
            sweep_grace_seconds=60,
        )

    def failed(self, webhook_id: str = "wh_1") -> str:
        """A failed message on record; its id."""
        made = new_delivery(a_webhook(webhook_id), EVENTS[0], "SO-20250101-00001", "{}", self.clock(), 60)
        self.store.deliveries[made.ref] = give_up(made, "no", self.clock())
        self.clock.move(1)
        return made.ref.message_id

    def events(self) -> list[str]:
        return [entry.event for entry in self.webhooks.timeline]


def test_a_webhook_gets_a_secret_of_its_own_and_hears_everything_unless_reported_otherwise() -> None:
    desk = Desk()
    first = desk.operate.add(samples.CLIENT_ID, URL)
    second = desk.operate.add(samples.CLIENT_ID, URL + "/2", ["order.shipment_changed"])
    assert (first.webhook.events, second.webhook.events) == (EVENTS, ("order.shipment_changed",))
    assert first.secret.startswith("whsec_")
    assert first.secret != second.secret
    assert [each.secret for each in desk.vault.secrets(samples.CLIENT_ID, first.webhook.webhook_id)] == [first.secret]
    assert [each.url for each in desk.operate.of(None)] == [URL, URL + "/2"]
    assert desk.events() == ["WebhookAdded", "WebhookAdded"]
    assert all(first.secret not in str(entry) for entry in desk.webhooks.timeline)


@pytest.mark.parametrize(
    ("client_id", "url", "events", "words"),
    [
        ("nobody", URL, EVENTS, "There is no partner nobody."),
        (samples.CLIENT_ID, "http://partner.example.com/", EVENTS, "The url must be https."),
        (samples.CLIENT_ID, "http://127.0.0.1/", EVENTS, "The url must be https; plain http is for loopback"),
        (samples.CLIENT_ID, "https://10.0.0.1/", EVENTS, "The url must be a public address."),
        (samples.CLIENT_ID, URL, ["order.made_up"], "There is no event order.made_up; there are"),
        (samples.CLIENT_ID, URL, [], "There is no event given"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_words_and_changes_nothing(
    client_id: str, url: str, events: list[str], words: str
) -> None:
    desk = Desk()
    with pytest.raises(OperationRefused, match=words.replace(".", r"\.")):
        desk.operate.add(client_id, url, events)
    assert not desk.webhooks.by_id
    assert not desk.vault.kept


def test_one_address_is_registered_once_and_a_partner_has_a_bounded_number() -> None:
    desk = Desk()
    for number in range(MAX_WEBHOOKS):
        desk.operate.add(samples.CLIENT_ID, f"{URL}/{number}")
    with pytest.raises(OperationRefused, match="this very url already"):
        desk.operate.add(samples.CLIENT_ID, f"{URL}/0")
    with pytest.raises(OperationRefused, match="may have no more"):
        desk.operate.add(samples.CLIENT_ID, f"{URL}/more")


def test_loopback_is_for_the_local_stack() -> None:
    assert Desk(allow_loopback_http=True).operate.add(samples.CLIENT_ID, "http://127.0.0.1:8000/hook").secret


def test_a_rotation_overlaps() -> None:
    desk = Desk(a_webhook())
    issued = desk.operate.rotate(samples.CLIENT_ID, "wh_1", 3600)
    kept = desk.vault.secrets(samples.CLIENT_ID, "wh_1")
    assert valid_at(kept, desk.clock()) == [issued.secret, SECRET]
    desk.clock.move(3600)
    assert valid_at(kept, desk.clock()) == [issued.secret]
    assert desk.events() == ["WebhookSecretRotated"]


def test_a_disabled_webhook_is_enabled_again_as_if_it_had_never_failed() -> None:
    desk = Desk(a_webhook(state="disabled", reason="410", failures=7, rest_until="2026-01-01T00:00:00.000Z"))
    desk.operate.enable(samples.CLIENT_ID, "wh_1")
    (webhook,) = desk.operate.of(samples.CLIENT_ID)
    assert (webhook.state, webhook.reason, webhook.failures, webhook.rest_until) == ("active", None, 0, None)
    desk.operate.enable(samples.CLIENT_ID, "wh_1")
    assert desk.events() == ["WebhookEnabled"]


def test_a_removed_webhook_leaves_no_secret() -> None:
    desk = Desk(a_webhook())
    desk.operate.remove(samples.CLIENT_ID, "wh_1")
    assert not desk.webhooks.by_id
    assert not desk.vault.kept
    with pytest.raises(OperationRefused, match="has no webhook wh_1"):
        desk.operate.remove(samples.CLIENT_ID, "wh_1")


def test_messages_are_sent_again_by_their_ids_or_all_that_failed() -> None:
    desk = Desk(a_webhook("wh_1"), a_webhook("wh_2"))
    first, second, third = desk.failed("wh_1"), desk.failed("wh_2"), desk.failed("wh_1")
    assert [d.ref.message_id for d in desk.operate.replay(samples.CLIENT_ID, [second, second])] == [second]
    assert [d.ref.message_id for d in desk.operate.replay_failed(samples.CLIENT_ID, "wh_1")] == [first, third]
    assert [ref.message_id for _, ref in desk.queue.sent] == [second, first, third]
    assert {delivery.state for delivery in desk.store.deliveries.values()} == {"PENDING"}
    with pytest.raises(OperationRefused, match="no message msg_0 on record"):
        desk.operate.replay(samples.CLIENT_ID, [first, "msg_0"])


def test_records_are_shown_the_newest_first_and_by_state() -> None:
    desk = Desk(a_webhook())
    ids = [desk.failed() for _ in range(3)]
    ref = next(iter(desk.store.deliveries))
    desk.store.deliveries[ref] = replace(desk.store.deliveries[ref], state="DELIVERED")
    assert [d.ref.message_id for d in desk.operate.records(samples.CLIENT_ID, None, None)] == ids[::-1]
    assert [d.ref.message_id for d in desk.operate.records(samples.CLIENT_ID, "wh_1", "DELIVERED")] == [ids[0]]
    with pytest.raises(OperationRefused, match="has no webhook wh_9"):
        desk.operate.records(samples.CLIENT_ID, "wh_9", None)
