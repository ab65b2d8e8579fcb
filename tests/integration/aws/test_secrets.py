"""What lies in Secrets Manager: how long it is remembered, and what is said where it is not as it should be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from orderbridge.aws import clients
from orderbridge.aws.channels import SecretCredentials, credentials_secret
from orderbridge.aws.secrets import KEYS_CACHE_SECONDS, KEYS_REFETCH_SECONDS, SecretKeyRing, SecretPepper, signing_keys
from orderbridge.domain.channels import Channel
from orderbridge.domain.problems import Unavailable
from orderbridge.ports import ChannelUnusable
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


def test_the_ring_is_remembered_and_fetched_anew_at_most_once_a_minute_for_an_unknown_key() -> None:
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
    """A ring on a vault, and what it has told of failures."""

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


def test_credentials_are_remembered_for_their_time() -> None:
    clock, vault = Clock(), Vault({"api_key": "old"})
    source = SecretCredentials(vault, "stack", 60, clock)  # type: ignore[arg-type]
    channel = Channel("a", "ngorder", {})

    assert source.credentials(channel) == {"api_key": "old"}
    vault.document = {"api_key": "new"}
    assert source.credentials(channel) == {"api_key": "old"}
    clock.move(60)
    assert source.credentials(channel) == {"api_key": "new"}


def test_a_channel_without_credentials_that_can_be_read_is_named_and_nothing_of_them(deployed: Deployed) -> None:
    source = SecretCredentials(clients.secrets_manager(), STACK, 60, Clock())
    channel = Channel("a", "ngorder", {})
    name = credentials_secret(STACK, "ngorder", "a")

    def refused() -> str:
        with pytest.raises(ChannelUnusable) as unusable:
            source.credentials(channel)
        assert unusable.value.__cause__ is None
        return str(unusable.value)

    assert refused() == "the channel a has no credentials"
    deployed.add_secret(name, ["secret words"])
    assert refused() == "the credentials of the channel a cannot be read"
    clients.secrets_manager().put_secret_value(SecretId=name, SecretString="secret words")
    assert refused() == "the credentials of the channel a cannot be read"
    clients.secrets_manager().delete_secret(SecretId=name)
    assert refused() == "the channel a has no credentials", "it is being deleted"
    deployed.drop_secret(name)
    deployed.add_secret(name, {"api_key": "new"})
    assert source.credentials(channel) == {"api_key": "new"}


def test_credentials_that_are_refreshed_are_remembered_from_then_on() -> None:
    clock, vault = Clock(), Vault({"api_key": "old"})
    source = SecretCredentials(vault, "stack", 60, clock)  # type: ignore[arg-type]
    channel = Channel("a", "ngorder", {})
    source.credentials(channel)

    vault.document = {"api_key": "new"}
    assert source.refreshed(channel) == {"api_key": "new"}
    assert source.credentials(channel) == {"api_key": "new"}
