"""A CSV file as people send it: read by the names of its columns, with ``;`` and tabs too, and with the lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from orderbridge.values.text import compared, is_utf16

DELIMITERS = (",", ";", "\t")
"""Where a comma is the decimal point, spreadsheets part columns by semicolons; what is pasted comes with tabs."""

_LONGEST_HEADER = 1000
_BLANK = " " + "".join(DELIMITERS)


class UnreadableFile(Exception):
    """The file is no such CSV at all; the message says why and on which line."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row, from which line on, and what is wrong or doubtful about it."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a file must have, in any order, and those that it may have; others are taken where `is_open`."""

    required: Sequence[str]
    further: Collection[str] = ()
    is_open: bool = False
    quoting: str = "a cell that holds commas or quotes stands in double quotes, with its own quotes doubled"

    def names(self, cells: Sequence[str]) -> list[str] | None:
        """The names in a header of such a file; None where it is none."""
        names = [compared(cell).lower() for cell in cells]
        known = [name for name in names if name in self.required or name in self.further]
        if len(set(known)) < len(known) or not set(self.required) <= set(names):
            return None
        return names if self.is_open or len(known) == len(names) else None


def read_table(content: bytes, columns: Columns) -> tuple[list[tuple[int, Mapping[str, str]]], list[BadRow]]:
    """The rows by their columns' names, each with the line it begins on, and the rows that cannot be read.

    Raises `UnreadableFile`.
    """
    text = _text(content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_delimiter(text, columns))
    rows: list[tuple[int, Mapping[str, str]]] = []
    bad: list[BadRow] = []
    names: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = _header(cells, begins, columns)
            elif len(cells) != len(names):
                bad.append(BadRow(begins, f"{len(cells)} columns instead of {len(names)}; {columns.quoting}"))
            else:
                rows.append((begins, dict(zip(names, cells, strict=True))))
    except csv.Error as error:
        bad.append(BadRow(line, f"this is not CSV ({error}); {columns.quoting}"))
    if names is None and not bad:
        raise UnreadableFile(f"the file is empty; its first line must be {','.join(columns.required)}")
    return rows, bad


def _header(cells: Sequence[str], line: int, columns: Columns) -> list[str]:
    names = columns.names(cells)
    if names is None:
        wanted, is_ = ",".join(columns.required), ",".join(cells)[:80]
        raise UnreadableFile(f"line {line}: the first line must be {wanted} and is {is_!r}")
    return names


def _delimiter(text: str, columns: Columns) -> str:
    """What parts the columns of the first line that is not blank: a comma, unless another makes it the header."""
    first = next((line for line in text.splitlines() if line.strip(_BLANK)), "")
    for delimiter in DELIMITERS:
        if columns.names(next(csv.reader([first[:_LONGEST_HEADER]], delimiter=delimiter), [])) is not None:
            return delimiter
    return DELIMITERS[0]


def _text(content: bytes) -> str:
    if is_utf16(content):
        raise UnreadableFile("this is UTF-16 text; save it as CSV in UTF-8, which spreadsheets call CSV UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"line {line}: not UTF-8 text") from None


FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run when it opens the file."""


def write_table(columns: Sequence[str], rows: Collection[Sequence[object]]) -> str:
    """The file that `read_table` reads back to the very same cells; None is an empty one."""
    out = io.StringIO(newline="")
    plain = csv.writer(out, lineterminator="\n")
    # The plain writer leaves a carriage return bare, and a reader takes that for the end of the row.
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow(columns)
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row]
        (quoted if any("\r" in cell for cell in cells) else plain).writerow(cells)
    return out.getvalue()
