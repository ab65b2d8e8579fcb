"""Items of channels, their state and mappings, and the values they stand for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, cast

from orderbridge.aws.items import Item, breaker_pk, channel_pk, from_item, keys, mapping_pk, to_item
from orderbridge.domain.breakers import Breaker
from orderbridge.domain.channels import Channel
from orderbridge.domain.mapping import JSON_BEGINS, MappingKey, MappingKind, parse_value
from orderbridge.domain.orders import ChannelRef

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
    )


def json_text(document: Any) -> str:
    """A document as JSON: whole numbers as such, and a fraction as its exact text, which every model reads back."""
    return json.dumps(document, default=_number)


def _number(number: Decimal) -> int | str:
    if number == int(number):
        return int(number)
    # A text with three places behind its dot is refused as ambiguous; a fourth says that it is a fraction.
    return f"{number:f}" + ("0" if number.as_tuple().exponent == -3 else "")


def mapping_item(channel: str, need: MappingKey, value: str, found_at: str | None = None) -> Item:
    """A mapping; `value` is the JSON text (or plain id) that the operator gave, kept to the character.

    `found_at` marks one that the platform itself told, and since when it stands.
    """
    key = {"PK": mapping_pk(channel, need.kind), "SK": need.key}
    return to_item({**key, "as_written": need.as_written or None, "value": value, "found_at": found_at})


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
