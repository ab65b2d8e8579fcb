"""What an operator's command asks a platform itself: whether it answers, and whether it holds an order."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from orderbridge.channels.channel import Channel, CommonSettings
from orderbridge.channels.lookups import CannotLook, Finding, FoundMappings, LookFailed
from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.forwarding.ports import ForwardRecord, Platform
from orderbridge.platforms.registry import platform_named
from orderbridge.platforms.values import InvalidValue
from orderbridge.values.times import from_iso, utc_now
from orderbridge_cli.operating.channels import known_channel
from orderbridge_cli.output import progress
from orderbridge_cli.target import Operations


def probe(stack: Operations, channel: Channel) -> str | None:
    """Log in and read one page of stock: None where the platform answers as it should, else what is wrong."""
    with progress(f"asking {channel.platform}"):
        try:
            platform, credentials = _platform(stack, channel.platform), stack.vault.credentials(channel)
            platform.require_usable(channel, credentials)
        except ChannelUnusable as unusable:
            return str(unusable)
        return platform.probe(channel, credentials)


def look_for(stack: Operations, record: ForwardRecord) -> Finding:
    """Look for an order at its platform. Right after an attempt its lists may not show it yet: that look fails."""
    forward = record.forward
    platform = _platform(stack, forward.channel.platform)
    if not platform.can_look:
        return CannotLook(f"{forward.channel.platform} cannot be looked at")
    channel = known_channel(stack.channels, forward.channel.name)
    try:
        credentials = stack.vault.credentials(channel)
        platform.require_usable(channel, credentials)
    except ChannelUnusable as unusable:
        return LookFailed(str(unusable))
    settle = timedelta(seconds=float(platform.settings(channel).settle_s))
    left = from_iso(forward.updated_at) + settle - utc_now()
    if left > timedelta(0):
        return LookFailed(f"what was sent just now may not be listed yet; it can be in {left.seconds + 1} s")
    with progress(f"looking at {channel.platform}"):
        return platform.look_for(record.sought(), channel, credentials)


def find_mappings(stack: Operations, name: str, wanted: Collection[MappingKey], known: Mappings) -> FoundMappings:
    """What a channel's platform has under these codes of ours."""
    channel = known_channel(stack.channels, name)
    platform, credentials = _platform(stack, channel.platform), stack.vault.credentials(channel)
    platform.require_usable(channel, credentials)
    with progress(f"asking {channel.platform}"):
        return platform.find_mappings(wanted, known, channel, credentials)


def unusable(stack: Operations, channel: Channel) -> str | None:
    """Why nothing can be sent to a channel as it is set up, None where it can; the platform is not asked."""
    try:
        _platform(stack, channel.platform).require_usable(channel, stack.vault.credentials(channel))
    except ChannelUnusable as reason:
        return str(reason)
    return None


def probe_seconds(stack: Operations, channel: Channel) -> float:
    """How often the channel is probed while its breaker is open."""
    try:
        return float(_platform(stack, channel.platform).settings(channel).probe_s)
    except InvalidValue:
        return float(CommonSettings.model_fields["probe_s"].default)


def _platform(stack: Operations, name: str) -> Platform:
    return platform_named(name, allow_loopback_http=stack.is_on_this_machine)
