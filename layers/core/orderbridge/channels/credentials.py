"""What to log in with at each channel, from Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orderbridge.channels.channel import Channel
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.http.base_urls import origin
from orderbridge.values.cache import Cache
from orderbridge.values.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


ADD_AGAIN = "run `orderbridge channels add` again"


def credentials_secret(stack: str, platform: str, channel: str) -> str:
    """The name of a channel's secret; its path lets a forwarder's role read its own platform's only."""
    return f"{stack}/channels/{platform}/{channel}"


@dataclass(frozen=True, slots=True)
class ChannelSecret:
    """What a channel's secret holds: credentials, and the one host (`channels.channel.origin`) that they are for."""

    host: str
    credentials: Mapping[str, Any] = field(repr=False)

    def text(self) -> str:
        return json.dumps({"host": self.host, "credentials": self.credentials}, ensure_ascii=False)


@dataclass(slots=True)
class SecretCredentials:
    """`CredentialSource` on Secrets Manager, remembered for `cache_seconds`.

    The one place from which credentials are read. It hands them out only for the host that their secret names, whatever
    the channel's item says: whoever can change an item, but not the secret, cannot have them sent elsewhere.
    """

    client: SecretsManagerClient
    stack: str
    cache_seconds: float
    clock: Clock
    _cache: Cache[str, ChannelSecret] = field(init=False)

    def __post_init__(self) -> None:
        self._cache = Cache(self.cache_seconds, self.clock)

    def credentials(self, channel: Channel) -> Mapping[str, Any]:
        secret = self._cache.get(self._name(channel))
        if secret is not None and secret.host == host_of(channel):
            return secret.credentials
        # Also where another host was remembered: an operator may just have moved the channel.
        return self.refreshed(channel)

    def refreshed(self, channel: Channel) -> Mapping[str, Any]:
        secret = self._read(channel)
        self._cache.put(self._name(channel), secret)
        if secret.host != host_of(channel):
            raise ChannelUnusable(
                f"the credentials of the channel {channel.name} belong to another host than its base_url; {ADD_AGAIN}"
            )
        return secret.credentials

    def _name(self, channel: Channel) -> str:
        return credentials_secret(self.stack, channel.platform, channel.name)

    def _read(self, channel: Channel) -> ChannelSecret:
        try:
            text = self.client.get_secret_value(SecretId=self._name(channel)).get("SecretString", "")
        except (
            self.client.exceptions.ResourceNotFoundException,
            self.client.exceptions.InvalidRequestException,  # it is being deleted
        ):
            raise ChannelUnusable(f"the channel {channel.name} has no credentials") from None
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        match document:
            case {"host": str(host), "credentials": dict(credentials)}:
                return ChannelSecret(host, credentials)
            case {}:
                reason = f"the credentials of the channel {channel.name} name no host; {ADD_AGAIN}"
            case _:
                reason = f"the credentials of the channel {channel.name} cannot be read; {ADD_AGAIN}"
        # From None, and without a word of it: what cannot be read may still be a secret.
        raise ChannelUnusable(reason) from None


def host_of(channel: Channel) -> str:
    """The host that a channel's settings name; raises `ChannelUnusable` where they name none."""
    try:
        return origin(channel.settings.get("base_url"))
    except ValueError:
        raise ChannelUnusable(f"the base_url of the channel {channel.name} is not an address; {ADD_AGAIN}") from None
