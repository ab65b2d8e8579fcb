"""Which missing mappings a platform was asked for lately, so that orders that wait do not ask for them all the time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from orderbridge.channels.mapping import MappingKey, Mappings
from orderbridge.values.cache import Cache
from orderbridge.values.times import Clock

ASK_AGAIN_AFTER = timedelta(minutes=30)
MOST_REMEMBERED = 10_000

_Question = tuple[str, MappingKey, int]


@dataclass(slots=True)
class RecentlyAsked:
    """Remembers in this environment alone: each asks at most once in `ASK_AGAIN_AFTER` for each key of a channel.

    A search may read a platform's whole catalogue, and every order with the same unknown code would start one. A
    customer of whom another address is known by now is another question.
    """

    clock: Clock
    _asked: Cache[_Question, bool] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = Cache(ASK_AGAIN_AFTER.total_seconds(), self.clock, MOST_REMEMBERED)

    def not_asked(self, channel: str, keys: Iterable[MappingKey], known: Mappings) -> Sequence[MappingKey]:
        """Those of the keys that the channel may be asked for now, with these mappings of the order's known."""
        return [key for key in keys if not self._asked.get(_question(channel, key, known))]

    def note(self, channel: str, keys: Iterable[MappingKey], known: Mappings) -> None:
        """The channel is being asked for these keys."""
        for key in keys:
            self._asked.put(_question(channel, key, known), True)


def _question(channel: str, key: MappingKey, known: Mappings) -> _Question:
    address = known.get(MappingKey("address", key.key)) if key.kind == "customer" else None
    return channel, key, hash(repr(address))
