"""An invocation of the status sync: what it may take, what it answers and logs, and when it counts as failed."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from orderbridge.channels.channel import Channel
from orderbridge.entrypoints import status_schedule
from orderbridge.entrypoints.invocation import HandlerFailed
from orderbridge.entrypoints.status_schedule import SECONDS_TO_END, status_handler
from orderbridge.status.rounds import StatusRequest, SyncStatusRound, UnknownChannel
from orderbridge.status.runs import StatusReport
from orderbridge.values.rounds import in_turn


def context(seconds: float) -> Any:
    return SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: int(seconds * 1000))


def report(channel: str = "shop", **changes: Any) -> StatusReport:
    made = StatusReport(channel, finished=True, pages=2, rows=150, matched=3, changed=1)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def handler(*reports: StatusReport, given: list[float] | None = None) -> Callable[[Any, Any], dict[str, Any]]:
    def sync_round(_request: StatusRequest, seconds_left: Callable[[], float]) -> list[StatusReport]:
        if given is not None:
            given.append(seconds_left())
        return list(reports)

    return status_handler(sync_round)


def test_the_answer_says_what_was_done_for_each_channel() -> None:
    answer = handler(report())({"channel": "shop"}, context(900))
    assert answer == {
        "channels": [
            {
                "channel": "shop",
                "ok": True,
                "finished": True,
                "skipped": None,
                "pages": 2,
                "rows": 150,
                "matched": 3,
                "changed": 1,
                "unread": 0,
                "failed_pages": 0,
                "unknown": {},
                "problems": [],
            }
        ]
    }


@pytest.mark.parametrize("event", [{"platform": "ngorder"}, {"channel": "shop"}])
def test_a_platform_that_failed_is_reported_by_itself_and_is_no_error_of_the_function(
    event: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The template counts the lines of failed rounds and raises an alarm where they go on for hours."""
    failed = report(ok=False, finished=False, problems=["503"])
    skipped = report("busy", finished=False, skipped="another run is at work")
    answer = handler(report("other"), failed, report("slow", finished=False), skipped)(event, context(900))
    assert answer["channels"][1]["problems"] == ["503"]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["channel"] for line in lines if line["outcome"] == "failed"] == ["shop"]


def test_no_page_is_begun_that_could_not_be_taken_in() -> None:
    given: list[float] = []
    handler(given=given)({"platform": "ngorder"}, context(900))
    handler(given=given)({"channel": "shop", "seconds": 45}, context(900))
    handler(given=given)({"channel": "shop", "seconds": 5000}, context(900))
    handler(given=given)({"channel": "shop", "seconds": 45}, context(90))
    assert given == [900 - SECONDS_TO_END, 45, 900 - SECONDS_TO_END, 90 - SECONDS_TO_END]


@pytest.mark.parametrize("event", [{}, {"platform": "a", "channel": "b"}, {"channel": "a", "seconds": "soon"}])
def test_an_event_that_asks_for_nothing_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(HandlerFailed, match="ValueError"):
        handler()(event, context(900))


def test_unknown_words_are_counted_in_the_log_and_do_not_are_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(status_schedule, "log", lambda event, **fields: lines.append((event, fields)))
    said = report()
    for words in ("status: Artia", "status: Artia", "status: other"):
        said.note_unknown(words)
    handler(said, report("quiet"))({"channel": "shop"}, context(900))
    assert [fields for event, fields in lines if event == "unknown_statuses"] == [{"channel": "shop", "count": 3}]
    assert "Artia" not in str(lines)


# --- which channels, and how long each --------------------------------------------------------------------------------


class Overview:
    def list_channels(self) -> list[Channel]:
        return [
            Channel("b", "ngorder", {}),
            Channel("a", "ngorder", {}),
            Channel("c", "sirclo", {}),
            Channel("d", "ngorder", {}, state="paused"),
        ]


def a_round(asked: list[tuple[str, str, bool]]) -> SyncStatusRound:
    def sync(channel: Channel, platform: Any, _left: Callable[[], float], *, with_completed: bool) -> StatusReport:
        asked.append((channel.name, platform, with_completed))
        return StatusReport(channel.name)

    anything: Any = sync
    platform: Any = lambda name: name  # noqa: E731 - in the place of a platform, its name
    return SyncStatusRound(anything, Overview(), platform)


def test_a_schedule_asks_for_its_platforms_active_channels_and_an_operator_for_any_with_its_completed_orders() -> None:
    asked: list[tuple[str, str, bool]] = []
    a_round(asked)(StatusRequest(platform="ngorder"), lambda: 900)
    assert asked == [("a", "ngorder", False), ("b", "ngorder", False)]
    a_round(asked)(StatusRequest(channel="d"), lambda: 900)
    assert asked[-1] == ("d", "ngorder", True)
    with pytest.raises(UnknownChannel):
        a_round(asked)(StatusRequest(channel="e"), lambda: 900)


def test_each_gets_an_equal_part_of_the_time_and_one_that_fails_holds_up_no_other() -> None:
    now = 0.0
    given: list[float] = []

    def work(item: int, left: Callable[[], float]) -> int:
        nonlocal now
        given.append(left())
        now += left() if item == 1 else 0
        if item == 2:
            raise KeyError(item)
        return item

    with pytest.raises(KeyError):
        in_turn([1, 2, 3], lambda: 90 - now, work)
    assert given == pytest.approx([30, 30, 60])
