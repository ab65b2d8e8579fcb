"""Drift: where a channel's level differs from that at the product's source of record, and which pushes would end it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orderbridge.stock.levels import StockLevel, level_of_record
from orderbridge.values.events import Event

STOCK_DRIFTED = "StockDrifted"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One product's level at a channel beside that at its source of record."""

    level: StockLevel
    record: StockLevel

    @property
    def differs(self) -> bool:
        return self.level.available != self.record.available

    @property
    def is_certain(self) -> bool:
        """Whether both levels are read; from a level that could not be read no drift is made up."""
        return self.level.unread_since is None and self.record.unread_since is None

    def drift(self, since: str | None = None) -> dict[str, Any]:
        """The line in `orderbridge stock drift` (docs/interfaces.md#command-line), and the detail of `StockDrifted`."""
        level = self.level
        pushed = None if level.pushed_at is None else {"available": level.pushed, "at": level.pushed_at}
        return {
            "product_code": level.product_code,
            "source": self.record.channel,
            "expected": self.record.available,
            "channel": level.channel,
            "available": level.available,
            "since": since or level.drift_since or max(self.record.as_of, level.as_of),
            "last_pushed": pushed,
        }


def compare(levels: Mapping[str, StockLevel], ranks: Mapping[str, int], channel: str) -> Comparison | None:
    """A channel's level of a product beside that of record, of all the product's `levels` by channel.

    None where the channel does not know the product, is its source of record itself, or no source knows it.
    """
    level = levels.get(channel)
    record = level_of_record(levels.values(), ranks)
    if level is None or record is None or record.channel == channel:
        return None
    return Comparison(level, record)


def stock_drifted(comparison: Comparison, *, settled: bool = False) -> Event:
    """A channel's level has begun to differ from that of record, or (`settled`) does so no more."""
    return Event(STOCK_DRIFTED, {**comparison.drift(), "settled": settled})


@dataclass(slots=True)
class PushTarget:
    """A product of the platform that is to hold `available` pieces, for one or several of our product codes."""

    product: str
    available: int
    in_warehouses: bool
    comparisons: list[Comparison] = field(default_factory=list)

    def urgency(self) -> tuple[bool, str, str]:
        """Sorts the most urgent first when reversed: too much offered after a sale, then what changed last."""
        return (
            any(each.level.available > each.record.available for each in self.comparisons),
            max(each.record.as_of for each in self.comparisons),
            self.product,
        )


@dataclass(slots=True)
class PushPlan:
    """Which products of a platform are to be set to which level.

    Several of our codes may be one product there. They must agree on its level; where they do not it is left alone.
    """

    _wanted: dict[str, int] = field(default_factory=dict)
    _disputed: dict[str, set[int]] = field(default_factory=dict)
    _targets: dict[str, PushTarget] = field(default_factory=dict)

    def consider(self, product: str, comparison: Comparison, *, may_push: bool) -> None:
        """Take one code's comparison into account, also where nothing differs or its source is not to be followed."""
        available = comparison.record.available
        wanted = self._wanted.setdefault(product, available)
        if wanted != available:
            self._disputed.setdefault(product, {wanted}).add(available)
        if comparison.differs and may_push:
            target = self._targets.get(product)
            if target is None:
                target = PushTarget(product, available, comparison.level.in_warehouses)
                self._targets[product] = target
            target.comparisons.append(comparison)

    def targets(self) -> list[PushTarget]:
        """What is to be pushed, the most urgent first."""
        agreed = (target for product, target in self._targets.items() if product not in self._disputed)
        return sorted(agreed, key=PushTarget.urgency, reverse=True)

    def disputed(self) -> list[tuple[PushTarget, str]]:
        """What cannot be pushed, with the reason."""
        return [
            (target, f"its codes are one product there, and their sources say {_either(self._disputed[product])}")
            for product, target in self._targets.items()
            if product in self._disputed
        ]


def _either(levels: set[int]) -> str:
    return " and ".join(str(level) for level in sorted(levels))


@dataclass(frozen=True, slots=True)
class PushResult:
    """What became of one push. `level` is what the platform tells of the product afterwards, None where it does not.

    `was_sent` is False where the platform surely holds what it held before; `refused` says that it takes no pushes now.
    """

    product: str
    level: int | None
    detail: str | None = None
    was_sent: bool = True
    refused: bool = False
    warehouses: Mapping[int, int] | None = None
