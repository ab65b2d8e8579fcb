"""A round of the status sync over 100,000 open orders: seconds of our own work, calls, memory, and writes.

``python -m benchmarks.statuses``: index and platform answer inside the process, so that the figures are the sync's own.
On AWS the platform decides how long a round takes: its rate and its answers. The sync goes on where it stopped.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.report import Figure, print_figures
from orderbridge.aws.items import Item
from orderbridge.channels.channel import Channel
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, ForwardState, Transition, new_forward
from orderbridge.forwarding.order_status import open_since
from orderbridge.orders.codes import business_day, order_code
from orderbridge.platforms.sirclo.statuses import TABLE
from orderbridge.status.changes import StatusReading
from orderbridge.status.ports import OpenForward, StatusPage, StatusQuery
from orderbridge.status.runs import StatusReport, StatusRun
from orderbridge.status.seen import SeenReadings
from orderbridge.status.sync import FORWARDS_AT_ONCE, SyncStatuses
from orderbridge.values.ids import ChannelRef, ForwardKey, OrderKey

ORDERS = 100_000
DAYS = 30
PER_PAGE = 100
NOW = datetime(2025, 1, 31, tzinfo=UTC)
CHANNEL = ChannelRef("sirclo-main", "sirclo")
PER_DAY = ORDERS // DAYS + 1


def item_of(number: int) -> Item:
    """The open forward of the `number`-th order, as the index shows it."""
    day = NOW.date() - timedelta(days=DAYS - 1 - number // PER_DAY)
    code = order_code(day, number % PER_DAY + 1)
    queued = new_forward(OrderKey("acme", f"{number:022d}"), code, CHANNEL, NOW, 60).forward
    sent = replace(
        queued, state=ForwardState.SENT, external_id=str(number), due_at=None, attempts=1, body_hash="0" * 64
    )
    return forward_items.forward_item(sent)


@dataclass
class World:
    """Index, table, runs and platform, answering at once; every call is counted."""

    shipped_from: int = ORDERS
    """From which order on the platform says that it was shipped."""
    pages: int = 0
    queries: int = 0
    reads: int = 0
    writes: int = 0
    seen: SeenReadings = field(default_factory=SeenReadings)
    run: StatusRun = field(default_factory=lambda: StatusRun(CHANNEL.name))
    table: Any = field(default_factory=lambda: TABLE)
    lists: tuple[str, ...] = ("orders",)
    days_at_once: int = 7

    def open_forwards(self, channel: Channel, after: str, limit: int) -> Iterator[OpenForward]:  # noqa: ARG002
        self.queries += 1
        first = self._first_behind(after)
        for number in range(first, min(first + limit, ORDERS)):
            forward = forward_items.read_forward(item_of(number))
            yield OpenForward(forward.forward_key, str(number), open_since(forward))

    def completed_forwards(self, *_: object) -> Iterator[OpenForward]:
        return iter(())

    def read_forwards(self, keys: Collection[ForwardKey]) -> Iterator[Forward]:
        self.reads += len(keys)
        return (forward_items.read_forward(item_of(int(key.order.reference_hash))) for key in keys)

    def _first_behind(self, after: str) -> int:
        low, high = 0, ORDERS
        while low < high:
            middle = (low + high) // 2
            if open_since(forward_items.read_forward(item_of(middle))) <= after:
                low = middle + 1
            else:
                high = middle
        return low

    def save(self, transition: Transition) -> Forward:
        self.writes += 1
        return replace(transition.forward, revision=transition.forward.revision + 1)

    @contextmanager
    def open(self, channel: Channel) -> Iterator[World]:  # noqa: ARG002
        yield self

    def page(self, query: StatusQuery, list_name: str, number: int) -> StatusPage:  # noqa: ARG002
        self.pages += 1
        first = self._number_of(query.first_day - timedelta(days=1)) + number * PER_PAGE
        end = min(self._number_of(query.last_day + timedelta(days=2)), ORDERS)
        rows = range(first, min(first + PER_PAGE, end))
        says = ("packed", "pending")
        readings = [
            StatusReading(
                str(each), {"status": says[each < self.shipped_from]}, "" if each < self.shipped_from else "JP1"
            )
            for each in rows
        ]
        return StatusPage(readings, has_more=first + PER_PAGE < end)

    def _number_of(self, day: date) -> int:
        first = business_day(str(item_of(0)["forward_code"]["S"]))
        return max((day - first).days, 0) * PER_DAY

    # --- runs ---------------------------------------------------------------------------------------------------------

    def read(self, channel: str) -> StatusRun:  # noqa: ARG002
        return self.run

    def keep(self, run: StatusRun) -> StatusRun:
        self.run = replace(run, revision=run.revision + 1)
        return self.run


class Open:
    """`OpenForwards` of a `World`."""

    def __init__(self, world: World) -> None:
        self.open_forwards = world.open_forwards
        self.completed_forwards = world.completed_forwards
        self.read = world.read_forwards


class Runs:
    """`StatusRuns` on a `World`, whose own `save` is the table's."""

    def __init__(self, world: World) -> None:
        self.read = world.read
        self.save = world.keep


def whole_round(world: World, pages_per_run: int | None = None) -> list[StatusReport]:
    """Run after run until the round is complete; each run ends after so many pages (None: never)."""
    anything: Any = world
    sync = SyncStatuses(
        open_forwards=Open(world),
        seen=world.seen,
        orders=anything,
        channels=anything,
        runs=Runs(world),
        clock=lambda: NOW,
        new_run_id=lambda: "run",
    )
    channel = Channel(CHANNEL.name, CHANNEL.platform, {})
    reports: list[StatusReport] = []
    while not reports or not reports[-1].finished:
        end = world.pages + pages_per_run if pages_per_run is not None else None
        reports.append(sync(channel, anything, lambda end=end: 1.0 if end is None else float(end - world.pages)))
    return reports


def figures() -> Generator[Figure]:
    """Of whole rounds over `ORDERS` open orders of `DAYS` days on one channel, `PER_PAGE` rows a page."""
    worlds: list[tuple[str, World, int | None]] = [
        ("nothing changed", World(), None),
        ("nothing changed, 200 pages a run", World(), 200),
        ("one in a hundred shipped", World(shipped_from=ORDERS - ORDERS // 100), None),
    ]
    for name, world, pages_per_run in worlds:
        began = time.process_time()
        reports = whole_round(world, pages_per_run)
        seconds = time.process_time() - began
        named = f"statuses of {ORDERS} orders, {name}"
        yield f"{named}: seconds of ours", f"{seconds:.1f}"
        yield f"{named}: runs", len(reports)
        yield f"{named}: pages", world.pages
        yield f"{named}: queries", world.queries
        yield f"{named}: writes", world.writes
    yield f"statuses, {FORWARDS_AT_ONCE} forwards that are held at once", lambda: f"{_mebibytes_held():.0f} MiB"


def _mebibytes_held() -> float:
    tracemalloc.start()
    held = list(World().open_forwards(CHANNEL, "2000-01-01", FORWARDS_AT_ONCE))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(held) == FORWARDS_AT_ONCE
    return taken / 2**20


if __name__ == "__main__":
    print_figures(figures, "statuses")
