"""What all of the operator's use cases share."""

from __future__ import annotations

from collections.abc import Sequence

from orderbridge.channels.channel import Channel
from orderbridge.values.ids import ChannelRef
from orderbridge_cli.channels.ports import ChannelRegistry


class OperationRefused(Exception):
    """The operator asked for something that cannot be done; the message says why, and nothing was changed."""


def channel_refs(channels: ChannelRegistry, names: Sequence[str]) -> tuple[ChannelRef, ...]:
    """The channels of these names, each once and in this order; raises `OperationRefused` naming the unknown ones."""
    found = {name: channels.find_named(name) for name in dict.fromkeys(names)}
    unknown = [name for name, channel in found.items() if channel is None]
    if unknown:
        raise OperationRefused(f"There is no channel {' and no channel '.join(unknown)}.")
    return tuple(ChannelRef(channel.name, channel.platform) for channel in found.values() if channel is not None)


def known_channel(channels: ChannelRegistry, name: str) -> Channel:
    """The channel of this name; raises `OperationRefused` where there is none."""
    channel = channels.find_named(name)
    if channel is None:
        raise OperationRefused(f"There is no channel {name}.")
    return channel
