"""What the command says of itself: help, examples, version, completion; and what it asks before it destroys."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orderbridge_cli import asking
from orderbridge_cli.examples import EXAMPLES
from orderbridge_cli.main import app
from tests.patience import PATIENCE_S
from tests.unit.cli.test_output import COMMANDS

ROOM = 78
"""What a terminal of 80 columns shows of a help's line."""


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_help_has_an_example_that_fits_on_a_line(path: tuple[str, ...]) -> None:
    example = EXAMPLES[" ".join(path)]

    shown = CliRunner().invoke(app, [*path, "-h"], terminal_width=80).stdout
    assert example in " ".join(shown.split())
    assert example.startswith(f"orderbridge {' '.join(path)}")
    assert len(example) <= 90


def test_no_example_is_of_a_command_that_is_not_there() -> None:
    assert {tuple(name.split()) for name in EXAMPLES} == set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_example_is_right_usage(path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(EXAMPLES[" ".join(path)])[1 + len(path) :]
    for name in arguments:
        if re.fullmatch(r"[a-z.]+\.(json|csv|pem)", name):
            (tmp_path / name).write_text("{}")

    with COMMANDS[path].make_context(path[-1], arguments) as context:
        assert context.params


@pytest.mark.parametrize("arguments", [["-h"], ["orders", "-h"], ["orders", "show", "-h"]])
def test_a_short_option_asks_for_help_everywhere(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments)

    assert (result.exit_code, "Usage:" in result.stdout) == (0, True)


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(app, ["--version"])

    assert (result.exit_code, result.stdout) == (0, f"orderbridge {version('orderbridge')}\n")


def test_a_shell_completes_commands_once_that_is_installed() -> None:
    environment = {"_ORDERBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": "orderbridge chan", "COMP_CWORD": "1"}
    script = "from orderbridge_cli.main import app; app(prog_name='orderbridge')"
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True,
        check=False, timeout=PATIENCE_S,
    )  # fmt: skip

    assert "channels" in done.stdout.split()


def test_every_list_can_be_a_file() -> None:
    lists = {path for path in COMMANDS if path[-1] in ("list", "missing", "deliveries", "drift")}
    lists |= {("dlq", "show"), ("stock", "show")}
    with_files = {path for path, each in COMMANDS.items() if {"--csv", "--xlsx"} <= options_of(each)}

    assert with_files == lists


def test_every_command_takes_a_zone() -> None:
    assert all("--tz" in options_of(each) for each in COMMANDS.values())


def options_of(each: Any) -> set[str]:
    return {option for parameter in each.params for option in parameter.opts}


# --- what is asked first ----------------------------------------------------------------------------------------------

ASKING = {path for path, each in COMMANDS.items() if any("--yes" in parameter.opts for parameter in each.params)}
FOR_A_REAL_ORDER = ("orders", "send")
DESTRUCTIVE = {
    ("channels", "add"), ("dlq", "discard"), ("keys", "rotate"), ("partners", "revoke-key"),
    ("partners", "revoke-tokens"), ("partners", "rotate-secret"), ("webhooks", "remove"), ("webhooks", "rotate"),
}  # fmt: skip


def test_every_command_that_destroys_takes_yes() -> None:
    assert DESTRUCTIVE | {FOR_A_REAL_ORDER} == ASKING


def ask(monkeypatch: pytest.MonkeyPatch, said: str, *, interactive: bool = True, **more: Any) -> Any:
    from tests.unit.cli.test_output import _app

    monkeypatch.setattr(asking, "is_interactive", lambda: interactive)
    done: list[str] = []

    def run() -> None:
        asking.ask("All of it is lost.", yes=more.get("yes", False))
        done.append("destroyed")

    result = CliRunner().invoke(_app(run), ["run", *more.get("options", ())], input=said)
    return result, done


@pytest.mark.parametrize("said", ["n\n", "\n", "no\n"])
def test_a_person_who_does_not_say_yes_changes_nothing(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    result, done = ask(monkeypatch, said)

    assert (result.exit_code, done) == (1, [])
    assert "All of it is lost. Go on? [y/N]" in result.stderr
    assert "Nothing was changed." in result.stderr


def test_a_person_who_says_yes_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, "y\n")[1] == ["destroyed"]


@pytest.mark.parametrize(("interactive", "more"), [(False, {}), (True, {"yes": True}), (True, {"options": ["--json"]})])
def test_nobody_is_asked_who_has_said_yes_or_is_a_program(
    monkeypatch: pytest.MonkeyPatch, interactive: bool, more: dict[str, Any]
) -> None:
    result, done = ask(monkeypatch, "", interactive=interactive, **more)

    assert (result.exit_code, done) == (0, ["destroyed"])
    assert "Go on?" not in result.output
    assert json.dumps(done)
