"""An invocation of the stock sync: what it may take, what it answers, and when it counts as failed."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from orderbridge.entrypoints.invocation import HandlerFailed
from orderbridge.entrypoints.stock_schedule import SECONDS_TO_END, stock_handler
from orderbridge.stock.rounds import StockRequest
from orderbridge.stock.runs import RunReport
from orderbridge.stock.sync import RunResult, RunState


def context(seconds: float) -> Any:
    return SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: int(seconds * 1000))


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def handler(*states: RunState, given: list[float] | None = None) -> Callable[[Any, Any], dict[str, Any]]:
    def sync_round(_request: StockRequest, seconds_left: Callable[[], float]) -> list[RunResult]:
        if given is not None:
            given.append(seconds_left())
        report = RunReport(read=3, changed=2, sent=1, pushed=1)
        report.note("P", "why")
        return [RunResult(f"channel-{number}", state, report) for number, state in enumerate(states)]

    return stock_handler(sync_round)


def test_the_answer_is_what_the_command_prints_and_the_state_of_each_run() -> None:
    answer = handler("done")({"channel": "x"}, context(900))
    assert answer == {
        "channels": [
            {
                "channel": "channel-0",
                "ok": True,
                "read": 3,
                "changed": 2,
                "pushed": 1,
                "problems": [{"key": "P", "detail": "why"}],
                "state": "done",
            }
        ]
    }


@pytest.mark.parametrize("event", [{"platform": "shop"}, {"channel": "x"}])
def test_an_aborted_run_is_reported_by_itself_and_is_no_error_of_the_function(
    event: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The template counts the lines of aborted runs and raises an alarm where they go on for hours."""
    answer = handler("done", "aborted", "busy", "continues")(event, context(900))
    assert [channel["ok"] for channel in answer["channels"]] == [True, False, True, True]
    assert [line["channel"] for line in logged(capsys) if line["state"] == "aborted"] == ["channel-1"]


def test_no_step_is_begun_that_could_not_be_ended() -> None:
    given: list[float] = []
    handler("done", given=given)({"platform": "shop"}, context(900))
    handler("done", given=given)({"channel": "x", "seconds": 45}, context(900))
    handler("done", given=given)({"channel": "x", "seconds": 45}, context(SECONDS_TO_END + 10))
    assert given == [900 - SECONDS_TO_END, 45, 10]


def test_an_event_that_is_none_of_ours_fails_without_its_words() -> None:
    with pytest.raises(HandlerFailed, match="ValueError"):
        handler("done")({"detail": "something else"}, context(900))


def test_the_log_says_how_a_run_went_and_no_product(capsys: pytest.CaptureFixture[str]) -> None:
    handler("done")({"channel": "x"}, context(900))
    (said,) = logged(capsys)
    assert (said["channel"], said["state"]) == ("channel-0", "done")
    assert said["found"] == {"read": 3, "changed": 2, "pushed": 1, "problems": 1}
