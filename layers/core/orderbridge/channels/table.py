"""Channels, their state and their mappings in the table."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from orderbridge.aws import items
from orderbridge.aws.items import Item, from_item, keys, to_item
from orderbridge.aws.reads import batch_get, query_all
from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey, MappingKind, Mappings, json_text, mapping_text, value_of
from orderbridge.channels.site_keys import PER_SITE, is_any_site, is_of_some_site
from orderbridge.values.cache import Cache
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def channel_pk(name: str) -> str:
    return f"CHANNEL#{name}"


def breaker_pk(platform: str, channel: str) -> str:
    """Where a channel's breaker and pause are: under the platform's name, so that a role can be held to its own."""
    return f"BREAKER#{platform}#{channel}"


def mapping_pk(channel: ChannelRef | Channel, kind: str) -> str:
    """Where a channel's mappings of a kind are: under the platform's name, as its breaker."""
    return f"MAPPING#{channel.platform}#{channel.name}#{kind}"


NEWS = "news"
"""Written with a pause and taken away by every other write, so that the stream tells of a pause once."""


def channel_item(channel: Channel) -> Item:
    """What an operator has set up; no function may write it, since credentials go to its base_url."""
    return to_item(
        {
            "PK": channel_pk(channel.name),
            "SK": "PROFILE",
            "registry": "CHANNEL",
            "name": channel.name,
            "platform": channel.platform,
            "settings": json_text(channel.settings),
            "since": channel.since,
        }
    )


def profile_keys(name: str) -> Item:
    return keys(channel_pk(name), "PROFILE")


def state_keys(channel: ChannelRef | Channel) -> Item:
    """The key of what functions write about a channel: whether it is paused, and its breaker."""
    return keys(breaker_pk(channel.platform, channel.name), "STATE")


def channel_ref(item: Mapping[str, Any]) -> ChannelRef:
    """Which channel a profile or a state is of."""
    kind, _, rest = item["PK"]["S"].partition("#")
    if kind == "CHANNEL":
        return ChannelRef(rest, item["platform"]["S"])
    platform, _, name = rest.partition("#")
    return ChannelRef(name, platform)


def breaker_values(breaker: Breaker) -> dict[str, Any]:
    """A breaker as it is kept, in one attribute of the state; a pause is `paused_reason` and `since` beside it."""
    return {name: value for name, value in asdict(breaker).items() if value is not None}


def _read_breaker(values: Mapping[str, Any]) -> Breaker:
    read: dict[str, Any] = {name: int(value) if isinstance(value, Decimal) else value for name, value in values.items()}
    return Breaker(**read)


def read_channel(profile: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> Channel:
    """A channel from its profile and, where it has ever failed or been paused, its state."""
    values, of_state = from_item(profile), from_item(state or {})
    return Channel(
        name=values["name"],
        platform=values["platform"],
        settings=json.loads(values["settings"], parse_float=Decimal),
        state="paused" if "paused_reason" in of_state else "active",
        paused_reason=of_state.get("paused_reason"),
        since=of_state.get("since", values.get("since")),
        breaker=_read_breaker(of_state.get("breaker", {})),
        slow_until=of_state.get("slow_until"),
    )


def mapping_item(channel: ChannelRef | Channel, need: MappingKey, value: str, found_at: str | None = None) -> Item:
    """A mapping; `value` is the JSON text (or plain id) that the operator gave, kept to the character.

    `found_at` marks one that the platform itself reported, and since when it is.
    """
    key = {"PK": mapping_pk(channel, need.kind), "SK": need.key}
    return to_item({**key, "as_written": need.as_written or None, "value": value, "found_at": found_at})


def read_mapping_key(item: Mapping[str, Any]) -> MappingKey:
    """Which mapping an item is."""
    kind = cast("MappingKind", item["PK"]["S"].rsplit("#", 1)[1])
    return MappingKey(kind, item["SK"]["S"], item.get("as_written", {}).get("S", ""))


class TableChannels:
    """`ChannelDirectory` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, channel: ChannelRef) -> Channel | None:
        wanted = [profile_keys(channel.name), state_keys(channel)]
        read = {item["SK"]["S"]: item for item in batch_get(self._client, self._table, wanted)}
        if "PROFILE" not in read or channel_ref(read["PROFILE"]) != channel:
            return None
        return read_channel(read["PROFILE"], read.get("STATE"))

    def find_named(self, name: str) -> Channel | None:
        for profile in batch_get(self._client, self._table, [profile_keys(name)]):
            return self.find(channel_ref(profile))
        return None

    def pause(self, channel: ChannelRef | Channel, reason: str, at: str) -> bool:
        return self._change(
            channel,
            f"SET paused_reason = :reason, since = :at, {NEWS} = :paused",
            "attribute_not_exists(paused_reason)",
            {":reason": reason, ":at": at, ":paused": "PAUSED"},
        )

    def note_slow(self, channel: Channel, until: str) -> None:
        condition = "attribute_not_exists(slow_until) OR slow_until < :until"
        self._change(channel, f"SET slow_until = :until REMOVE {NEWS}", condition, {":until": until})

    def save_breaker(self, channel: Channel, breaker: Breaker) -> Channel:
        saved = replace(breaker, revision=channel.breaker.revision + 1)
        if not self._change(
            channel,
            f"SET breaker = :breaker REMOVE {NEWS}",
            "attribute_not_exists(breaker) OR breaker.revision = :read",
            {":breaker": breaker_values(saved), ":read": channel.breaker.revision},
        ):
            raise LostRace(channel.name)
        return replace(channel, breaker=saved)

    def _change(self, channel: ChannelRef | Channel, update: str, condition: str, values: Mapping[str, Any]) -> bool:
        """Change one part of a channel's state, pause or breaker; a change of the other at the same time stays."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=state_keys(channel),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=to_item(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


TURN_TRIES = 5


class TableTurnBook:
    """`TurnBook` in the table, for all workers together: the last turn that was taken, in milliseconds since 1970."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def next_turn(self, channel: Channel, now: float, between: float, latest: float) -> float:
        at, apart, last = int(now * 1000), math.ceil(between * 1000), int(latest * 1000)
        for _ in range(TURN_TRIES):
            taken = self._take(
                channel,
                "SET turn = :at",
                "attribute_not_exists(turn) OR turn <= :free",
                {":at": at, ":free": at - apart},
            )
            if taken is None:
                return now
            if taken + apart > last:
                return (taken + apart) / 1000
            # Nobody has taken the one after it meanwhile.
            if (
                self._take(channel, "SET turn = :next", "turn = :taken", {":next": taken + apart, ":taken": taken})
                is None
            ):
                return (taken + apart) / 1000
        return latest + between

    def _take(self, channel: Channel, update: str, condition: str, values: Mapping[str, int]) -> int | None:
        """None where the turn was taken, else the last one that somebody has taken."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=keys(breaker_pk(channel.platform, channel.name), "TURN"),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=to_item(values),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            return int(cast("Item", refused.response.get("Item", {})).get("turn", {"N": "0"})["N"])
        return None


class TableMappings:
    """`MappingStore` on the table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, channel: ChannelRef | Channel, keys: Collection[MappingKey]) -> Mappings:
        asked = dict.fromkeys(need for need in keys if not is_any_site(need))
        wanted = [items.keys(mapping_pk(channel, need.kind), need.key) for need in asked]
        found: dict[MappingKey, Any] = {}
        for item in batch_get(self._client, self._table, wanted):
            found[read_mapping_key(item)] = value_of(item["value"]["S"])
        # Only where no row of the customer was found is it asked whether there are others: that is a call of its own.
        if not any(need.kind in PER_SITE for need in found):
            found |= {need: True for need in keys if is_any_site(need) and self._has_sites(channel, need)}
        return found

    def _has_sites(self, channel: ChannelRef | Channel, marker: MappingKey) -> bool:
        rows = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="PK = :pk AND begins_with(SK, :marker)",
            ExpressionAttributeValues={
                ":pk": {"S": mapping_pk(channel, marker.kind)},
                ":marker": {"S": marker.key},
            },
            ProjectionExpression="SK",
            ConsistentRead=True,
        )
        return any(is_of_some_site(marker, item["SK"]["S"]) for item in rows)

    def keep_found(self, channel: ChannelRef | Channel, values: Mappings, found_at: str) -> None:
        for need, value in values.items():
            with suppress(self._client.exceptions.ConditionalCheckFailedException):
                self._client.put_item(
                    TableName=self._table,
                    Item=mapping_item(channel, need, mapping_text(value), found_at),
                    ConditionExpression="attribute_not_exists(PK)",
                )


@dataclass(slots=True)
class TableChannelOverview:
    """`ChannelOverview` on the registry index and the channels' states."""

    client: DynamoDBClient
    table: str
    cache_seconds: float
    clock: Clock
    _cache: Cache[str, Sequence[Channel]] = field(init=False)

    def __post_init__(self) -> None:
        self._cache = Cache(self.cache_seconds, self.clock)

    def list_channels(self) -> Sequence[Channel]:
        return self._cache.through("all", self._read)

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
        wanted = [state_keys(channel_ref(profile)) for profile in profiles]
        states = {channel_ref(item): item for item in batch_get(self.client, self.table, wanted)}
        return [read_channel(profile, states.get(channel_ref(profile))) for profile in profiles]
