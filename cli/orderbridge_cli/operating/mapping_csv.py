"""The files of mappings: what `mappings import` and `export` read and write, and the form of what is missing."""

from __future__ import annotations

from collections.abc import Iterable

from orderbridge.channels.mapping import MappingKey
from orderbridge.values.text import trimmed
from orderbridge_cli.operating.csv_files import FORMULAS, BadRow, Columns, read_table, write_table
from orderbridge_cli.operating.mappings import Row

COLUMNS = ("kind", "key", "value")
FORM = (*COLUMNS, "channel", "forwards", "since", "note")
"""The columns of a form to fill in; those behind the first three tell a person what a row is about."""
_READ = Columns(
    COLUMNS,
    FORM,
    quoting="a value that holds commas or quotes stands in double quotes, with its own quotes doubled: "
    'product,PROD-001,"{""product_id"": 1, ""unit"": ""PCS""}"',
)


def read_rows(content: bytes) -> tuple[list[Row], list[BadRow]]:
    """The rows of a file with the line each begins on, and the rows that cannot be read; raises `UnreadableFile`."""
    found, bad = read_table(content, _READ)
    rows = [
        Row(line, cells["kind"], cells["key"], cells["value"], trimmed(cells.get("channel", "")))
        for line, cells in found
    ]
    return rows, bad


def for_channel(rows: Iterable[Row], channel: str) -> tuple[list[Row], list[BadRow]]:
    """The rows to import into a channel, and those that are left out.

    Left out is only what stands in a form, which names the channel of each row: what nobody has filled in yet, and what
    is another channel's.
    """
    wanted: list[Row] = []
    left_out: list[BadRow] = []
    for row in rows:
        if row.channel and row.channel != channel:
            left_out.append(BadRow(row.line, f"it is of {row.channel}"))
        elif row.channel and not trimmed(row.value):
            left_out.append(BadRow(row.line, f"nobody has filled in {row.kind} {row.key} yet"))
        else:
            wanted.append(row)
    return wanted, left_out


def formulas_in(rows: Iterable[tuple[MappingKey, str]]) -> list[str]:
    """The cells that a spreadsheet would run as formulas when it opens the file, as ``product =A1``."""
    return [f"{key.kind} {cell}" for key, value in rows for cell in (key.shown, value) if cell.startswith(FORMULAS)]


def write_rows(rows: Iterable[tuple[MappingKey, str]]) -> str:
    """The file that `read_rows` reads back to the very same rows."""
    return write_table(COLUMNS, [(key.kind, key.shown, value) for key, value in rows])
