"""What lies in the state directory: logs of bounded size, kept ports, the engine's stream positions."""

from __future__ import annotations

import fcntl
import json
import stat
from pathlib import Path

import pytest

from orderbridge_cli.local.engine.saved_state import forget_stream_positions
from orderbridge_cli.local.machine.logs import LogLimit
from orderbridge_cli.local.machine.places import StateDir
from orderbridge_cli.local.machine.ports import claim_kept, kept_ports
from orderbridge_cli.local.machine.problems import PortTaken
from orderbridge_cli.local.stack_file import StackDescription


def test_a_full_log_moves_away_and_its_writers_go_on(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with log.open("a") as writer:
        writer.write("x" * 101)
        writer.flush()
        LogLimit(tmp_path, limit_bytes=100).apply()
        writer.write("new")
        writer.flush()
    assert log.read_text() == "new"
    assert (tmp_path / "worker.log.1").read_text() == "x" * 101


def test_ports_are_kept_and_new_roles_get_their_own(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    first = kept_ports(path, ("engine",))
    second = kept_ports(path, ("engine", "sirclo"))
    assert second["engine"] == first["engine"]
    assert second["sirclo"] != second["engine"]
    assert json.loads(path.read_text()) == second


def test_a_kept_port_that_is_taken_is_refused_in_words(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port}, which the engine of the state in"):
            claim_kept(port, "engine", tmp_path)


def test_stream_positions_are_forgotten_and_nothing_else(tmp_path: Path) -> None:
    saved = {
        "__ministack_format__": 2,
        "payload": {"esms": {"data": {"a": 1}}, "dynamodb_stream_positions": {"data": {"a": 12}, "scoped": True}},
    }
    (tmp_path / "lambda.json").write_text(json.dumps(saved))
    forget_stream_positions(tmp_path)
    saved["payload"]["dynamodb_stream_positions"]["data"] = {}  # type: ignore[index]
    assert json.loads((tmp_path / "lambda.json").read_text()) == saved


def test_a_state_that_was_never_saved_has_no_positions(tmp_path: Path) -> None:
    forget_stream_positions(tmp_path)
    assert list(tmp_path.iterdir()) == []


def _rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("earlier", [None, 0o755, 0o777])
def test_what_the_state_and_the_stack_file_lie_in_is_for_their_owner_alone(tmp_path: Path, earlier: int | None) -> None:
    local = tmp_path / ".local"
    if earlier is not None:
        for folder in (local, local / "state"):
            folder.mkdir()
            folder.chmod(earlier)

    StateDir(local / "state").make()
    StackDescription("a", "b", "c", "d", "e", "f", "g", "h", str(tmp_path), "j", 1).write(local / "stack.json")

    assert (_rights(local), _rights(local / "state")) == (0o700, 0o700)
    assert (local / "state" / "logs").is_dir()


def test_a_folder_of_somebody_else_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    StateDir(tmp_path).make()
    assert (tmp_path / "engine").is_dir()


def test_a_second_stack_in_a_directory_leaves_the_file_of_the_first_alone_as_long_as_that_runs(tmp_path: Path) -> None:
    def description(name: str) -> StackDescription:
        StateDir(tmp_path / name).make()
        url = f"http://127.0.0.1/{name}"
        return StackDescription(url, "b", "c", "d", "e", "f", "g", "h", str(tmp_path / name), "j", 1)

    path, first, second = tmp_path / "stack.json", description("first"), description("second")
    with StateDir(tmp_path / "first").lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert first.write(path) is None
        assert first.write(path) is None, "its own file it may write again"

        assert second.write(path) == first.api_url
        second.remove(path)
        assert json.loads(path.read_text())["api_url"] == first.api_url

    assert second.write(path) is None, "the first has ended without taking its file away"
    first.remove(path)
    assert json.loads(path.read_text())["api_url"] == second.api_url


@pytest.mark.parametrize("written", ["", "{", "[]", '{"state": 1}', '{"state": "/nowhere", "api_url": "x"}'])
def test_a_stack_file_that_says_nothing_is_written_over(tmp_path: Path, written: str) -> None:
    path = tmp_path / "stack.json"
    path.write_text(written)

    made = StackDescription("a", "b", "c", "d", "e", "f", "g", "h", str(tmp_path), "j", 1)

    assert made.write(path) is None
    assert json.loads(path.read_text())["api_url"] == "a"


def test_a_stack_file_is_removed_only_by_its_own_stack(tmp_path: Path) -> None:
    def description(pid: int) -> StackDescription:
        return StackDescription("a", "b", "c", "d", "e", "f", "g", "h", str(tmp_path), "j", pid)

    path = tmp_path / ".local" / "stack.json"
    description(1).write(path)
    description(2).write(path)
    description(1).remove(path)
    assert json.loads(path.read_text())["pid"] == 2
    description(2).remove(path)
    assert not path.exists()
    description(2).remove(path)
