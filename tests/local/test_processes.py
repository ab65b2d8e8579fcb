"""Child processes: no stranger is ended, none of ours is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from orderbridge_cli.local.machine import processes
from orderbridge_cli.local.machine.processes import ProcessBook, live_processes, start_of, wait_until
from tests.patience import PATIENCE_S

GRACE_S = PATIENCE_S


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own that does nothing, for long."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def book(path: Path, *records: dict[str, object], marker: str = "/no/such/marker") -> ProcessBook:
    path.write_text(json.dumps(records))
    return ProcessBook(path, marker)


def test_a_recorded_process_is_ended(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record = {"role": "engine", "pid": sleeper.pid, "started": start_of(sleeper.pid)}
    assert book(tmp_path / "processes.json", record).end_leftovers(GRACE_S) == ["engine"]
    assert sleeper.wait(GRACE_S) != 0
    assert not (tmp_path / "processes.json").exists()


def test_a_stranger_with_a_recorded_id_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record = {"role": "engine", "pid": sleeper.pid, "started": "at another time"}
    assert book(tmp_path / "processes.json", record).end_leftovers(GRACE_S) == []
    assert sleeper.poll() is None


def test_of_a_group_without_its_leader_only_what_names_our_state_is_ended(tmp_path: Path) -> None:
    program = """
import subprocess, sys
for argument in sys.argv[1:]:
    print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", argument]).pid, flush=True)
"""
    marker = str(tmp_path / "tmp")
    leader = subprocess.Popen(
        [sys.executable, "-c", program, f"{marker}/worker", "/a/stranger"],
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert leader.stdout is not None
    with leader.stdout:
        ours, strangers = (int(leader.stdout.readline()) for _ in range(2))
    started = start_of(leader.pid)
    assert leader.wait(GRACE_S) == 0
    try:
        record = {"role": "engine", "pid": leader.pid, "started": started}
        book(tmp_path / "processes.json", record, marker=marker).end_leftovers(GRACE_S)
        left = {process.pid for process in live_processes(frozenset({leader.pid}))}
        assert ours not in left
        assert strangers in left
    finally:
        os.kill(strangers, 9)


@pytest.mark.parametrize("content", ["", "{", '{"a": 1}', '[{"role": "x"}]', '[{"role": 1, "pid": "a", "started": 0}]'])
def test_a_broken_record_ends_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "processes.json").write_text(content)
    assert ProcessBook(tmp_path / "processes.json", "/x").end_leftovers(GRACE_S) == []


def test_ps_tells_the_same_as_proc(sleeper: subprocess.Popen[bytes]) -> None:
    if not (Path("/bin/ps").exists() and Path("/proc/self/stat").exists()):
        pytest.skip("this machine has not both")
    assert wait_until(lambda: "time.sleep(600)" in command_of(sleeper.pid), GRACE_S)
    said, again = ({process.pid: process for process in processes._from_ps()} for _ in range(2))
    by_proc = {process.pid: process for process in processes._from_proc()}
    assert said[sleeper.pid].group == sleeper.pid
    for pid in (sleeper.pid, os.getpid()):
        assert (said[pid].group, said[pid].command) == (by_proc[pid].group, by_proc[pid].command.rstrip())
        assert said[pid].started == again[pid].started
        age = datetime.now() - datetime.strptime(said[pid].started, "%a %b %d %H:%M:%S %Y")  # noqa: DTZ005, DTZ007 - of ps
        assert timedelta(seconds=-2) < age < timedelta(days=1)


def command_of(pid: int) -> str:
    return next((process.command for process in live_processes(frozenset({pid})) if process.pid == pid), "")
