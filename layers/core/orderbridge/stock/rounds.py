"""Which channels are synced now: those of a platform, as its schedule says, or the one that an operator names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from orderbridge.channels.channel import Channel
from orderbridge.channels.ports import ChannelOverview
from orderbridge.stock.runs import in_order, takes_part
from orderbridge.stock.sync import RunResult
from orderbridge.values.rounds import in_turn


class UnknownChannel(Exception):
    """There is no such channel."""


class ChannelSync(Protocol):
    """One step of a channel's run; `SyncStock` is one."""

    def __call__(
        self, channel: Channel, channels: list[Channel], seconds_left: Callable[[], float], *, restart: bool = False
    ) -> RunResult: ...


@dataclass(frozen=True, slots=True)
class StockRequest:
    """What an invocation is asked for: a platform's channels, or one channel, for at most `seconds`."""

    platform: str | None = None
    channel: str | None = None
    restart: bool = False
    seconds: float | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> StockRequest:
        """The request in an event: ``{"platform"}`` of a schedule, or ``{"channel", "anew"?, "seconds"?}``.

        Raises ValueError for anything else.
        """
        platform, channel, seconds = event.get("platform"), event.get("channel"), event.get("seconds")
        if (platform is None) == (channel is None):
            raise ValueError("an event names a platform or a channel")
        return cls(platform, channel, event.get("anew") is True, None if seconds is None else float(seconds))


@dataclass(frozen=True, slots=True)
class SyncRound:
    """Syncs the channels of a request, one after the other, sources by their rank first."""

    sync: ChannelSync
    overview: ChannelOverview
    find_channel: Callable[[str], Channel | None]

    def __call__(self, request: StockRequest, seconds_left: Callable[[], float]) -> list[RunResult]:
        """What became of each channel; each gets an equal part of the time that is left.

        Raises the first failure of table or bus, after the last channel.
        """
        channels = list(self.overview.list_channels())
        wanted = self._wanted(request, channels)
        return in_turn(
            wanted, seconds_left, lambda channel, left: self.sync(channel, channels, left, restart=request.restart)
        )

    def _wanted(self, request: StockRequest, channels: list[Channel]) -> list[Channel]:
        if request.channel is None:
            return in_order(
                channel
                for channel in channels
                if channel.platform == request.platform and takes_part(channel) and channel.state == "active"
            )
        channel = self.find_channel(request.channel)
        if channel is None:
            raise UnknownChannel(request.channel)
        # As it is now; the others may be some seconds old.
        channels[:] = [channel, *(each for each in channels if each.name != channel.name)]
        return [channel]
