"""Lists for a person, a spreadsheet or a program: a table, ``--csv``, ``--xlsx`` or ``--json``, of the same rows."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orderbridge_cli.output import Failure, answer, as_csv, as_xlsx, counted, note, printable, write_file
from orderbridge_cli.times import in_chosen_zone, is_time, short

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType

FOLDING = frozenset(
    {"detail", "error", "name", "needs, error or status", "problem", "reason", "trouble", "url", "words"}
)
"""The columns that are sentences, or as good as: they alone fold."""
LEAST_TO_FOLD = 14
GAP = 3
"""Between two columns; the table itself has a sign at each side."""
_NAMED = 5


def listing(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    noun: str,
    *,
    optional: Sequence[str] = (),
    in_files: Sequence[str] = (),
    computed: Mapping[str, Callable[[Mapping[str, Any]], Any]] | None = None,
    has_more: bool = False,
) -> None:
    """The command's answer: these rows, as they were asked for, and on stderr how many there are.

    A table shows `columns`; of a narrow terminal the `optional` ones go, the first one first. A file has every member
    of a row, or those that are named `in_files`. What is `computed` for the table is in no document.
    """
    there = counted(len(rows), noun)
    note(f"There are more than {there}; --limit or another option says which." if has_more else f"{there}.")
    names = [*(in_files or (rows[0] if rows else columns))]
    xlsx = as_xlsx.get()
    if as_csv.get():
        print_csv(names, rows)
    elif xlsx is not None:
        _write_xlsx(xlsx, names, rows)
    else:
        made = computed or {}
        shown = [[made[name](row) if name in made else row.get(name) for name in columns] for row in rows]
        answer(list(rows), lambda: table(None, columns, shown, optional))


def wants_file() -> bool:
    """Whether this run was asked for a file of its list."""
    return as_csv.get() or as_xlsx.get() is not None


def print_csv(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """These members of the rows as CSV on stdout."""
    from orderbridge_cli.operating.csv_files import FORMULAS, write_table

    cells = [[_cell(row, name) for name in names] for row in rows]
    warn_of_formulas([each for row in cells for each in row if isinstance(each, str) and each.startswith(FORMULAS)])
    write_file(write_table(names, cells))


def warn_of_formulas(formulas: Sequence[str]) -> None:
    """Say on stderr that a spreadsheet would take these cells of a CSV for formulas."""
    if formulas:
        note(
            f"A spreadsheet would run {counted(len(formulas), 'cell')} of this as formulas, so load the file there "
            f"as text: {'; '.join(formulas[:_NAMED])}{'' if len(formulas) <= _NAMED else ' and more'}."
        )


def _write_xlsx(path: Path, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    content = _spreadsheet(names, rows)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise Failure(f"{path} is there already; nothing was written.") from None
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}.") from error
    answer({"written": str(path), "rows": len(rows)}, lambda: f"{counted(len(rows), 'row')} in {path}.")


def _spreadsheet(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    from xlsxwriter import Workbook

    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(names):
            sheet.write_string(0, column, name, bold)
        for line, row in enumerate(rows, start=1):
            for column, name in enumerate(names):
                cell = _cell(row, name)
                if isinstance(cell, int):
                    sheet.write_number(line, column, cell)
                elif cell is not None:
                    # As a text, whatever it looks like: nothing in it is a formula, a link or a number.
                    sheet.write_string(line, column, cell)
        sheet.autofilter(0, 0, max(len(rows), 1), max(len(names) - 1, 0))
        sheet.autofit(300)
    return content.getvalue()


def _cell(row: Mapping[str, Any], name: str) -> str | int | None:
    value = in_chosen_zone(row.get(name), name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def table(
    title: str | None, columns: Sequence[str], rows: Sequence[Sequence[Any]], optional: Sequence[str] = ()
) -> RenderableType:
    """A table for a person. A column of nothing is left out, and so are the `optional` ones where there is no room.

    Where there is not even room for the others, each row is a block of lines.
    """
    return _Table(title, tuple(columns), [tuple(row) for row in rows], tuple(optional))


@dataclass(frozen=True)
class _Table:
    title: str | None
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    optional: tuple[str, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        is_terminal = console.is_terminal
        texts = {name: [_text(name, row[at], is_terminal) for row in self.rows] for at, name in enumerate(self.columns)}
        kept = [name for name in self.columns if not self.rows or any(text is not None for text in texts[name])]
        widths = {name: _width(name, texts[name]) for name in kept}
        room = options.max_width
        for name in self.optional:
            if is_terminal and _together(widths) > room:
                widths.pop(name, None)
        shown = [name for name in kept if name in widths]
        if is_terminal and _together(widths) > room:
            yield from self._blocks(shown, texts)
        else:
            yield self._table(shown, texts)

    def _table(self, shown: Sequence[str], texts: Mapping[str, Sequence[str | None]]) -> RenderableType:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        made = Table(title=self.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
        for name in shown:
            made.add_column(name, overflow="fold", no_wrap=name not in FOLDING)
        for at in range(len(self.rows)):
            made.add_row(*(Text(_or_dash(texts[name][at])) for name in shown))
        return made

    def _blocks(self, shown: Sequence[str], texts: Mapping[str, Sequence[str | None]]) -> Iterator[RenderableType]:
        from rich.text import Text

        if self.title is not None:
            yield Text(self.title, style="italic")
        for at in range(len(self.rows)):
            for name in shown:
                if texts[name][at] is not None:
                    yield Text.assemble((f"{name}: ", "bold"), _or_dash(texts[name][at]))
            yield Text("")


def _text(name: str, cell: Any, is_terminal: bool) -> str | None:
    if cell is None:
        return None
    text = str(cell)
    if is_time(name):
        text = short(text) if is_terminal else str(in_chosen_zone(text, name))
    return printable(text)


def _or_dash(text: str | None) -> str:
    return "-" if text is None else text


def _width(name: str, texts: Sequence[str | None]) -> int:
    from rich.cells import cell_len

    longest = max([cell_len(name), *(cell_len(_or_dash(text)) for text in texts)])
    return min(longest, max(LEAST_TO_FOLD, cell_len(name))) if name in FOLDING else longest


def _together(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1) + 2
