"""Channels as an operator sets them up, pauses and resumes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orderbridge.channels.breaker import Breaker, after_failed_probe, closed, probed_now
from orderbridge.channels.channel import CHANNEL_NAME, Channel
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.releasing import ReleaseForwards
from orderbridge.values.conflicts import LostRace, despite_races
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import Clock, to_iso
from orderbridge_cli.operating.ports import ChannelRegistry, CredentialVault
from orderbridge_cli.operating.refusals import OperationRefused

UNROUTED = "unrouted"
"""How an operator calls the place of the orders that no channel takes; it is the name of no channel."""


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


@dataclass(frozen=True, slots=True)
class Resumed:
    """What resuming a channel came to. `trouble` is what a read met, None where the platform answered as it should."""

    was_stopped: bool
    trouble: str | None
    may_let_go: bool


@dataclass(frozen=True, slots=True)
class OperateChannels:
    """What an operator does with channels. Methods raise `OperationRefused` where it cannot be done.

    Settings and credentials have been validated by the platform before they come here.
    """

    registry: ChannelRegistry
    vault: CredentialVault
    releasing: ReleaseForwards
    clock: Clock

    def add(self, name: str, platform: str, settings: dict[str, Any], credentials: Mapping[str, Any]) -> Channel:
        """Set a channel up, or replace its settings and credentials and let it be active.

        The credentials are stored first: a channel that can be seen can be logged in to. It is resumed last: what then
        is let go finds the new settings and credentials.
        """
        existing, now = self._require_usable_name(name, platform), to_iso(self.clock())
        channel = Channel(name, platform, settings, since=now if existing is None else existing.since)
        self.vault.store(channel, credentials)
        if not self.registry.put(channel):
            raise OperationRefused(_moved(name))
        self.registry.resume(channel, now)
        return known_channel(self.registry, name)

    def _require_usable_name(self, name: str, platform: str) -> Channel | None:
        if not CHANNEL_NAME.fullmatch(name):
            raise OperationRefused(
                f"{name!r} is not a channel name: 1 to 64 letters, digits, dots, underscores and hyphens, "
                "beginning with a letter or digit."
            )
        if name == UNROUTED:
            raise OperationRefused(f"{name!r} is how Orderbridge calls the place of orders without a channel.")
        existing = self.registry.find_named(name)
        if existing is not None and existing.platform != platform:
            raise OperationRefused(_moved(name, existing.platform))
        return existing

    def pause(self, name: str, reason: str) -> bool:
        """Send nothing to this channel until it is resumed; False where it was paused already."""
        return self.registry.pause(known_channel(self.registry, name), reason, to_iso(self.clock()))

    def resume(self, name: str, probe: Callable[[Channel], str | None], probe_seconds: float) -> Resumed:
        """Send to this channel again, whatever rest its platform has asked for, once a read has succeeded.

        `probe` says what is wrong with the channel, None where it answers as it should. Where the breaker is open and
        the probe fails, it is probed again by a forwarder after `probe_seconds`. What the channel held up is let go by
        `let_go`.
        """
        channel = known_channel(self.registry, name)
        was_stopped = self.registry.resume(channel, to_iso(self.clock())) or not channel.breaker.is_closed
        trouble = probe(channel)
        if not channel.breaker.is_closed:
            self._change_breaker(name, lambda breaker: self._after(breaker, trouble, probe_seconds))
        return Resumed(was_stopped, trouble, may_let_go=trouble is None or channel.breaker.is_closed)

    def _after(self, breaker: Breaker, trouble: str | None, probe_seconds: float) -> Breaker:
        if trouble is None:
            return closed(breaker)
        return after_failed_probe(breaker, trouble, self.clock(), probe_seconds)

    def hasten(self, name: str) -> None:
        """Have whoever comes next probe a channel whose breaker is open, whatever its platform has asked for."""
        if self.registry.find_named(name) is not None:
            self._change_breaker(name, lambda breaker: probed_now(breaker, self.clock()))

    def let_go(self, name: str) -> Iterator[Forward]:
        """Release the forwards that are PAUSED with this channel, one by one."""
        return self.releasing.after_resume(known_channel(self.registry, name))

    def _change_breaker(self, name: str, change: Callable[[Breaker], Breaker]) -> None:
        def attempt() -> None:
            channel = known_channel(self.registry, name)
            changed = change(channel.breaker)
            if not channel.breaker.is_closed and changed != channel.breaker:
                self.registry.save_breaker(channel, changed)

        try:
            despite_races(attempt)
        except LostRace:
            raise OperationRefused(f"The breaker of {name} changes at this very moment; try again.") from None


def _moved(name: str, platform: str = "another platform") -> str:
    return (
        f"The channel {name} is on {platform}; a channel does not move to another platform, since the orders it has "
        "sent stay where they are. Choose another name."
    )


def described(channel: Channel) -> dict[str, Any]:
    """A channel as the command shows it (docs/interfaces.md#command-line), never its credentials."""
    breaker = channel.breaker
    return {
        "channel": channel.name,
        "platform": channel.platform,
        "state": channel.state,
        "paused_reason": channel.paused_reason,
        "since": channel.since,
        "settings": channel.settings,
        "breaker": {
            "state": "closed" if breaker.is_closed else "open",
            "failures": breaker.failures,
            "open_since": breaker.open_since,
            "open_until": breaker.open_until,
            "reason": breaker.reason,
        },
    }
