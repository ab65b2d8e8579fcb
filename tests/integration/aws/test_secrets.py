"""What lies in Secrets Manager: how long it is remembered, and what is said where it is not as it should be."""

from __future__ import annotations

import json
import traceback
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from orderbridge.aws import clients
from orderbridge.channels.channel import Channel
from orderbridge.channels.credentials import ChannelSecret, SecretCredentials, credentials_secret
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.partners.secrets import (
    KEYS_CACHE_SECONDS,
    KEYS_REFETCH_SECONDS,
    SecretKeyRing,
    SecretPepper,
    signing_keys,
)
from orderbridge.values.refusals import Unavailable
from tests.fakes.steps import Clock
from tests.integration.deployed import STACK, Deployed


class Vault:
    """Secrets Manager with one secret that may change."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.asked = 0
        self.down = False

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - boto3's name
        self.asked += 1
        if self.down:
            raise EndpointConnectionError(endpoint_url="https://secretsmanager")
        return {"SecretString": self.document if isinstance(self.document, str) else json.dumps(self.document)}


def key(kid: str) -> dict[str, str]:
    return {"kid": kid, "key": kid * 32}


def test_the_ring_is_remembered_and_fetched_again_at_most_once_a_minute_for_an_unknown_key() -> None:
    clock, vault = Clock(), Vault(key("1"))
    ring = SecretKeyRing(lambda: vault, "keys", clock)  # type: ignore[arg-type]
    ring.current()
    clock.move(299)
    ring.current()
    assert vault.asked == 1
    clock.move(1)
    ring.current()
    assert vault.asked == 2

    for _ in range(5):
        ring.refreshed()
    assert vault.asked == 2
    clock.move(60)
    vault.document = {**key("2"), "previous": [key("1")]}
    assert "2" in ring.refreshed().keys
    assert vault.asked == 3


class Ring:
    """A ring on a vault, and the failures that it has noted."""

    def __init__(self) -> None:
        self.clock, self.vault, self.noted = Clock(), Vault(key("1")), list[Exception]()
        self.ring = SecretKeyRing(lambda: self.vault, "keys", self.clock, self.noted.append)  # type: ignore[arg-type]


def test_an_outage_leaves_the_ring_that_was_read_and_is_asked_about_once_a_minute() -> None:
    that = Ring()
    that.ring.current()
    that.vault.down = True
    that.clock.move(KEYS_CACHE_SECONDS)

    for _ in range(5):
        assert "1" in that.ring.current().keys
    assert (that.vault.asked, len(that.noted)) == (2, 1)
    that.clock.move(KEYS_REFETCH_SECONDS - 1)
    that.ring.current()
    assert that.vault.asked == 2
    that.clock.move(1)
    that.ring.current()
    assert (that.vault.asked, len(that.noted)) == (3, 2)

    that.vault.down, that.vault.document = False, {**key("2"), "previous": [key("1")]}
    that.clock.move(KEYS_REFETCH_SECONDS)
    assert "2" in that.ring.current().keys


def test_in_an_outage_an_unknown_key_is_not_called_wrong_and_costs_one_call_a_minute() -> None:
    that = Ring()
    that.ring.current()
    that.vault.down = True
    that.clock.move(KEYS_REFETCH_SECONDS)

    with pytest.raises(EndpointConnectionError):
        that.ring.refreshed()
    for _ in range(5):
        with pytest.raises(Unavailable):
            that.ring.refreshed()
    assert that.vault.asked == 2
    that.clock.move(KEYS_REFETCH_SECONDS)
    with pytest.raises(EndpointConnectionError):
        that.ring.refreshed()


def test_a_ring_that_was_never_read_is_not_there_in_an_outage() -> None:
    that = Ring()
    that.vault.down = True
    for _ in range(2):
        with pytest.raises(EndpointConnectionError):
            that.ring.current()


def test_a_new_key_verifies_for_five_minutes_before_it_signs() -> None:
    document = {**key("2"), "created_at": 1000, "previous": [key("1")]}

    assert signing_keys(document, 1299).signing_kid == "1"
    assert signing_keys(document, 1300).signing_kid == "2"
    assert set(signing_keys(document, 1000).keys) == {"1", "2"}
    assert signing_keys(key("1"), 0).signing_kid == "1"


def test_the_pepper_is_read_once() -> None:
    vault = Vault("the pepper")
    pepper = SecretPepper(vault, "pepper")  # type: ignore[arg-type]

    assert [pepper.pepper() for _ in range(3)] == [b"the pepper"] * 3
    assert vault.asked == 1


HOST = "https://shop.example"
SHOP = Channel("a", "ngorder", {"base_url": f"{HOST}/api"})
OLD, NEW = ({"host": HOST, "credentials": {"api_key": key}} for key in ("old", "new"))


def moved(base_url: object) -> Channel:
    return replace(SHOP, settings={"base_url": base_url})


def test_credentials_are_remembered_for_their_time() -> None:
    clock, vault = Clock(), Vault(OLD)
    source = SecretCredentials(vault, "stack", 60, clock)  # type: ignore[arg-type]

    assert source.credentials(SHOP) == {"api_key": "old"}
    vault.document = NEW
    assert source.credentials(SHOP) == {"api_key": "old"}
    clock.move(60)
    assert source.credentials(SHOP) == {"api_key": "new"}


@pytest.mark.parametrize("deployed", ["moto"], indirect=True)  # the simulation deletes no secret
def test_a_channel_without_credentials_that_can_be_read_is_named_and_nothing_of_them(deployed: Deployed) -> None:
    source = SecretCredentials(clients.secrets_manager(), STACK, 60, Clock())
    name = credentials_secret(STACK, "ngorder", "a")

    def refused() -> str:
        with pytest.raises(ChannelUnusable) as unusable:
            source.credentials(SHOP)
        assert unusable.value.__cause__ is None
        return str(unusable.value)

    unreadable = "the credentials of the channel a cannot be read; run `orderbridge channels add` again"
    no_host = "the credentials of the channel a name no host; run `orderbridge channels add` again"
    assert refused() == "the channel a has no credentials"
    deployed.add_secret(name, ["secret words"])
    for text, words in (
        ("secret words", unreadable),
        ("[" * 60_000, unreadable),
        ('["secret words"]', unreadable),
        ('{"api_key": "secret words"}', no_host),
        ('{"host": null, "credentials": {"api_key": "secret words"}}', no_host),
        ('{"host": "https://shop.example", "credentials": "secret words"}', no_host),
    ):
        clients.secrets_manager().put_secret_value(SecretId=name, SecretString=text)
        assert refused() == words
    clients.secrets_manager().delete_secret(SecretId=name)
    assert refused() == "the channel a has no credentials", "it is being deleted"
    deployed.drop_secret(name)
    deployed.add_secret(name, NEW)
    assert source.credentials(SHOP) == {"api_key": "new"}


def test_credentials_that_are_refreshed_are_remembered_from_then_on() -> None:
    clock, vault = Clock(), Vault(OLD)
    source = SecretCredentials(vault, "stack", 60, clock)  # type: ignore[arg-type]
    source.credentials(SHOP)

    vault.document = NEW
    assert source.refreshed(SHOP) == {"api_key": "new"}
    assert source.credentials(SHOP) == {"api_key": "new"}


@pytest.mark.parametrize(
    "base_url",
    [
        "https://evil.example/api",
        "https://shop.example.evil.example",
        "https://shop.example:8443",
        "http://shop.example",
        "http://127.0.0.1:8080",
        "https://shop.example@evil.example",
        "https://evil.example\\@shop.example",
        "https://evil.example#https://shop.example",
        " https://shop.example",
        "",
        None,
        7,
    ],
)
def test_credentials_are_handed_out_for_their_own_host_alone(base_url: object) -> None:
    vault = Vault({"host": HOST, "credentials": {"api_key": "a-key-nobody-may-see"}})
    source = SecretCredentials(vault, "stack", 60, Clock())  # type: ignore[arg-type]
    asked = [source.credentials, source.refreshed]

    for remembered in (False, True):
        for ask in asked:
            with pytest.raises(ChannelUnusable) as unusable:
                ask(moved(base_url))
            assert "a-key-nobody-may-see" not in "".join(traceback.format_exception(unusable.value))
            assert "channel a " in str(unusable.value)
            assert str(unusable.value).endswith("; run `orderbridge channels add` again")
        if not remembered:
            source.credentials(SHOP)


@pytest.mark.parametrize(
    "base_url", ["https://SHOP.example/other", "https://shop.example:443", "https://shop.example/"]
)
def test_the_path_and_the_spelling_of_a_base_url_are_free(base_url: str) -> None:
    source = SecretCredentials(Vault(OLD), "stack", 60, Clock())  # type: ignore[arg-type]

    assert source.credentials(moved(base_url)) == {"api_key": "old"}


def test_a_channel_that_an_operator_moves_is_usable_at_once() -> None:
    vault = Vault(OLD)
    source = SecretCredentials(vault, "stack", 60, Clock())  # type: ignore[arg-type]
    source.credentials(SHOP)

    vault.document = {"host": "https://new.example", "credentials": {"api_key": "new"}}
    assert source.credentials(moved("https://new.example")) == {"api_key": "new"}


def test_a_secret_is_not_shown_by_what_holds_it() -> None:
    assert "old" not in repr(ChannelSecret(HOST, {"api_key": "old"}))
