"""The file of `mappings import` and `export`: CSV with the columns ``kind,key,value``, read with ``;`` and tabs too."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from orderbridge.channels.mapping import MappingKey
from orderbridge.values.text import compared, is_utf16
from orderbridge_cli.operating.mappings import BadRow, Row

COLUMNS = ("kind", "key", "value")
DELIMITERS = (",", ";", "\t")
"""Where a comma is the decimal point, spreadsheets part columns by semicolons; what is pasted comes with tabs."""

_LONGEST_HEADER = 1000
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_BLANK = " " + "".join(DELIMITERS)
_QUOTING = (
    "a value that holds commas or quotes stands in double quotes, with its own quotes doubled: "
    'product,PROD-001,"{""product_id"": 1, ""unit"": ""PCS""}"'
)


class UnreadableFile(Exception):
    """The file is no CSV of mappings at all; the message says why and on which line."""


def read_rows(content: bytes) -> tuple[list[Row], list[BadRow]]:
    """The rows of a file with the line each begins on, and the rows that cannot be read; raises `UnreadableFile`."""
    text = _text(content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_delimiter(text))
    rows: list[Row] = []
    bad: list[BadRow] = []
    order: list[int] | None = None
    line = 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if order is None:
                order = _order(cells, begins)
            elif len(cells) != len(COLUMNS):
                bad.append(BadRow(begins, f"{len(cells)} columns instead of {len(COLUMNS)}; {_QUOTING}"))
            else:
                kind, key, value = (cells[position] for position in order)
                rows.append(Row(begins, kind, key, value))
    except csv.Error as error:
        bad.append(BadRow(line, f"this is not CSV ({error}); {_QUOTING}"))
    if order is None and not bad:
        raise UnreadableFile("the file is empty; its first line must be kind,key,value")
    return rows, bad


def _delimiter(text: str) -> str:
    """What parts the columns of the first line that is not blank: a comma, unless another makes it the header."""
    first = next((line for line in text.splitlines() if line.strip(_BLANK)), "")
    for delimiter in DELIMITERS:
        if _is_header(next(csv.reader([first[:_LONGEST_HEADER]], delimiter=delimiter), [])):
            return delimiter
    return DELIMITERS[0]


def _is_header(cells: list[str]) -> bool:
    return sorted(map(_name, cells)) == sorted(COLUMNS)


def _name(cell: str) -> str:
    return compared(cell).lower()


def _text(content: bytes) -> str:
    if is_utf16(content):
        raise UnreadableFile("this is UTF-16 text; save it as CSV in UTF-8, which spreadsheets call CSV UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"line {line}: not UTF-8 text") from None


def _order(cells: list[str], line: int) -> list[int]:
    """Where kind, key and value are, from the header."""
    if not _is_header(cells):
        raise UnreadableFile(f"line {line}: the first line must be kind,key,value and is {','.join(cells)[:80]!r}")
    return [list(map(_name, cells)).index(column) for column in COLUMNS]


def formulas_in(rows: Iterable[tuple[MappingKey, str]]) -> list[str]:
    """The cells that a spreadsheet would run as formulas when it opens the file, as ``product =A1``."""
    return [f"{key.kind} {cell}" for key, value in rows for cell in (key.shown, value) if cell.startswith(_FORMULAS)]


def write_rows(rows: Iterable[tuple[MappingKey, str]]) -> str:
    """The file that `read_rows` reads back to the very same rows."""
    out = io.StringIO(newline="")
    plain = csv.writer(out, lineterminator="\n")
    # The plain writer leaves a carriage return bare, and a reader takes that for the end of the row.
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow(COLUMNS)
    for key, value in rows:
        cells = (key.kind, key.shown, value)
        (quoted if "\r" in key.shown + value else plain).writerow(cells)
    return out.getvalue()
