"""The operator's view of stock: every channel's levels of a product, and where they differ from those of record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orderbridge.channels.channel import Channel
from orderbridge.stock.drift import compare
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.ports import StockLevels, StockRuns
from orderbridge.stock.runs import StockRun, source_ranks, takes_part
from orderbridge.stock.session import side_by_side
from orderbridge.values.text import compared
from orderbridge.values.times import Clock


@dataclass(frozen=True, slots=True)
class StockOverview:
    """What the last runs have found; it asks no platform."""

    levels: StockLevels
    runs: StockRuns
    channels: Sequence[Channel]
    clock: Clock

    def products(self, product_code: str | None = None) -> Iterator[dict[str, Any]]:
        """Each product with its levels, by product code: `orderbridge stock show` (docs/interfaces.md#command-line)."""
        names = sorted(channel.name for channel in self.channels)
        runs = self.runs.read(names)
        for code, levels in self._by_product(names, product_code):
            said = [
                {
                    "channel": level.channel,
                    "available": level.available,
                    "as_of": level.known_as_of(runs.get(level.channel, StockRun(level.channel)).read_at),
                }
                for level in levels
            ]
            yield {"product_code": code, "levels": said}

    def drift(self) -> Iterator[dict[str, Any]]:
        """Each level that differs from that of record: `orderbridge stock drift` (docs/interfaces.md#command-line).

        Known drift is reported until a run has seen it end; new drift only where both levels were read well.
        """
        names = sorted(channel.name for channel in self.channels if takes_part(channel))
        ranks = source_ranks(self.channels)
        runs = self.runs.read(names)
        now = self.clock()
        distrusted = {name for name in names if runs.get(name, StockRun(name)).distrust(now) is not None}
        for _, levels in self._by_product(names, None):
            by_channel = {level.channel: level for level in levels}
            for name in by_channel:
                comparison = compare(by_channel, ranks, name)
                if comparison is None or not comparison.differs:
                    continue
                is_new = comparison.is_certain and comparison.record.channel not in distrusted
                if is_new or comparison.level.drift_since is not None:
                    yield comparison.drift()

    def _by_product(self, names: Sequence[str], code: str | None) -> Iterator[tuple[str, list[StockLevel]]]:
        streams = [self._stream(name, code) for name in names]
        for product, levels in side_by_side(*streams):
            yield product, [level for level in levels if level is not None]

    def _stream(self, name: str, code: str | None) -> Iterable[tuple[str, StockLevel]]:
        if code is not None:
            return self.levels.find(name, [compared(code)]).items()
        return ((level.product_code, level) for level in self.levels.levels(name))
