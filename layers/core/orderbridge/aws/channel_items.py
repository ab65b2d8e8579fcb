"""Items of channels, their breakers and mappings, and the values they stand for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from orderbridge.aws.items import Item, channel_pk, from_item, mapping_pk, to_item
from orderbridge.domain.breakers import Breaker
from orderbridge.domain.channels import Channel
from orderbridge.domain.mapping import JSON_BEGINS, MappingKey, MappingKind, parse_value


def channel_item(channel: Channel) -> Item:
    return to_item(
        {
            "PK": channel_pk(channel.name),
            "SK": "PROFILE",
            "registry": "CHANNEL",
            "name": channel.name,
            "platform": channel.platform,
            "settings": json_text(channel.settings),
            "state": channel.state,
            "paused_reason": channel.paused_reason,
            "since": channel.since,
        }
    )


def breaker_item(channel: str, breaker: Breaker) -> Item:
    """A channel's breaker, apart from its profile, which only an operator writes."""
    return to_item(
        {
            "PK": channel_pk(channel),
            "SK": "HEALTH",
            "failures": breaker.failures,
            "open_until": breaker.open_until,
            "half_open": breaker.half_open or None,
            "reason": breaker.reason,
            "revision": breaker.revision,
        }
    )


def read_breaker(item: Mapping[str, Any]) -> Breaker:
    values = from_item(item)
    return Breaker(
        failures=int(values["failures"]),
        open_until=values.get("open_until"),
        half_open=bool(values.get("half_open")),
        reason=values.get("reason"),
        revision=int(values["revision"]),
    )


def read_channel(item: Mapping[str, Any], health: Mapping[str, Any] | None = None) -> Channel:
    """A channel from its profile and, where it has ever failed, its health."""
    values = from_item(item)
    return Channel(
        name=values["name"],
        platform=values["platform"],
        settings=json.loads(values["settings"], parse_float=Decimal),
        state=values["state"],
        paused_reason=values.get("paused_reason"),
        since=values.get("since"),
        breaker=read_breaker(health) if health is not None else Breaker(),
    )


def json_text(document: Any) -> str:
    """A document as JSON: whole numbers as such, and a fraction as its exact text, which every model reads back."""
    return json.dumps(document, default=lambda number: int(number) if number == int(number) else f"{number:f}")


def mapping_item(channel: str, need: MappingKey, value: str, found_at: str | None = None) -> Item:
    """A mapping; `value` is the JSON text (or plain id) that the operator gave, kept to the character.

    `found_at` marks one that the platform itself told, and since when it stands.
    """
    keys = {"PK": mapping_pk(channel, need.kind), "SK": need.key}
    return to_item({**keys, "as_written": need.as_written or None, "value": value, "found_at": found_at})


def read_mapping_key(item: Mapping[str, Any]) -> MappingKey:
    """Which mapping an item is."""
    kind = cast(MappingKind, item["PK"]["S"].rsplit("#", 1)[1])
    return MappingKey(kind, item["SK"]["S"], item.get("as_written", {}).get("S", ""))


def mapping_text(value: Any) -> str:
    """The text of a value that a platform told, which `parse_value` reads back to it."""
    if isinstance(value, str) and not value.startswith(JSON_BEGINS) and value == value.strip() != "":
        return value
    return json_text(value)


def read_mapping_value(item: Mapping[str, Any]) -> Any:
    """A mapping's value; a text that is not the JSON it begins as is returned as it is, for the platform to refuse."""
    text: str = item["value"]["S"]
    try:
        return parse_value(text)
    except ValueError:
        return text
