"""How the command speaks."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from orderbridge_cli.lists import table
from orderbridge_cli.main import app
from orderbridge_cli.operating.refusals import OperationRefused
from orderbridge_cli.output import Failure, answer, command, counted, new_group, printable
from tests.patience import PATIENCE_S


def _leaves(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from _leaves(each, (*path, name))
        else:
            yield (*path, name), each


COMMANDS = dict(_leaves(get_command(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_takes_json_and_explains_itself(path: tuple[str, ...]) -> None:
    options = {option for parameter in COMMANDS[path].params for option in parameter.opts}
    assert "--json" in options
    assert COMMANDS[path].help


def test_every_documented_command_is_there() -> None:
    documented = {
        "local up", "partners add", "partners show", "partners suspend", "partners resume", "partners rotate-secret",
        "partners revoke-tokens", "partners add-key", "partners revoke-key", "partners set-profile", "channels add",
        "channels show", "channels pause", "channels resume", "channels check", "channels list", "mappings import",
        "mappings export", "mappings missing", "orders show", "orders list", "forwards list", "forwards retry",
        "forwards resolve", "dlq list", "dlq show", "dlq redrive", "dlq discard", "sign", "demo", "status",
        "channels set-credentials", "mappings suggest", "orders send",
    }  # fmt: skip
    assert documented <= {" ".join(path) for path in COMMANDS}


def test_wrong_usage_is_exit_2_with_nothing_on_stdout() -> None:
    for arguments in (["partners", "add"], ["nothing"], ["orders", "show"], ["sign", "--client-id", "x"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 2
        assert result.stdout == ""


def test_help_imports_nothing_that_is_slow() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from orderbridge_cli.main import app;"
        "assert CliRunner().invoke(app, ['partners', 'add', '--help']).exit_code == 0;"
        "slow = {'boto3', 'botocore', 'httpx', 'samtranslator', 'cryptography', 'yaml'};"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    assert done.stdout.strip() == "[]"


def test_a_command_imports_no_more_of_the_sdk_than_its_clients() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from orderbridge_cli.main import app;"
        "assert CliRunner().invoke(app, ['channels', 'list']).exit_code == 1;"
        "slow = {'boto3', 's3transfer', 'httpx', 'samtranslator', 'cryptography', 'yaml', 'xlsxwriter'};"
        "print('botocore' in sys.modules, sorted(slow & set(sys.modules)))"
    )
    nobody = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "x", "AWS_MAX_ATTEMPTS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE_S,
        env={**os.environ, **nobody, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"},
    )  # fmt: skip
    assert done.stdout.strip() == "True []"


def _app(run: Any) -> typer.Typer:
    group = new_group("test", "A test.")
    command(group, "run")(run)
    command(group, "other")(lambda: None)
    return group


@pytest.mark.parametrize(
    ("error", "document"),
    [
        (Failure("It broke.", {"rows": [1]}, ["line 1"]), {"error": "It broke.", "rows": [1]}),
        (OperationRefused("Not this."), {"error": "Not this."}),
    ],
)
def test_an_expected_failure_is_a_sentence_on_stderr_and_one_document_with_json(
    error: Exception, document: dict[str, Any]
) -> None:
    def run() -> None:
        raise error

    plain = CliRunner().invoke(_app(run), ["run"])
    assert (plain.exit_code, plain.stdout) == (1, "")
    assert str(document["error"]) in plain.stderr
    assert "Traceback" not in plain.output

    as_json = CliRunner().invoke(_app(run), ["run", "--json"])
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout) == document


def test_a_defect_is_not_dressed_up_as_a_failure() -> None:
    def run() -> None:
        raise KeyError("x")

    assert isinstance(CliRunner().invoke(_app(run), ["run"]).exception, KeyError)


def test_the_json_of_one_run_is_not_that_of_the_next() -> None:
    def run() -> None:
        answer({"price": Decimal("0.10"), "none": None}, lambda: "for a person")

    group = _app(run)
    assert CliRunner().invoke(group, ["run", "--json"]).stdout == '{"price":0.1,"none":null}\n'
    assert CliRunner().invoke(group, ["run"]).stdout == "for a person\n"


def test_what_others_wrote_cannot_move_the_cursor_or_be_read_as_markup() -> None:
    def run() -> None:
        answer(None, lambda: table(None, ("a",), [("[red]x[/red]\x1b[31m\x07\u202e",), (None,)]))

    shown = CliRunner().invoke(_app(run), ["run"]).stdout
    assert "[red]x[/red]" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


SEEN_BY_A_TERMINAL = "a\x1b[31m\x07\x7f\x85\x9b\u202e\u2066\u2028\ufeff\U000e0041\u00a0z \u00e9 \u6ce8 \U0001f600"


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_on_a_terminal_what_it_would_interpret_is_escaped_and_json_means_the_same(arguments: list[str]) -> None:
    script = (
        "import sys; from orderbridge_cli.output import answer, command, new_group\n"
        f"text = {SEEN_BY_A_TERMINAL!r}\n"
        "group = new_group('test', 'A test.')\n"
        "command(group, 'run')(lambda: answer({'text': text}, lambda: text))\n"
        "command(group, 'other')(lambda: None)\n"
        "group()"
    )
    terminal, inner = pty.openpty()
    with os.fdopen(inner, "w") as stdout:
        done = subprocess.run(
            [sys.executable, "-c", script, "run", *arguments], stdout=stdout, check=True, timeout=PATIENCE_S,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
    assert done.returncode == 0
    with os.fdopen(terminal, "rb") as shown:
        text = shown.readline().decode().removesuffix("\r\n")
    assert text.isprintable()
    assert "\u00e9 \u6ce8 \U0001f600" in text
    if arguments:
        assert json.loads(text) == {"text": SEEN_BY_A_TERMINAL}


def test_in_a_pipe_json_is_as_it_is() -> None:
    group = _app(lambda: answer({"text": SEEN_BY_A_TERMINAL}, lambda: ""))
    shown = CliRunner().invoke(group, ["run", "--json"]).stdout
    assert "\u202e" in shown
    assert json.loads(shown) == {"text": SEEN_BY_A_TERMINAL}


def test_a_sentence_for_a_person_cannot_move_the_cursor_either() -> None:
    shown = CliRunner().invoke(_app(lambda: answer(None, lambda: "a\x1b[2J\u202eb\nc")), ["run"]).stdout
    assert shown == "a\ufffd[2J\ufffdb\nc\n"


def test_tables_in_a_pipe_are_not_cut_at_80_columns() -> None:
    def run() -> None:
        answer(None, lambda: table(None, ("a", "b"), [("x" * 70, "y" * 70)]))

    assert f"{'x' * 70}   {'y' * 70}" in CliRunner().invoke(_app(run), ["run"]).stdout


@pytest.mark.parametrize(("text", "shown"), [("a\nb\tc", "a b c"), ("é ü 注", "é ü 注"), ("\x00", "\ufffd")])
def test_printable_keeps_what_is_text(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_numbers_agree_with_their_nouns() -> None:
    assert [counted(number, "order") for number in (0, 1, 2)] == ["0 orders", "1 order", "2 orders"]
