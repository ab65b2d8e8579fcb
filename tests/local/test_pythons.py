"""Which other Pythons the suite runs on, and what is said of one that is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import pythons
from tests.contract.template import template


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Python but those that are put into its ``bin`` and ``.pyenv``."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setattr(pythons, "UV", tmp_path / "uv")
    return tmp_path


def put(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_the_runtime_of_the_template_is_one_of_them() -> None:
    runtime = template().document["Globals"]["Function"]["Runtime"]
    assert runtime.removeprefix("python") in pythons.VERSIONS


def test_a_python_is_found_on_the_path(machine: Path) -> None:
    there = put(machine / "bin" / "python3.13", "echo 3.13")
    assert pythons.find_python("3.13") == there
    assert pythons.find_python("3.14") is None


def test_a_command_that_does_not_run_is_passed_over_for_the_version_that_pyenv_keeps(machine: Path) -> None:
    put(machine / "bin" / "python3.13", "echo 'command not found' >&2; exit 127")
    kept = put(machine / ".pyenv" / "versions" / "3.13.0" / "bin" / "python3.13", "echo 3.13")
    assert pythons.find_python("3.13") == kept


def test_a_python_that_only_uv_knows_is_found_and_none_is_downloaded(machine: Path) -> None:
    known = put(machine / "elsewhere" / "python", "echo 3.14")
    put(machine / "uv", f'test "$*" = "python find --no-python-downloads --no-project 3.14" && echo {known}')
    assert pythons.find_python("3.14") == known
    assert pythons.find_python("3.13") is None


def test_a_python_that_cannot_make_an_environment_or_is_of_another_version_is_none(machine: Path) -> None:
    put(machine / "bin" / "python3.13", "exit 1")
    put(machine / "bin" / "python3.14", "echo 3.13")
    assert pythons.find_python("3.13") is pythons.find_python("3.14") is None


@pytest.mark.parametrize(
    ("found", "missing", "has_run", "said"),
    [
        (["3.13", "3.14"], [], True, ["The suite ran on 3.11 and 3.13 and 3.14."]),
        ([], ["3.13"], True, ["The suite ran on 3.11.", "3.13: not found on this machine."]),
        (["3.13"], ["3.14"], True, ["The suite ran on 3.11 and 3.13.", "3.14: not found on this machine."]),
        (["3.13"], [], False, ["The suite ran on 3.11; `make test-pythons` runs it on 3.13."]),
    ],
)
def test_it_says_on_which_the_suite_ran_and_names_each_that_is_missing(
    found: list[str], missing: list[str], has_run: bool, said: list[str]
) -> None:
    assert pythons.in_words("3.11", found, missing, has_run=has_run) == said


def test_saying_which_there_are_runs_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pythons, "find_python", lambda version: "python")
    monkeypatch.setattr(pythons, "installed", lambda version, python: pytest.fail("nothing is to be installed"))
    assert pythons.main(["--say"]) == 0
    assert "`make test-pythons` runs it on" in capfd.readouterr().out


@pytest.mark.parametrize("status", [0, 3])
def test_a_suite_that_fails_on_another_python_fails_the_whole(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], status: int
) -> None:
    monkeypatch.setattr(pythons, "VERSIONS", ("3.99",))
    monkeypatch.setattr(pythons, "find_python", lambda version: "python")
    monkeypatch.setattr(pythons, "installed", lambda version, python: Path(sys.executable))
    monkeypatch.setattr(pythons, "SUITE", ("-c", f"raise SystemExit({status})"))
    assert pythons.main() == status
    printed = capfd.readouterr().out
    assert "The suite on 3.99, all but end to end:" in printed
    assert (" and 3.99." in printed) == (status == 0)
