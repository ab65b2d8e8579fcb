"""Which channels a schedule or an operator syncs, in which order, and what one channel's failure does to the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.entrypoints.stock_schedule import described
from orderbridge.stock.rounds import StockRequest, SyncRound, UnknownChannel
from orderbridge.stock.runs import MAX_PROBLEMS, RunReport, in_order
from orderbridge.stock.sync import RunResult


def channel(name: str, platform: str = "shop", *, state: Any = "active", **stock: Any) -> Channel:
    return Channel(name, platform, {"stock": stock} if stock else {}, state=state)


CHANNELS = [
    channel("receives", push=True),
    channel("second", source=True, rank=2),
    channel("first", source=True, rank=1, push=True),
    channel("no-part"),
    channel("paused", source=True, state="paused"),
    channel("elsewhere", "other", source=True),
]


class Overview:
    def list_channels(self) -> list[Channel]:
        return CHANNELS


class Sync:
    """Notes what it is asked, with the time it is given."""

    def __init__(self, failing: str = "") -> None:
        self.asked: list[tuple[str, float, bool]] = []
        self.failing = failing

    def __call__(
        self, channel: Channel, channels: list[Channel], seconds_left: Callable[[], float], *, restart: bool = False
    ) -> RunResult:
        self.asked.append((channel.name, round(seconds_left(), 3), restart))
        assert {each.name for each in channels} == {each.name for each in CHANNELS}
        if channel.name == self.failing:
            raise ConnectionError
        return RunResult(channel.name, "done", RunReport())


def sync_round(sync: Sync) -> SyncRound:
    return SyncRound(sync, Overview(), {each.name: each for each in CHANNELS}.get)


def test_a_schedule_syncs_the_active_channels_of_its_platform_sources_first_in_equal_time() -> None:
    sync = Sync()
    sync_round(sync)(StockRequest(platform="shop"), lambda: 90.0)
    assert sync.asked == [("first", 30.0, False), ("second", 45.0, False), ("receives", 90.0, False)]


def test_an_operator_syncs_any_one_channel() -> None:
    sync = Sync()
    for name in ("no-part", "paused", "elsewhere"):
        sync_round(sync)(StockRequest(channel=name, restart=True), lambda: 90.0)
    assert sync.asked == [(name, 90.0, True) for name in ("no-part", "paused", "elsewhere")]
    with pytest.raises(UnknownChannel):
        sync_round(sync)(StockRequest(channel="nothing"), lambda: 90.0)


def test_one_channels_failure_is_raised_after_the_last_channel() -> None:
    sync = Sync(failing="first")
    with pytest.raises(ConnectionError):
        sync_round(sync)(StockRequest(platform="shop"), lambda: 90.0)
    assert [name for name, *_ in sync.asked] == ["first", "second", "receives"]


@pytest.mark.parametrize("event", [{}, {"platform": "shop", "channel": "first"}, {"channel": "a", "seconds": "soon"}])
def test_an_event_that_asks_for_nothing_or_for_both_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        StockRequest.from_event(event)


def test_an_event_is_read_with_what_belongs_to_it() -> None:
    event = {"channel": "a", "anew": True, "seconds": 5, "more": 1}
    assert StockRequest.from_event(event) == StockRequest(None, "a", True, 5.0)
    assert StockRequest.from_event({"platform": "shop"}) == StockRequest("shop")


def test_sources_come_first_by_rank_and_then_by_name() -> None:
    listed = [channel("b", source=True, rank=1), channel("c", push=True), channel("a", source=True, rank=1)]
    assert [each.name for each in in_order(listed)] == ["a", "b", "c"]


def test_a_report_keeps_so_many_problems_and_counts_the_rest() -> None:
    report = RunReport()
    for number in range(MAX_PROBLEMS + 3):
        report.note(f"P{number}", "x" * 1000)
    body = described(RunResult("shop", "done", RunReport.from_document(report.document())))
    assert len(body["problems"]) == MAX_PROBLEMS + 1
    assert body["problems"][-1] == {"key": "shop", "detail": "and 3 problems more"}
    assert all(len(problem["detail"]) <= 500 for problem in body["problems"])
