"""Channels, their credentials and their mappings."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orderbridge.aws import channel_items, items
from orderbridge.aws.items import to_item
from orderbridge.aws.reads import batch_get, query_all
from orderbridge.domain.breakers import Breaker
from orderbridge.domain.channels import Channel, origin
from orderbridge.domain.mapping import MappingKey, Mappings
from orderbridge.domain.orders import ChannelRef
from orderbridge.domain.site_keys import PER_SITE, is_any_site, is_of_some_site
from orderbridge.domain.times import Clock
from orderbridge.ports import ChannelUnusable, LostRace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


ADD_AGAIN = "run `orderbridge channels add` again"


def credentials_secret(stack: str, platform: str, channel: str) -> str:
    """The name of a channel's secret; its path lets a forwarder's role read its own platform's only."""
    return f"{stack}/channels/{platform}/{channel}"


class TableChannels:
    """`ChannelDirectory` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, channel: ChannelRef) -> Channel | None:
        wanted = [channel_items.profile_keys(channel.name), channel_items.state_keys(channel)]
        read = {item["SK"]["S"]: item for item in batch_get(self._client, self._table, wanted)}
        if "PROFILE" not in read or channel_items.channel_ref(read["PROFILE"]) != channel:
            return None
        return channel_items.read_channel(read["PROFILE"], read.get("STATE"))

    def find_named(self, name: str) -> Channel | None:
        for profile in batch_get(self._client, self._table, [channel_items.profile_keys(name)]):
            return self.find(channel_items.channel_ref(profile))
        return None

    def pause(self, channel: ChannelRef | Channel, reason: str, at: str) -> bool:
        return self._change(
            channel,
            f"SET paused_reason = :reason, since = :at, {channel_items.NEWS} = :paused",
            "attribute_not_exists(paused_reason)",
            {":reason": reason, ":at": at, ":paused": "PAUSED"},
        )

    def save_breaker(self, channel: Channel, breaker: Breaker) -> Channel:
        saved = replace(breaker, revision=channel.breaker.revision + 1)
        if not self._change(
            channel,
            f"SET breaker = :breaker REMOVE {channel_items.NEWS}",
            "attribute_not_exists(breaker) OR breaker.revision = :read",
            {":breaker": channel_items.breaker_values(saved), ":read": channel.breaker.revision},
        ):
            raise LostRace(channel.name)
        return replace(channel, breaker=saved)

    def _change(self, channel: ChannelRef | Channel, update: str, condition: str, values: Mapping[str, Any]) -> bool:
        """Change one part of a channel's state, pause or breaker; a change of the other at the same time stays."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=channel_items.state_keys(channel),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=to_item(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


class TableMappings:
    """`MappingStore` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, channel: str, keys: Collection[MappingKey]) -> Mappings:
        asked = dict.fromkeys(need for need in keys if not is_any_site(need))
        wanted = [items.keys(items.mapping_pk(channel, need.kind), need.key) for need in asked]
        found: dict[MappingKey, Any] = {}
        for item in batch_get(self._client, self._table, wanted):
            found[channel_items.read_mapping_key(item)] = channel_items.read_mapping_value(item)
        # Only where no row of the customer was found is it asked whether there are others: that is a call of its own.
        if not any(need.kind in PER_SITE for need in found):
            found |= {need: True for need in keys if is_any_site(need) and self._has_sites(channel, need)}
        return found

    def _has_sites(self, channel: str, marker: MappingKey) -> bool:
        rows = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="PK = :pk AND begins_with(SK, :marker)",
            ExpressionAttributeValues={
                ":pk": {"S": items.mapping_pk(channel, marker.kind)},
                ":marker": {"S": marker.key},
            },
            ProjectionExpression="SK",
            ConsistentRead=True,
        )
        return any(is_of_some_site(marker, item["SK"]["S"]) for item in rows)

    def keep_found(self, channel: str, values: Mappings, found_at: str) -> None:
        for need, value in values.items():
            with suppress(self._client.exceptions.ConditionalCheckFailedException):
                self._client.put_item(
                    TableName=self._table,
                    Item=channel_items.mapping_item(channel, need, channel_items.mapping_text(value), found_at),
                    ConditionExpression="attribute_not_exists(PK)",
                )


@dataclass(frozen=True, slots=True)
class ChannelSecret:
    """What a channel's secret holds: credentials, and the one host (`domain.channels.origin`) that they are for."""

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
    _cache: dict[str, tuple[float, ChannelSecret]] = field(default_factory=dict)

    def credentials(self, channel: Channel) -> Mapping[str, Any]:
        remembered = self._cache.get(self._name(channel))
        if remembered is not None and self.clock().timestamp() - remembered[0] < self.cache_seconds:
            secret = remembered[1]
            if secret.host == host_of(channel):
                return secret.credentials
        # Also where another host was remembered: an operator may just have moved the channel.
        return self.refreshed(channel)

    def refreshed(self, channel: Channel) -> Mapping[str, Any]:
        secret = self._read(channel)
        self._cache[self._name(channel)] = (self.clock().timestamp(), secret)
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
        except ValueError:
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
