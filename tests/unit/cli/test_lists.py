"""Lists as a person, a spreadsheet and a program get them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner, Result

from orderbridge_cli import times
from orderbridge_cli.lists import listing, table
from orderbridge_cli.output import command, new_group, progress, progress_bar

CODE, STATE, CHANNEL = "SO-20250101-00001", "NEEDS_MAPPING", "jakarta-ngorder"
LONG = "the platform does not answer and says so in a very long sentence of many words"
NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def jakarta() -> Iterator[None]:
    times.business_zone_is(lambda: "Asia/Jakarta")
    yield
    times._business_zone.set(None)


def lines(width: int, columns: tuple[str, ...], *rows: tuple[Any, ...], optional: tuple[str, ...] = ()) -> list[str]:
    """A table as a terminal of this width shows it."""
    console = Console(width=width, force_terminal=True, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(table(None, columns, rows, optional))
    return [line.rstrip() for line in captured.get().splitlines()]


def program(rows: list[dict[str, Any]], columns: tuple[str, ...], **more: Any) -> typer.Typer:
    group = new_group("test", "A test.")
    command(group, "list", lists=True)(lambda: listing(rows, columns, "order", **more))
    command(group, "other")(lambda: None)
    return group


def run(rows: list[dict[str, Any]], *options: str | Path, columns: tuple[str, ...] = ("code", "error")) -> Result:
    return CliRunner().invoke(program(rows, columns), ["list", *map(str, options)])


# --- at a terminal ----------------------------------------------------------------------------------------------------


def test_codes_and_states_never_fold_and_the_reason_alone_does() -> None:
    shown = lines(80, ("code", "channel", "state", "error"), (CODE, CHANNEL, STATE, LONG))

    first = next(line for line in shown if CODE in line)
    assert CHANNEL in first
    assert STATE in first
    assert " ".join(" ".join(line[len(CODE) :].split()) for line in shown).count("sentence") == 1
    assert max(map(len, shown)) <= 80


def test_a_column_of_nothing_is_left_out() -> None:
    shown = lines(80, ("code", "external_id", "error"), (CODE, None, None), (CODE, None, "no"))

    assert "external_id" not in shown[1]
    assert "error" in shown[1]


def test_what_is_optional_goes_where_there_is_no_room_the_first_one_first() -> None:
    columns, row = ("code", "channel", "state", "client_id", "error"), (CODE, CHANNEL, STATE, "partner-1", LONG)
    optional = ("client_id", "channel")

    assert all(name in lines(100, columns, row, optional=optional)[1] for name in columns)
    assert "client_id" not in lines(76, columns, row, optional=optional)[1]
    assert "channel" in lines(76, columns, row, optional=optional)[1]
    assert "channel" not in lines(54, columns, row, optional=optional)[1]


def test_where_there_is_no_room_for_a_table_each_row_is_a_block_of_lines() -> None:
    shown = lines(40, ("code", "channel", "state", "error"), (CODE, CHANNEL, STATE, "no"))

    assert shown[:4] == [f"code: {CODE}", f"channel: {CHANNEL}", f"state: {STATE}", "error: no"]


@given(
    st.integers(40, 200),
    st.lists(st.sampled_from([CODE, "SO-20251231-1234567"]), min_size=1, max_size=3),
    st.sampled_from(["DRAFT", STATE]),
    st.text("ABC-", min_size=1, max_size=30),
)
def test_codes_and_states_are_whole_at_any_width(width: int, codes: list[str], state: str, number: str) -> None:
    columns = ("code", "state", "created_at", "age", "purchase_order_no", "client_id", "error")
    rows = [(code, state, "2025-06-01T17:30:00.000Z", "12 min", number, "a-partner", LONG) for code in codes]
    optional = ("client_id", "age", "purchase_order_no")

    text = "\n".join(lines(width, columns, *rows, optional=optional))

    assert all(text.count(code) >= codes.count(code) for code in codes)
    assert text.count(state) >= len(rows)
    assert text.count("2025-06-02 00:30") == len(rows)


@given(st.integers(1, 250), st.lists(st.tuples(st.text(max_size=30), st.text(max_size=80)), max_size=4))
def test_a_terminal_of_any_width_shows_any_rows(width: int, rows: list[tuple[str, str]]) -> None:
    lines(width, ("code", "error"), *rows, optional=("code",))


# --- times ------------------------------------------------------------------------------------------------------------


def test_on_a_terminal_times_are_short_and_in_the_business_zone() -> None:
    year = datetime.now(UTC).year
    shown = lines(80, ("code", "created_at"), (CODE, f"{year}-06-01T17:30:00.000Z"), (CODE, "2001-12-31T17:30:00.000Z"))

    assert f"{CODE}   06-02 00:30" in [line.strip() for line in shown]
    assert f"{CODE}   2002-01-01 00:30" in [line.strip() for line in shown]


def test_what_looks_like_a_time_and_is_a_partners_text_stays_as_it_is() -> None:
    shown = lines(80, ("purchase_order_no", "at"), ("2025-06-01T17:30:00Z", "not a time"))

    assert any("2025-06-01T17:30:00Z" in line and "not a time" in line for line in shown)


def test_json_is_utc_unless_a_zone_is_asked_for_and_only_times_change() -> None:
    row = {"code": CODE, "created_at": "2025-06-01T17:30:00.000Z", "note": "2025-06-01T17:30:00.000Z", "since": None}

    assert json.loads(run([row], "--json").stdout) == [row]
    in_zone = json.loads(run([row], "--json", "--tz", "Asia/Jakarta").stdout)
    assert in_zone == [{**row, "created_at": "2025-06-02T00:30:00.000+07:00"}]


def test_an_unknown_zone_is_wrong_usage() -> None:
    for zone in ("Jakarta/Asia", "", "../../etc/passwd"):
        result = run([], "--tz", zone)
        assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-5, "0 s"), (59, "59 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_a_span_is_in_the_largest_unit_that_says_something(seconds: float, shown: str) -> None:
    assert times.span(seconds) == shown


# --- files ------------------------------------------------------------------------------------------------------------


def test_how_many_there_are_is_said_beside_the_list() -> None:
    assert run([{"code": CODE}]).stderr == "1 order.\n"
    more = CliRunner().invoke(program([{"code": CODE}], ("code",), has_more=True), ["list"])
    assert "more than 1 order;" in more.stderr


def test_csv_holds_every_member_of_every_row_and_reads_back() -> None:
    rows = [{"code": CODE, "error": 'says "no", twice\r\nand again', "missing": [{"kind": "product"}], "attempts": 0}]

    result = run(rows, "--csv")

    (read,) = csv.DictReader(io.StringIO(result.stdout_bytes.decode(), newline=""))
    assert (read["code"], read["error"], read["attempts"]) == (CODE, rows[0]["error"], "0")
    assert json.loads(read["missing"]) == rows[0]["missing"]


def test_an_empty_list_is_a_csv_of_its_columns() -> None:
    assert run([], "--csv").stdout == "code,error\n"


def test_cells_that_a_spreadsheet_would_run_are_named() -> None:
    assert "1 cell of this as formulas" in run([{"code": "=1+1"}], "--csv").stderr


def test_a_spreadsheet_holds_texts_as_texts_and_numbers_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    rows = [{"code": "=1+1", "error": "007", "url": "https://a.example", "attempts": 3, "none": None}]

    result = run(rows, "--xlsx", path)

    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(path) as book:
        sheet, texts = (book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "sharedStrings"))
    assert "<f>" not in sheet
    assert "<v>3</v>" in sheet
    assert all(f"<t>{text}</t>" in texts for text in ("code", "=1+1", "007", "https://a.example"))


def test_a_spreadsheet_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    path.write_bytes(b"somebody's")

    result = run([{"code": CODE}], "--xlsx", path)

    assert (result.exit_code, path.read_bytes()) == (1, b"somebody's")
    assert "is there already" in result.stderr


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = run([{"code": CODE}], "--xlsx", tmp_path / "nowhere" / "orders.xlsx")

    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize("others", [("--json",), ("--xlsx", "a.xlsx")])
def test_one_run_writes_one_form(others: tuple[str, ...]) -> None:
    assert run([{"code": CODE}], "--csv", *others).exit_code == 2


def test_what_is_computed_for_a_table_is_in_no_document() -> None:
    group = new_group("test", "A test.")
    aged: dict[str, Callable[[Any], Any]] = {"age": lambda _: "3 h"}
    rows = [{"code": CODE}]
    command(group, "list", lists=True)(lambda: listing(rows, ("code", "age"), "order", computed=aged))
    command(group, "other")(lambda: None)

    assert "3 h" in CliRunner().invoke(group, ["list"]).stdout
    assert json.loads(CliRunner().invoke(group, ["list", "--json"]).stdout) == rows


# --- what moves -------------------------------------------------------------------------------------------------------


def test_beside_a_bar_nothing_else_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(Console, "status", lambda _, words: shown.append(words))

    with progress_bar(2, "forwards") as advance:
        with progress("looking at sirclo") as say:
            say("more words")
        advance()

    assert shown == []
