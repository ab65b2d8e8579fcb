"""The stock sync's world in memory: the table with its lease and versions, platforms with what they really hold."""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from orderbridge.channels.channel import Channel
from orderbridge.stock.drift import PushResult, PushTarget
from orderbridge.stock.levels import StockLevel
from orderbridge.stock.lists import ListedLevel, Snapshot, StockPage, StockReadFailed, UnusableMapping
from orderbridge.stock.runs import StockRun
from orderbridge.stock.sync import RunResult, SyncStock
from orderbridge.values.leases import LeaseLost
from orderbridge.values.times import Clock
from tests.fakes.outward import Bus
from tests.fakes.steps import Clock as ManualClock
from tests.fakes.steps import Steps


class StockTable:
    """`StockLevels` and `StockRuns` in memory; `writes` counts what was written of levels, by channel."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.stored: dict[str, dict[str, StockLevel]] = {}
        self.mappings: dict[str, dict[str, Any]] = {}
        self.site_mappings: dict[str, list[int]] = {}
        self.by_channel: dict[str, StockRun] = {}
        self.snapshots: dict[tuple[str, str], dict[str, Any]] = {}
        self.writes: Counter[str] = Counter()

    def levels(self, channel: str) -> Iterator[StockLevel]:
        self.steps.pass_by("read levels")
        return iter([level for _, level in sorted(self.stored.get(channel, {}).items())])

    def find(self, channel: str, codes: Collection[str]) -> Mapping[str, StockLevel]:
        self.steps.pass_by("find levels")
        return {code: level for code, level in self.stored.get(channel, {}).items() if code in codes}

    def products(self, channel: Channel) -> Iterator[tuple[str, Any]]:
        self.steps.pass_by("read products")
        return iter(sorted(self.mappings.get(channel.name, {}).items()))

    def mapped(self, channel: Channel, codes: Collection[str]) -> Mapping[str, Any]:
        return {code: value for code, value in self.mappings.get(channel.name, {}).items() if code in codes}

    def sites(self, channel: Channel) -> Iterator[Any]:
        return iter(self.site_mappings.get(channel.name, ()))

    def write(self, run: StockRun, levels: Sequence[StockLevel], gone: Sequence[str] = ()) -> None:
        self.steps.pass_by("before write levels")
        if self.by_channel[run.channel].lease.holder != run.lease.holder:
            raise LeaseLost(run.channel)
        stored = self.stored.setdefault(run.channel, {})
        for level in levels:
            known = stored.get(level.product_code)
            if known is None or known.as_of <= level.as_of:
                stored[level.product_code] = level
                self.writes[run.channel] += 1
        for code in gone:
            stored.pop(code, None)
            self.writes[run.channel] += 1
        self.steps.pass_by("after write levels")

    def read(self, channels: Collection[str]) -> Mapping[str, StockRun]:
        self.steps.pass_by("read runs")
        return {channel: self.by_channel[channel] for channel in channels if channel in self.by_channel}

    def save(self, run: StockRun) -> StockRun:
        self.steps.pass_by("before save run")
        if self.by_channel.get(run.channel, StockRun(run.channel)).revision != run.revision:
            raise LeaseLost(run.channel)
        saved = replace(run, revision=run.revision + 1)
        self.by_channel[run.channel] = saved
        self.steps.pass_by("after save run")
        return saved

    def keep_snapshot(self, channel: str, snapshot_id: str, snapshot: Snapshot) -> int:
        self.steps.pass_by("before keep snapshot")
        self.snapshots[channel, snapshot_id] = copy.deepcopy(snapshot.document())
        return 1

    def kept_snapshot(self, channel: str, snapshot_id: str, parts: int) -> Snapshot | None:
        self.steps.pass_by("read snapshot")
        document = self.snapshots.get((channel, snapshot_id))
        return Snapshot.from_document(document) if document is not None else None


@dataclass
class Shop:
    """A platform's account: what it truly holds by its own product keys, raw, and how it answers.

    `fails` is called with the name of each call and its number; whatever it raises is what the caller gets.
    """

    steps: Steps
    held: dict[str, Any] = field(default_factory=dict)
    in_warehouses: set[str] = field(default_factory=set)
    by_warehouse: dict[str, dict[int, int]] = field(default_factory=dict)
    """What warehouses have of the products that lie in several; 0 has all that is held of those that are not here."""
    warehouses: frozenset[int] | None = None
    page_size: int = 3
    reads_single_products: bool = True
    takes_pushes: bool = True
    fails: Callable[[str, int], None] = lambda _name, _number: None
    calls: Counter[str] = field(default_factory=Counter)
    pushes: list[tuple[str, int]] = field(default_factory=list)

    def _call(self, name: str) -> None:
        self.calls[name] += 1
        self.steps.pass_by(f"before {name}")
        self.fails(name, self.calls[name])

    def product_key(self, value: Any) -> str:
        if not isinstance(value, str):
            raise UnusableMapping("no product")
        return value

    def page(self, number: int) -> StockPage:
        self._call("page")
        keys = sorted(self.held)[number * self.page_size : (number + 1) * self.page_size]
        has_more = (number + 1) * self.page_size < len(self.held)
        return StockPage(keys, [self._listed(key) for key in keys], has_more, len(self.held))

    def _listed(self, key: str) -> ListedLevel:
        return ListedLevel.parsed(key, self.held[key], in_warehouses=key in self.in_warehouses)

    def read(self, product: str, *, in_warehouses: bool) -> ListedLevel:
        self._call("read")
        listed = self._listed(product) if product in self.held else ListedLevel(product, None, "there is none")
        if not in_warehouses or listed.level is None:
            return listed
        return ListedLevel.kept(product, self.by_warehouse.get(product, {0: listed.level}), self.warehouses)

    def push(self, targets: Sequence[PushTarget]) -> Iterator[PushResult]:
        for target in targets:
            self._call("push")
            if not self.takes_pushes:
                yield PushResult(target.product, None, "Slow down!", was_sent=False, refused=True)
                return
            self.pushes.append((target.product, target.available))
            self.held[target.product] = target.available
            self.steps.pass_by("after push")
            try:
                listed = self.read(target.product, in_warehouses=target.in_warehouses)
            except StockReadFailed as failed:
                yield PushResult(target.product, None, str(failed))
            else:
                yield PushResult(target.product, listed.level, warehouses=listed.warehouses)


@dataclass
class StockWorld:
    """Channels with their shops, and the sync between them. `limit` is how many steps an invocation's time allows."""

    steps: Steps = field(default_factory=Steps)
    clock: ManualClock = field(default_factory=ManualClock)
    shops: dict[str, Shop] = field(default_factory=dict)
    channels: list[Channel] = field(default_factory=list)
    seconds: Callable[[], float] = lambda: 1000.0
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.table = StockTable(self.steps)
        self.bus = Bus(self.steps)

    def add(self, name: str, held: Mapping[str, Any], *, mapped: Mapping[str, Any] | None = None, **stock: Any) -> Shop:
        """A channel whose shop holds these levels; without `mapped` every key is a product code of ours, too."""
        shop = Shop(self.steps, dict(held))
        self.shops[name] = shop
        self.channels.append(Channel(name, "shop", {"stock": stock}))
        self.table.mappings[name] = dict(mapped if mapped is not None else {key: key for key in held})
        return shop

    @contextmanager
    def open(self, channel: Channel, sites: Iterable[Any]) -> Iterator[Shop]:
        shop = self.shops[channel.name]
        shop.warehouses = frozenset(sites) or None
        yield shop

    def sync(self) -> SyncStock:
        return SyncStock(
            self.table, self.table, self, self.bus.publish, self._clock(), lambda: f"run-{next(self._ids)}"
        )

    def _clock(self) -> Clock:
        def tick() -> Any:
            self.clock.move(0.001)
            return self.clock.now

        return tick

    def run(self, name: str, *, restart: bool = False) -> RunResult:
        """One step of a channel's run."""
        channel = next(channel for channel in self.channels if channel.name == name)
        return self.sync()(channel, self.channels, lambda: self.seconds(), restart=restart)

    def run_to_end(self, name: str) -> RunResult:
        """The channel's run, over as many invocations as it takes."""
        for _ in range(1000):
            result = self.run(name)
            if result.state != "continues":
                return result
        raise AssertionError("the run does not end")

    def available(self, name: str) -> dict[str, int]:
        return {code: level.available for code, level in self.table.stored.get(name, {}).items()}
