"""What the status sync speaks to, in memory: open forwards, runs, and a platform's lists with their faults."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from orderbridge.channels.channel import Channel
from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.forwarding.order_status import is_completed, is_open, open_since
from orderbridge.platforms.ngorder.statuses import TABLE
from orderbridge.status.changes import StatusReading, StatusTable
from orderbridge.status.ports import OpenForward, StatusPage, StatusQuery
from orderbridge.status.runs import StatusRun
from orderbridge.values.ids import ChannelRef, ForwardKey
from orderbridge.values.leases import LeaseLost
from orderbridge.values.times import to_iso
from tests.fakes import samples
from tests.fakes.steps import Steps
from tests.fakes.store import Store


class OpenForwards:
    """`OpenForwards` on a `Store`; `late` forwards are still found where they were."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.late: dict[str, Forward] = {}
        self.most_at_once = 0
        self.keys_read: list[ForwardKey] = []

    def open_forwards(self, channel: Channel, after: str, limit: int) -> Iterator[OpenForward]:
        yield from self._found(channel.name, after, limit, is_open)

    def completed_forwards(self, channel: Channel, after: str, limit: int, since: str) -> Iterator[OpenForward]:
        def is_wanted(forward: Forward) -> bool:
            return is_completed(forward) and (forward.completed_at or "") >= since

        yield from self._found(channel.name, after, limit, is_wanted)

    def _found(self, channel: str, after: str, limit: int, is_wanted: Callable[[Forward], bool]) -> list[OpenForward]:
        self.store.steps.pass_by("before open_forwards")
        present = [self.late.get(each.code, each) for each in self.store.forwards.values()]
        found = sorted((f for f in present if f.channel.name == channel and is_wanted(f)), key=open_since)
        found = [forward for forward in found if open_since(forward) > after][:limit]
        self.most_at_once = max(self.most_at_once, len(found))
        self.store.steps.pass_by("after open_forwards")
        return [OpenForward(each.forward_key, each.external_id or "", open_since(each)) for each in found]

    def read(self, keys: Collection[ForwardKey]) -> Iterator[Forward]:
        self.store.steps.pass_by("before read")
        self.keys_read += keys
        yield from [self.store.forwards[key.order, key.channel.name] for key in keys]


class StatusRuns:
    """`StatusRuns` in memory."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.steps = steps or Steps()
        self.by_channel: dict[str, StatusRun] = {}

    def read(self, channel: str) -> StatusRun:
        self.steps.pass_by("before read run")
        return self.by_channel.get(channel, StatusRun(channel))

    def save(self, run: StatusRun) -> StatusRun:
        self.steps.pass_by("before save run")
        if self.read_revision(run.channel) != run.revision:
            raise LeaseLost(run.channel)
        saved = replace(run, revision=run.revision + 1)
        self.by_channel[run.channel] = saved
        self.steps.pass_by("after save run")
        return saved

    def read_revision(self, channel: str) -> int:
        return self.by_channel.get(channel, StatusRun(channel)).revision


@dataclass
class Lists:
    """`StatusPlatform` in memory: one row per order and list, newest order first, `per_page` at once.

    `rows` are (list, external id, words by axis, waybill number); `fault` is asked before each page and may raise, or
    return a page of its own.
    """

    steps: Steps = field(default_factory=Steps)
    table: StatusTable = field(default_factory=lambda: TABLE)
    lists: Sequence[str] = ("orders", "cancelled/CANCEL", "shipping/RETURNED")
    days_at_once: int = 7
    per_page: int = 3
    rows: list[tuple[str, str, dict[str, object], object]] = field(default_factory=list)
    fault: Callable[[str, int], StatusPage | None] = lambda _list, _page: None
    asked: list[tuple[str, int]] = field(default_factory=list)
    queries: list[StatusQuery] = field(default_factory=list)
    opens: Callable[[], None] = lambda: None

    @contextmanager
    def open(self, channel: Channel) -> Iterator[Lists]:
        self.opens()
        yield self

    def note(self, list_name: str, external_id: str, awb: object = None, **says: object) -> None:
        self.rows.append((list_name, external_id, says, awb))

    def page(self, query: StatusQuery, list_name: str, number: int) -> StatusPage:
        self.steps.pass_by("before page")
        self.asked.append((list_name, number))
        self.queries.append(query)
        faulty = self.fault(list_name, number)
        if faulty is not None:
            return faulty
        rows = [row for row in reversed(self.rows) if row[0] == list_name]
        part = rows[number * self.per_page : (number + 1) * self.per_page]
        readings = [StatusReading(external_id, says, awb) for _, external_id, says, awb in part]
        self.steps.pass_by("after page")
        return StatusPage(readings, has_more=(number + 1) * self.per_page < len(rows))


def sent_forward(
    store: Store, number: int, channel: ChannelRef = samples.NGORDER, *, at: datetime = samples.NOW, **changes: Any
) -> Forward:
    """A forward of an order of its own that the platform holds under the id `number`, put into the store."""
    order = samples.order(f"SO-{at:%Y%m%d}-{number:05d}", channels=(channel,), created_at=to_iso(at))
    queued = new_forward(order.key, order.code, channel, at, 60).forward
    values = {"state": ForwardState.SENT, "due_at": None, "external_id": str(number), **changes}
    forward = replace(queued, **values)
    store.orders[order.key] = replace(order, status="SUBMITTED", due_at=None)
    store.forwards[order.key, channel.name] = forward
    return forward


def days_ago(count: int) -> datetime:
    return samples.NOW - timedelta(days=count)
