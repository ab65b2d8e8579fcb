"""The file of `mappings import` and `export`: CSV with the columns ``kind,key,value``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from orderbridge.domain.mapping import MappingKey
from orderbridge.usecases.operating_mappings import BadRow, Row

COLUMNS = ("kind", "key", "value")
_QUOTING = (
    "a value that holds commas or quotes stands in double quotes, with its own quotes doubled: "
    'product,PROD-001,"{""product_id"": 1, ""unit"": ""PCS""}"'
)


class UnreadableFile(Exception):
    """The file is no CSV of mappings at all; the message says why and on which line."""


def read_rows(content: bytes) -> tuple[list[Row], list[BadRow]]:
    """The rows of a file with the line each begins on, and the rows that cannot be read; raises `UnreadableFile`."""
    reader = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
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


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"line {line}: not UTF-8 text") from None


def _order(cells: list[str], line: int) -> list[int]:
    """Where kind, key and value stand, from the header."""
    names = [cell.strip().lower() for cell in cells]
    if sorted(names) != sorted(COLUMNS):
        raise UnreadableFile(f"line {line}: the first line must be kind,key,value and is {','.join(cells)[:80]!r}")
    return [names.index(column) for column in COLUMNS]


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
