"""What channels need of the world, as Protocols."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from orderbridge.channels.breaker import Breaker
    from orderbridge.channels.channel import Channel
    from orderbridge.channels.mapping import MappingKey, Mappings
    from orderbridge.values.ids import ChannelRef


class ChannelUnusable(Exception):
    """Nothing can be asked of a channel as it is set up; the message tells an operator what is wrong with it."""


class ChannelDirectory(Protocol):
    """The channels with their breakers, strongly consistent: a forward that parks looks here once more.

    Pauses and breakers are kept under the platform's name, so that a platform's functions change those of no other.
    """

    def find(self, channel: ChannelRef) -> Channel | None:
        """The channel of this name on this platform; None also where the name is a channel on another platform."""
        ...

    def pause(self, channel: ChannelRef | Channel, reason: str, at: str) -> bool:
        """Pause an active channel; False where it was paused already, so that only one caller raises the alarm."""
        ...

    def note_slow(self, channel: Channel, until: str) -> None:
        """Keep that the channel's calls take long, for so long."""
        ...

    def save_breaker(self, channel: Channel, breaker: Breaker) -> Channel:
        """Write the breaker and no more; raises `LostRace` where it is no longer as in `channel`."""
        ...


class MappingStore(Protocol):
    def read(self, channel: ChannelRef | Channel, keys: Collection[MappingKey]) -> Mappings:
        """The values of those keys that are mapped, strongly consistent.

        For a key of `site_keys.any_site` True, where none of the others of its customer is mapped and some site's is.
        """
        ...

    def keep_found(self, channel: ChannelRef | Channel, values: Mappings, found_at: str) -> None:
        """Keep what the platform reported, marked as such; a row that somebody imported meanwhile stays as it is."""
        ...


class CredentialSource(Protocol):
    """What to log in with at each channel; may be seconds old."""

    def credentials(self, channel: Channel) -> Mapping[str, Any]:
        """Raises `ChannelUnusable` where there are none, none that can be read, or those of another host."""
        ...

    def refreshed(self, channel: Channel) -> Mapping[str, Any]:
        """As `credentials`, read again."""
        ...


class ChannelOverview(Protocol):
    """All channels with their breakers, as they were some seconds ago."""

    def list_channels(self) -> Sequence[Channel]: ...
