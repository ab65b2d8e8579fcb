"""Which channels are asked for statuses now: those of a platform, as its schedule says, or one that is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orderbridge.channels.channel import Channel
from orderbridge.channels.ports import ChannelOverview
from orderbridge.status.ports import StatusPlatform
from orderbridge.status.runs import StatusReport
from orderbridge.status.sync import SyncStatuses
from orderbridge.values.rounds import in_turn


class UnknownChannel(Exception):
    """There is no such channel."""


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """What an invocation is asked for: a platform's channels, or one channel, for at most `seconds`.

    Whoever names a channel wants to know of its completed orders too.
    """

    platform: str | None = None
    channel: str | None = None
    seconds: float | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> StatusRequest:
        """The request in an event: ``{"platform"}`` of a schedule, or ``{"channel", "seconds"?}``.

        Raises ValueError for anything else.
        """
        platform, channel, seconds = event.get("platform"), event.get("channel"), event.get("seconds")
        if (platform is None) == (channel is None):
            raise ValueError("an event names a platform or a channel")
        return cls(platform, channel, None if seconds is None else float(seconds))


@dataclass(frozen=True, slots=True)
class SyncStatusRound:
    """Asks for the statuses of a request's channels, one channel after the other."""

    sync: SyncStatuses
    overview: ChannelOverview
    platform: Callable[[str], StatusPlatform]

    def __call__(self, request: StatusRequest, seconds_left: Callable[[], float]) -> list[StatusReport]:
        """What was done for each channel. Raises the first failure of table or bus, after the last channel."""
        return in_turn(
            self._wanted(request),
            seconds_left,
            lambda channel, left: self.sync(
                channel, self.platform(channel.platform), left, with_completed=request.channel is not None
            ),
        )

    def _wanted(self, request: StatusRequest) -> Sequence[Channel]:
        channels = self.overview.list_channels()
        if request.channel is None:
            wanted = [each for each in channels if each.platform == request.platform and each.state == "active"]
            return sorted(wanted, key=lambda channel: channel.name)
        named = [channel for channel in channels if channel.name == request.channel]
        if not named:
            raise UnknownChannel(request.channel)
        return named
