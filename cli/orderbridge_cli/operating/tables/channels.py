"""Channels, their credentials and their mappings as an operator reads and changes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orderbridge.aws import items
from orderbridge.aws.reads import query_all
from orderbridge.aws.writes import TRANSACTION_LIMIT, write_all_or_nothing
from orderbridge.channels import table as channel_table
from orderbridge.channels.channel import Channel
from orderbridge.channels.credentials import ChannelSecret, SecretCredentials, credentials_secret, host_of
from orderbridge.channels.mapping import KINDS, MappingKey
from orderbridge.channels.table import TableChannels
from orderbridge.values.ids import ChannelRef

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TableChannelRegistry(TableChannels):
    """`ChannelRegistry` on the table."""

    def list_channels(self) -> Sequence[Channel]:
        found = query_all(
            self._client,
            TableName=self._table,
            IndexName="registry",
            KeyConditionExpression="registry = :channel",
            ExpressionAttributeValues={":channel": {"S": "CHANNEL"}},
        )
        listed = (self.find(channel_table.channel_ref(profile)) for profile in found)
        return [channel for channel in listed if channel is not None]

    def put(self, channel: Channel) -> bool:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=channel_table.channel_item(channel),
                ConditionExpression="attribute_not_exists(PK) OR platform = :platform",
                ExpressionAttributeValues={":platform": {"S": channel.platform}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def resume(self, channel: ChannelRef | Channel, at: str) -> bool:
        return self._change(
            channel,
            f"SET since = :at REMOVE paused_reason, {channel_table.NEWS}",
            "attribute_exists(paused_reason)",
            {":at": at},
        )


class SecretVault(SecretCredentials):
    """`CredentialVault` on Secrets Manager: one secret per channel."""

    def store(self, channel: Channel, credentials: Mapping[str, Any]) -> None:
        name = credentials_secret(self.stack, channel.platform, channel.name)
        text = ChannelSecret(host_of(channel), credentials).text()
        try:
            self.client.create_secret(
                Name=name, SecretString=text, Description=f"Orderbridge: credentials of the channel {channel.name}"
            )
        except self.client.exceptions.ResourceExistsException:
            self.client.put_secret_value(SecretId=name, SecretString=text)


class TableMappingRows:
    """`MappingTable` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def found(self, channel: ChannelRef | Channel) -> Iterator[MappingKey]:
        for item in self._items(channel):
            if "found_at" in item:
                yield channel_table.read_mapping_key(item)

    def rows(self, channel: ChannelRef | Channel) -> Iterator[tuple[MappingKey, str]]:
        for item in self._items(channel):
            yield channel_table.read_mapping_key(item), item["value"]["S"]

    def _items(self, channel: ChannelRef | Channel) -> Iterator[items.Item]:
        for kind in KINDS:
            yield from query_all(
                self._client,
                TableName=self._table,
                KeyConditionExpression="PK = :pk",
                ExpressionAttributeValues={":pk": {"S": channel_table.mapping_pk(channel, kind)}},
                ConsistentRead=True,
            )

    def write(self, channel: ChannelRef | Channel, rows: Sequence[tuple[MappingKey, str]]) -> Iterable[int]:
        for start in range(0, len(rows), TRANSACTION_LIMIT):
            batch = rows[start : start + TRANSACTION_LIMIT]
            puts = [
                {"Put": {"TableName": self._table, "Item": channel_table.mapping_item(channel, key, value)}}
                for key, value in batch
            ]
            write_all_or_nothing(self._client, puts)
            yield start + len(batch)
