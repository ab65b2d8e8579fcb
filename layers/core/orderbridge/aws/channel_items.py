"""Items of channels, their breakers and mappings, and the values they stand for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from orderbridge.aws.items import Item, channel_pk, from_item, mapping_pk, to_item
from orderbridge.domain.breakers import Breaker
from orderbridge.domain.channels import Channel
from orderbridge.domain.mapping import MappingKey


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
            "openings": breaker.openings,
            "reason": breaker.reason,
            "revision": breaker.revision,
        }
    )


def read_breaker(item: Mapping[str, Any]) -> Breaker:
    values = from_item(item)
    return Breaker(
        failures=int(values["failures"]),
        open_until=values.get("open_until"),
        openings=int(values["openings"]),
        reason=values.get("reason"),
        revision=int(values["revision"]),
    )


def read_channel(item: Mapping[str, Any], health: Mapping[str, Any] | None = None) -> Channel:
    """A channel from its profile and, where it has ever failed, its health."""
    values = from_item(item)
    return Channel(
        name=values["name"],
        platform=values["platform"],
        settings=cast(dict[str, Any], parse_value(values["settings"])),
        state=values["state"],
        paused_reason=values.get("paused_reason"),
        since=values.get("since"),
        breaker=read_breaker(health) if health is not None else Breaker(),
    )


def json_text(document: Any) -> str:
    """A document as JSON: whole numbers as such, and a fraction as its exact text, which every model reads back."""
    return json.dumps(document, default=lambda number: int(number) if number == int(number) else str(number))


def mapping_item(channel: str, need: MappingKey, value: str, found_at: str | None = None) -> Item:
    """A mapping; `value` is the JSON text (or plain id) that the operator gave, kept as it is.

    `found_at` marks one that the platform itself told, and since when it stands.
    """
    return to_item({"PK": mapping_pk(channel, need.kind), "SK": need.key, "value": value, "found_at": found_at})


def parse_value(text: str) -> Any:
    """A mapping's value: its JSON with exact numbers, or the text itself where it is not JSON."""
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text
