"""`orderbridge statuses sync` asks until a round is at its end, and says which channels were not asked to theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from orderbridge.channels.channel import Channel
from orderbridge.entrypoints.status_schedule import described
from orderbridge.status.runs import StatusReport
from orderbridge_cli.commands import statuses
from orderbridge_cli.main import app
from orderbridge_cli.target import Operations
from tests.command_json import hold
from tests.unit.cli.commands.functions import Answers, Functions


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], Functions]:
    def answering(answers: Answers) -> Functions:
        made = Functions("orderbridge-status-sync", answers)
        listed = [Channel(name, "ngorder", {}) for name in ("second", "first")]
        by_name = {channel.name: channel for channel in listed}
        here = SimpleNamespace(
            target=SimpleNamespace(stack="orderbridge"),
            channels=SimpleNamespace(list_channels=lambda: listed, find_named=by_name.get),
            clients=SimpleNamespace(functions=made, physical_id=lambda *_: "orderbridge-status-sync"),
        )
        monkeypatch.setattr(Operations, "here", lambda: here)
        return made

    monkeypatch.setattr(statuses, "BUSY_PAUSE_SECONDS", 0)
    return answering


def entry(channel: str, **report: Any) -> dict[str, Any]:
    return described(StatusReport(channel, **report))


def run(*arguments: str) -> tuple[int, Any, str]:
    written = ["statuses", "sync", *arguments, "--json"]
    done = CliRunner().invoke(app, written)
    hold(written, done.exit_code, done.stdout)
    return done.exit_code, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_the_steps_of_a_round_are_counted_together(functions: Callable[[Answers], Functions]) -> None:
    counts = {"pages": 1, "rows": 20, "matched": 3, "changed": 2, "unread": 4, "failed_pages": 5}
    step = entry("first", **counts, unknown={"PACKED": 1}, problems=["odd"])
    functions({"first": [step, {**step, "finished": True}]})
    code, document, _ = run("first")
    assert code == 0
    (told,) = document["channels"]
    assert {name: told[name] for name in counts} == {name: 2 * count for name, count in counts.items()}
    assert told["unknown"] == {"PACKED": 2}
    assert told["problems"] == ["odd", "odd"]


def test_the_end_of_another_run_is_waited_for(functions: Callable[[Answers], Functions]) -> None:
    busy = entry("first", skipped="another run is at work")
    made = functions({"first": [busy, busy, entry("first", finished=True)]})
    assert run("first")[0] == 0
    assert len(made.asked) == 3


def test_a_round_that_broke_off_is_exit_1_and_keeps_what_was_done_and_the_other_channels(
    functions: Callable[[Answers], Functions],
) -> None:
    functions(
        {
            "first": [entry("first", pages=7), "HandlerFailed: ClientError"],
            "second": [entry("second", finished=True, pages=1)],
        }
    )
    code, document, announced = run()
    assert code == 1
    assert [(each["channel"], each["ok"], each["pages"]) for each in document["channels"]] == [
        ("first", False, 7),
        ("second", True, 1),
    ]
    assert "broke off: HandlerFailed: ClientError" in document["channels"][0]["problems"][0]
    assert "broke off: HandlerFailed: ClientError" in announced
