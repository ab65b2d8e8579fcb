"""`orderbridge stock sync` asks until a run is at its end, and says which channels were not synced."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from orderbridge.channels.channel import Channel
from orderbridge_cli.commands import stock
from orderbridge_cli.main import app
from orderbridge_cli.target import Operations
from tests.command_json import hold
from tests.unit.cli.commands.functions import Answers, Functions


def entry(channel: str, state: str, **more: Any) -> dict[str, Any]:
    report = {"read": 1, "changed": 0, "pushed": 0, "problems": []}
    return {"channel": channel, "ok": state != "aborted", **report, "state": state, **more}


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], Functions]:
    def answering(answers: Answers) -> Functions:
        made = Functions("orderbridge-stock-sync", answers)
        listed = [
            Channel("receives", "salesmania", {"stock": {"push": True}}),
            Channel("no-part", "sirclo", {}),
            Channel("source", "ngorder", {"stock": {"source": True}}),
        ]
        by_name = {channel.name: channel for channel in listed}
        here = SimpleNamespace(
            target=SimpleNamespace(stack="orderbridge"),
            channels=SimpleNamespace(list_channels=lambda: listed, find_named=by_name.get),
            clients=SimpleNamespace(functions=made, physical_id=lambda *_: "orderbridge-stock-sync"),
        )
        monkeypatch.setattr(Operations, "here", lambda: here)
        return made

    monkeypatch.setattr(stock, "BUSY_PAUSE_SECONDS", 0)
    return answering


def run(*arguments: str) -> tuple[int, Any, str]:
    written = ["stock", "sync", *arguments, "--json"]
    done = CliRunner().invoke(app, written)
    hold(written, done.exit_code, done.stdout)
    return done.exit_code, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_every_channel_with_a_part_is_synced_sources_first(functions: Callable[[Answers], Functions]) -> None:
    made = functions({"source": [entry("source", "done")], "receives": [entry("receives", "done", pushed=1)]})
    code, document, _ = run()
    assert code == 0
    assert [each["channel"] for each in made.asked] == ["source", "receives"]
    assert document == {
        "channels": [
            {"channel": "source", "ok": True, "read": 1, "changed": 0, "pushed": 0, "problems": []},
            {"channel": "receives", "ok": True, "read": 1, "changed": 0, "pushed": 1, "problems": []},
        ]
    }


def test_a_run_is_asked_for_until_its_end_and_begun_again_once(functions: Callable[[Answers], Functions]) -> None:
    states = ["busy", "busy", "continues", "continues", "done"]
    made = functions({"no-part": [entry("no-part", state) for state in states]})
    code, _, announced = run("no-part")
    assert code == 0
    assert [each["anew"] for each in made.asked] == [True, True, True, False, False]
    assert announced.count("Another run is at work on no-part") == 1


def test_an_aborted_run_is_exit_1_with_every_entry(functions: Callable[[Answers], Functions]) -> None:
    problem = {"key": "source", "detail": "503: down"}
    functions({"source": [entry("source", "aborted", problems=[problem])], "receives": ["HandlerFailed: ClientError"]})
    code, document, announced = run()
    assert code == 1
    assert [(each["channel"], each["ok"]) for each in document["channels"]] == [("source", False), ("receives", False)]
    assert "broke off: HandlerFailed: ClientError" in document["channels"][1]["problems"][0]["detail"]
    assert "503: down" in announced


def test_an_unknown_channel_is_exit_1(functions: Callable[[Answers], Functions]) -> None:
    functions({})
    code, document, _ = run("nothing")
    assert code == 1
    assert document == {"error": "There is no channel nothing."}


def test_a_person_is_shown_tables(functions: Callable[[Answers], Functions]) -> None:
    problem = {"key": "PROD-001", "detail": "null is no stock level"}
    functions({"no-part": [entry("no-part", "done", problems=[problem])]})
    done = CliRunner().invoke(app, ["stock", "sync", "no-part"])
    assert done.exit_code == 0
    assert "PROD-001" in done.stdout
    assert "null is no stock level" in done.stdout
