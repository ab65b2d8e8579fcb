"""Partners, keys, channels, mappings and credentials in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.ports import ChannelUnusable
from orderbridge.channels.site_keys import PER_SITE, is_any_site, is_of_some_site
from orderbridge.partners.partner import Partner
from orderbridge.partners.tokens import SigningKeys
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ChannelRef
from tests.fakes.steps import Steps


class Partners:
    """`PartnerDirectory` in memory."""

    def __init__(self, *partners: Partner) -> None:
        self.by_id = {partner.client_id: partner for partner in partners}
        self.asked: list[str] = []

    def find(self, client_id: str) -> Partner | None:
        self.asked.append(client_id)
        return self.by_id.get(client_id)


class Keys:
    """`KeyRing` in memory: `known` until it is `refreshed`, then `present`."""

    def __init__(self, known: SigningKeys, present: SigningKeys | None = None) -> None:
        self.known = known
        self.present = present or known
        self.refreshes = 0

    def current(self) -> SigningKeys:
        return self.known

    def refreshed(self) -> SigningKeys:
        self.refreshes += 1
        self.known = self.present
        return self.known


class Pepper:
    """`PepperSource` in memory."""

    def __init__(self, value: bytes) -> None:
        self.value = value

    def pepper(self) -> bytes:
        return self.value


class Channels:
    """`ChannelDirectory` in memory."""

    def __init__(self, steps: Steps | None = None, *channels: Channel) -> None:
        self.steps = steps or Steps()
        self.by_name = {channel.name: channel for channel in channels}

    def list_channels(self) -> Sequence[Channel]:
        """As `ChannelOverview`, never late."""
        self.steps.pass_by("before list channels")
        return list(self.by_name.values())

    def find(self, channel: ChannelRef) -> Channel | None:
        found = self.find_named(channel.name)
        return found if found is not None and found.platform == channel.platform else None

    def find_named(self, name: str) -> Channel | None:
        self.steps.pass_by("before find channel")
        return self.by_name.get(name)

    def pause(self, channel: ChannelRef | Channel, reason: str, at: str) -> bool:
        self.steps.pass_by("before pause channel")
        found = self.by_name.get(channel.name)
        if found is None or found.state == "paused":
            return False
        self.by_name[channel.name] = replace(found, state="paused", paused_reason=reason, since=at)
        self.steps.pass_by("after pause channel")
        return True

    def resume(self, channel: ChannelRef | Channel, at: str) -> bool:
        found = self.by_name.get(channel.name)
        if found is None or found.state != "paused":
            return False
        self.by_name[channel.name] = replace(found, state="active", paused_reason=None, since=at)
        return True

    def note_slow(self, channel: Channel, until: str) -> None:
        self.steps.pass_by("before note slow")
        if channel.name in self.by_name:
            self.by_name[channel.name] = replace(self.by_name[channel.name], slow_until=until)

    def save_breaker(self, channel: Channel, breaker: Breaker) -> Channel:
        self.steps.pass_by("before save breaker")
        present = self.by_name.get(channel.name, channel)
        if present.breaker.revision != channel.breaker.revision:
            raise LostRace(channel.name)
        saved = replace(breaker, revision=channel.breaker.revision + 1)
        if channel.name in self.by_name:
            self.by_name[channel.name] = replace(present, breaker=saved)
        self.steps.pass_by("after save breaker")
        return replace(channel, breaker=saved)


class Mappings:
    """`MappingStore` in memory."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.steps = steps or Steps()
        self.values: dict[tuple[str, MappingKey], Any] = {}
        self.found: dict[tuple[str, MappingKey], str] = {}

    def read(self, channel: ChannelRef | Channel, keys: Collection[MappingKey]) -> Mapping[MappingKey, Any]:
        self.steps.pass_by("before read mappings")
        found = {key: self.values[channel.name, key] for key in keys if (channel.name, key) in self.values}
        if not any(need.kind in PER_SITE for need in found):
            rows = [key for name, key in self.values if name == channel.name]
            for marker in filter(is_any_site, keys):
                if any(row.kind == marker.kind and is_of_some_site(marker, row.key) for row in rows):
                    found[marker] = True
        self.steps.pass_by("after read mappings")
        return found

    def keep_found(self, channel: ChannelRef | Channel, values: Mapping[MappingKey, Any], found_at: str) -> None:
        self.steps.pass_by("before keep_found")
        for key, value in values.items():
            self.values.setdefault((channel.name, key), value)
            self.found.setdefault((channel.name, key), found_at)
        self.steps.pass_by("after keep_found")


class Credentials:
    """`CredentialSource` in memory; what was read once is remembered until it is `refreshed`."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.steps = steps or Steps()
        self.stored: dict[str, Mapping[str, Any]] = {}
        self._remembered: dict[str, Mapping[str, Any]] = {}

    def credentials(self, channel: Channel) -> Mapping[str, Any]:
        self.steps.pass_by("before credentials")
        return self._remembered.get(channel.name) or self.refreshed(channel)

    def forget(self, channel: str) -> None:
        self.stored.pop(channel, None)
        self._remembered.pop(channel, None)

    def refreshed(self, channel: Channel) -> Mapping[str, Any]:
        if channel.name not in self.stored:
            raise ChannelUnusable(f"the channel {channel.name} has no credentials")
        self._remembered[channel.name] = self.stored[channel.name]
        return self.stored[channel.name]
