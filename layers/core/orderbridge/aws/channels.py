"""Channels, their credentials and their mappings."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orderbridge.aws import channel_items, items
from orderbridge.aws.reads import batch_get
from orderbridge.aws.revisions import put_at_revision
from orderbridge.domain.breakers import Breaker
from orderbridge.domain.channels import Channel
from orderbridge.domain.mapping import MappingKey, Mappings
from orderbridge.domain.times import Clock
from orderbridge.ports import ChannelUnusable, LostRace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


def credentials_secret(stack: str, platform: str, channel: str) -> str:
    """The name of a channel's secret; its path lets a forwarder's role read its own platform's only."""
    return f"{stack}/channels/{platform}/{channel}"


class TableChannels:
    """`ChannelDirectory` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, name: str) -> Channel | None:
        pk = items.channel_pk(name)
        read = batch_get(self._client, self._table, [items.keys(pk, "PROFILE"), items.keys(pk, "HEALTH")])
        found = {item["SK"]["S"]: item for item in read}
        return channel_items.read_channel(found["PROFILE"], found.get("HEALTH")) if "PROFILE" in found else None

    def pause(self, name: str, reason: str, at: str) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=items.keys(items.channel_pk(name), "PROFILE"),
                UpdateExpression="SET #state = :paused, paused_reason = :reason, since = :at",
                ConditionExpression="#state = :active",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":paused": {"S": "paused"},
                    ":active": {"S": "active"},
                    ":reason": {"S": reason},
                    ":at": {"S": at},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def save_breaker(self, channel: Channel, breaker: Breaker) -> Channel:
        saved = replace(breaker, revision=channel.breaker.revision + 1)
        item = channel_items.breaker_item(channel.name, saved)
        if not put_at_revision(self._client, self._table, item, channel.breaker.revision):
            raise LostRace(channel.name)
        return replace(channel, breaker=saved)


class TableMappings:
    """`MappingStore` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, channel: str, keys: Collection[MappingKey]) -> Mappings:
        wanted = [items.keys(items.mapping_pk(channel, need.kind), need.key) for need in dict.fromkeys(keys)]
        found: dict[MappingKey, Any] = {}
        for item in batch_get(self._client, self._table, wanted):
            found[channel_items.read_mapping_key(item)] = channel_items.read_mapping_value(item)
        return found

    def keep_found(self, channel: str, values: Mappings, found_at: str) -> None:
        for need, value in values.items():
            with suppress(self._client.exceptions.ConditionalCheckFailedException):
                self._client.put_item(
                    TableName=self._table,
                    Item=channel_items.mapping_item(channel, need, channel_items.mapping_text(value), found_at),
                    ConditionExpression="attribute_not_exists(PK)",
                )


@dataclass(slots=True)
class SecretCredentials:
    """`CredentialSource` on Secrets Manager, remembered for `cache_seconds`."""

    client: SecretsManagerClient
    stack: str
    cache_seconds: float
    clock: Clock
    _cache: dict[str, tuple[float, Mapping[str, Any]]] = field(default_factory=dict)

    def credentials(self, channel: Channel) -> Mapping[str, Any]:
        remembered = self._cache.get(self._name(channel))
        if remembered is not None and self.clock().timestamp() - remembered[0] < self.cache_seconds:
            return remembered[1]
        return self.refreshed(channel)

    def refreshed(self, channel: Channel) -> Mapping[str, Any]:
        credentials = self._read(channel)
        self._cache[self._name(channel)] = (self.clock().timestamp(), credentials)
        return credentials

    def _name(self, channel: Channel) -> str:
        return credentials_secret(self.stack, channel.platform, channel.name)

    def _read(self, channel: Channel) -> Mapping[str, Any]:
        try:
            text = self.client.get_secret_value(SecretId=self._name(channel)).get("SecretString", "")
        except (
            self.client.exceptions.ResourceNotFoundException,
            self.client.exceptions.InvalidRequestException,  # it is being deleted
        ):
            raise ChannelUnusable(f"the channel {channel.name} has no credentials") from None
        try:
            credentials = json.loads(text)
        except ValueError:
            credentials = None
        if not isinstance(credentials, dict):
            # From None, and without a word of it: what cannot be read may still be a secret.
            raise ChannelUnusable(f"the credentials of the channel {channel.name} cannot be read") from None
        return credentials
