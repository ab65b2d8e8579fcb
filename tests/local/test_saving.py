"""A stop has saved the state, or says that it has not: no default is a success."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orderbridge_cli.local.engine.engine_process import NOT_SAVED, RECEIPT
from orderbridge_cli.local.engine.saved_state import doubt_of_saving
from orderbridge_cli.local.machine.problems import StateNotSaved
from orderbridge_cli.local.machine.processes import wait_until
from tests.local.conftest import Notes
from tests.patience import PATIENCE_S

ENGINE = 4711
FILES = {"dynamodb.json": '{"payload": 1}', "sqs.json": '{"payload": 2}'}


def save(folder: Path, *, pid: int = ENGINE) -> None:
    for name, content in FILES.items():
        (folder / name).write_text(content)
    sizes = {name: len(content) for name, content in FILES.items()}
    (folder / RECEIPT).write_text(json.dumps({"pid": pid, "files": sizes}))


def test_a_receipt_of_this_engine_and_its_files_are_the_proof(tmp_path: Path) -> None:
    save(tmp_path)
    assert doubt_of_saving(tmp_path, ENGINE, 0) is None
    assert doubt_of_saving(tmp_path, ENGINE, -15) is None, "hurried after it had saved"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / RECEIPT).unlink(), "left no proof of it, exit code 0"),
        (lambda folder: save(folder, pid=ENGINE + 1), "left no proof of it"),
        (lambda folder: (folder / RECEIPT).write_text(""), "cannot be read back"),
        (lambda folder: (folder / RECEIPT).write_text("[]"), "cannot be read back"),
        (lambda folder: (folder / "sqs.json").write_text('{"payload'), "sqs.json has 9 bytes instead of 14"),
        (lambda folder: (folder / "sqs.json").write_text("x" * 14), "cannot be read back"),
        (lambda folder: (folder / "sqs.json").unlink(), "left no proof of it"),
    ],
    ids=["none", "of another engine", "empty", "odd", "half a file", "no JSON", "a file is missing"],
)
def test_whatever_is_less_than_the_proof_is_a_doubt(tmp_path: Path, spoil: Callable[[Path], Any], words: str) -> None:
    save(tmp_path)
    spoil(tmp_path)
    assert words in (doubt_of_saving(tmp_path, ENGINE, 0) or "")


def test_the_engines_exit_code_says_what_was_in_the_way(tmp_path: Path) -> None:
    assert doubt_of_saving(tmp_path, ENGINE, NOT_SAVED + 28) == os.strerror(28)


def no_room(state: Path) -> None:
    """Whatever the engine writes from now on ends at the first KiB, as on a full disk."""
    (engine,) = (each for each in json.loads((state / "processes.json").read_text()) if each["role"] == "engine")
    resource.prlimit(engine["pid"], resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))


def no_folder(state: Path) -> None:
    (state / "engine").rename(state / "engine.elsewhere")
    (state / "engine").write_text("a file")


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits a process that runs")
def test_without_room_the_state_of_the_last_saved_stop_stays_whole(notes: Callable[..., Notes], tmp_path: Path) -> None:
    system = notes()
    system.stack.start()
    system.add("saved")
    assert system.arrives("saved")
    system.stack.stop()
    system.stack.start()
    system.add("lost")
    no_room(tmp_path / "state")

    with pytest.raises(
        StateNotSaved, match=r"not saved in .*state/engine \(File too large\).* since the last saved stop"
    ):
        system.stack.stop()

    assert list((tmp_path / "state" / "engine").glob("*.tmp")) == []
    assert not any("without saving" in words for words in system.progress)
    system.stack.start()
    assert any("the last run ended without saving its state" in words for words in system.progress)
    assert (system.times_arrived("saved"), system.times_arrived("lost")) == (1, 0)


@pytest.mark.e2e
@pytest.mark.slow
def test_an_engine_that_is_killed_has_saved_nothing(notes: Callable[..., Notes], tmp_path: Path) -> None:
    system = notes()
    system.stack.start()
    engine = json.loads((tmp_path / "state" / "processes.json").read_text())[0]["pid"]
    os.kill(engine, signal.SIGKILL)

    with pytest.raises(StateNotSaved, match="stored since the first start is lost"):
        system.stack.stop()


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.parametrize("harm", [no_room, no_folder])
def test_local_up_that_cannot_save_its_state_exits_non_zero_and_says_so(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    if harm is no_room and not hasattr(resource, "prlimit"):
        pytest.skip("only Linux limits a process that runs")
    command = [str(Path(sys.executable).with_name("orderbridge")), "local", "up", "--port", "0", "--no-sandbox"]
    said = tmp_path / "err"
    with said.open("w") as errors:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    with process.stdout:
        try:
            assert process.stdout.readline().startswith("ready ")
            harm(tmp_path / ".local" / "state")
        finally:
            process.terminate()
    assert process.wait(PATIENCE_S) == 1
    (last,) = said.read_text().splitlines()[-1:]
    assert last.startswith(f"The state was not saved in {tmp_path / '.local' / 'state' / 'engine'} (")
    assert last.endswith("every order, forward, partner, channel and mapping stored since the first start is lost.")
    assert "Traceback" not in said.read_text()
    assert wait_until(lambda: not (tmp_path / ".local" / "stack.json").exists(), PATIENCE_S)
