"""`orderbridge demo` and `orderbridge local up` as a person runs them: own processes, the real template."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from orderbridge.aws.items import keys
from orderbridge.aws.schema import SCHEMA, VERSION
from orderbridge.platforms.names import platform_names
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.e2e

COMMAND = str(Path(sys.executable).with_name("orderbridge"))


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the machine's AWS configuration, and temporary files where this test can look for them."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
    return {**kept, "HOME": str(folder), "TMPDIR": str(folder), "AWS_PROFILE": "a-profile-that-does-not-exist"}


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], cwd=folder, env=_environment(folder), capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def _json(folder: Path, *arguments: str) -> Any:
    done = _run(folder, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def _local_up(folder: Path, *arguments: str, end: signal.Signals = signal.SIGTERM) -> Iterator[list[str]]:
    """A local stack that serves; it is ended by a signal, has to exit 0, and leaves no process behind."""
    with (folder / "up.err").open("w") as errors:
        process = subprocess.Popen(
            [COMMAND, "local", "up", "--port", "0", *arguments],
            cwd=folder, env=_environment(folder), stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield [line]
        process.send_signal(end)
        assert process.wait(PATIENCE_S) == 0, (folder / "up.err").read_text()
        assert process.stdout.read() == ""
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert _left_behind(folder) == []


def _left_behind(folder: Path) -> list[str]:
    """The command lines of processes that work in this folder or name it (Linux; else none)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            works_here = (process / "cwd").readlink().is_relative_to(folder)
        except OSError:
            continue
        if command and (works_here or str(folder) in command):
            found.append(command)
    return found


def test_the_demo_brings_one_order_to_all_three_platforms_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = _run(tmp_path, "demo", "--own-stack", "--json")

    assert done.returncode == 0, done.stderr
    order = json.loads(done.stdout)
    known_as = {each["channel"]: each["external_id"] or each["ext_order_no"] for each in order["forwards"]}
    assert {each["state"] for each in order["forwards"]} == {"SENT"}
    assert known_as.keys() == set(platform_names())
    assert known_as["salesmania"] == order["code"]
    assert all(known_as.values())
    events = [entry["event"] for entry in order["timeline"]]
    assert events[0] == "OrderAccepted"
    assert events.count("ForwardSent") == 3
    assert _left_behind(tmp_path) == []
    assert list(tmp_path.glob("orderbridge-demo-*")) == []


def test_a_local_stack_is_seeded_found_by_itself_and_the_same_after_a_restart(tmp_path: Path) -> None:
    with _local_up(tmp_path, end=signal.SIGINT) as said:
        stack = json.loads((tmp_path / ".local" / "stack.json").read_text())
        assert said == [f"ready {stack['api_url']}\n"]
        assert stack["api_url"].startswith("http://127.0.0.1:")
        assert {"api_url", "aws_endpoint_url", "region", "stack", "table", "bus", "sandboxes"} <= stack.keys()
        assert stack["sandboxes"].keys() == set(platform_names())

        partner = _json(tmp_path, "partners", "show", "demo")
        mappings = _json(tmp_path, "mappings", "export", "ngorder")
        for channel in stack["sandboxes"]:
            assert _json(tmp_path, "channels", "check", channel)["ok"] is True
        shown = _run(tmp_path, "demo")
        assert shown.returncode == 0, shown.stderr
        orders = _json(tmp_path, "orders", "list")
        assert orders[0]["code"] in shown.stdout
        assert f"ext_order_no {orders[0]['code']}" in shown.stdout
        # A second one on the same state says so, and does no harm.
        second = _run(tmp_path, "local", "up", "--port", "0")
        assert second.returncode == 1
        assert "already running" in second.stderr
        assert "Traceback" not in second.stderr
    assert not (tmp_path / ".local" / "stack.json").exists()

    with _local_up(tmp_path):
        assert _json(tmp_path, "partners", "show", "demo") == partner
        assert _json(tmp_path, "mappings", "export", "ngorder") == mappings
        assert [each["code"] for each in _json(tmp_path, "orders", "list")] == [each["code"] for each in orders]
        assert _run(tmp_path, "demo").returncode == 0


def test_without_sandboxes_and_seeds_the_stack_is_empty_and_the_demo_says_why_it_cannot_run(tmp_path: Path) -> None:
    with _local_up(tmp_path, "--no-sandbox", "--no-seed", "--state", "elsewhere"):
        stack = json.loads((tmp_path / ".local" / "stack.json").read_text())
        assert stack["sandboxes"] == {}
        assert _version_of_the_table(stack) == str(VERSION), "before any command"
        assert _json(tmp_path, "channels", "list") == []
        assert _json(tmp_path, "partners", "list") == []
        assert _rates(stack, "-status-") == {"rate(1 minute)"}, "somebody looks on"
        assert _rates(stack, "-stock-") == {"rate(15 minutes)"}
        done = _run(tmp_path, "demo")
        assert (done.returncode, done.stdout) == (1, "")
        assert "none runs" in done.stderr
    assert (tmp_path / "elsewhere").is_dir()


def _version_of_the_table(stack: dict[str, Any]) -> str:
    dynamodb = boto3.client(
        "dynamodb", endpoint_url=stack["aws_endpoint_url"], region_name=stack["region"],
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    found: str = dynamodb.get_item(TableName=stack["table"], Key=keys(SCHEMA, SCHEMA))["Item"]["version"]["N"]
    return found


def _rates(stack: dict[str, Any], kind: str) -> set[str]:
    """How often the schedules of this kind fire."""
    scheduler = boto3.client(
        "scheduler", endpoint_url=stack["aws_endpoint_url"], region_name=stack["region"],
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    names = [schedule["Name"] for schedule in scheduler.list_schedules()["Schedules"]]
    return {scheduler.get_schedule(Name=name)["ScheduleExpression"] for name in names if kind in name}


def test_an_end_during_the_start_leaves_nothing_behind(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [COMMAND, "local", "up", "--port", "0"], cwd=tmp_path, env=_environment(tmp_path),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    process.stderr.readline()  # it has begun
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)

    out, errors = process.communicate(timeout=PATIENCE_S)

    assert "ready" not in out
    assert "Traceback" not in errors
    assert _left_behind(tmp_path) == []
