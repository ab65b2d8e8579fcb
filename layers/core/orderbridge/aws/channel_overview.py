"""All channels at once, remembered for a few seconds, for those who ask often and change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orderbridge.aws import channel_items
from orderbridge.aws.reads import batch_get, query_all
from orderbridge.domain.channels import Channel
from orderbridge.domain.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(slots=True)
class TableChannelOverview:
    """`ChannelOverview` on the registry index and the channels' states."""

    client: DynamoDBClient
    table: str
    cache_seconds: float
    clock: Clock
    _read_at: float = float("-inf")
    _channels: Sequence[Channel] = field(default_factory=tuple)

    def list_channels(self) -> Sequence[Channel]:
        now = self.clock().timestamp()
        if now - self._read_at >= self.cache_seconds:
            self._channels, self._read_at = self._read(), now
        return self._channels

    def _read(self) -> Sequence[Channel]:
        profiles = list(
            query_all(
                self.client,
                TableName=self.table,
                IndexName="registry",
                KeyConditionExpression="registry = :channel",
                ExpressionAttributeValues={":channel": {"S": "CHANNEL"}},
            )
        )
        wanted = [channel_items.state_keys(channel_items.channel_ref(profile)) for profile in profiles]
        states = {channel_items.channel_ref(item): item for item in batch_get(self.client, self.table, wanted)}
        return [
            channel_items.read_channel(profile, states.get(channel_items.channel_ref(profile))) for profile in profiles
        ]
