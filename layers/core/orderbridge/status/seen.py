"""What the platforms have said already, so that an order of which nothing new is said costs no read."""

from __future__ import annotations

from collections import OrderedDict

from orderbridge.status.changes import StatusReading

MOST = 100_000
"""Readings that an environment remembers, some 40 MB; what is forgotten is read once more."""


class SeenReadings:
    """The last reading of each order on each list that was taken in, for as long as this environment lives."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seen: OrderedDict[tuple[str, str, str], StatusReading] = OrderedDict()

    def has(self, channel: str, list_name: str, reading: StatusReading) -> bool:
        """Whether this list said the very same the last time."""
        return self._seen.get((channel, list_name, reading.external_id)) == reading

    def note(self, channel: str, list_name: str, reading: StatusReading) -> None:
        """It is taken in: the stored forward says so."""
        place = channel, list_name, reading.external_id
        self._seen[place] = reading
        self._seen.move_to_end(place)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
