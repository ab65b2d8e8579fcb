"""Which missing mappings a platform was asked for lately, so that orders that wait do not ask for them all the time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orderbridge.domain.mapping import MappingKey
from orderbridge.domain.times import Clock

ASK_AGAIN_AFTER = timedelta(minutes=30)
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class RecentlyAsked:
    """Remembers in this environment alone: each asks at most once in `ASK_AGAIN_AFTER` for each key of a channel.

    A search may read a platform's whole catalogue, and every order with the same unknown code would start one.
    """

    clock: Clock
    _asked_at: dict[tuple[str, MappingKey], datetime] = field(default_factory=dict)

    def not_asked(self, channel: str, keys: Iterable[MappingKey]) -> Sequence[MappingKey]:
        """Those of the keys that the channel may be asked for now."""
        since = self.clock() - ASK_AGAIN_AFTER
        return [key for key in keys if self._asked_at.get((channel, key), since) <= since]

    def note(self, channel: str, keys: Iterable[MappingKey]) -> None:
        """The channel is being asked for these keys."""
        if len(self._asked_at) > MOST_REMEMBERED:
            self._asked_at.clear()
        now = self.clock()
        for key in keys:
            self._asked_at[channel, key] = now
