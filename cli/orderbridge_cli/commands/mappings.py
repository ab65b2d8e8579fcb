"""`orderbridge mappings`: what a partner's codes mean at a channel, and where its sites' orders go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.output import (
    Failure,
    answer,
    command,
    counted,
    new_group,
    note,
    progress,
    table,
    wants_json,
    write_file,
)

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel
    from orderbridge.channels.mapping import MappingKind
    from orderbridge_cli.operating.mappings import ImportResult, OperateMappings, ValueCheck
    from orderbridge_cli.target import Operations


group = new_group("mappings", "What partners' codes mean at a channel, and where a site's orders go.")

_SHOWN = 5
"""How many cells a message names."""

Channels = Annotated[
    str, typer.Argument(metavar="CHANNEL", help="A channel, or partner:CLIENT_ID for the routes of a partner.")
]


def _stack() -> Operations:
    from orderbridge_cli.target import Operations

    return Operations.here()


def _mappings(stack: Operations) -> OperateMappings:
    from orderbridge_cli.wiring import operate_mappings

    return operate_mappings(stack)


@command(group, "import")
def import_mappings(
    channel: Channels,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv", exists=True, dir_okay=False, readable=True, help="CSV with the columns kind,key,value."
        ),
    ],
) -> None:
    """Import mappings and let go the forwards that waited for them. One bad row, and nothing is imported."""
    stack = _stack()
    with progress("checking") as say:
        result = import_file(stack, channel, file, say)
    document: dict[str, Any] = {
        "channel": channel,
        "imported": result.rows,
        "released": [{"code": each.code, "channel": each.channel.name} for each in result.released],
    }
    if result.warnings:
        document["warnings"] = [{"line": row.line, "reason": row.reason} for row in result.warnings]
    for row in result.warnings:
        note(f"{file}, line {row.line}: {row.reason}.")
    released = counted(len(result.released), "forward")
    answer(document, lambda: f"{counted(result.rows, 'mapping')} imported, {released} released.")


@command(group, "export")
def export(channel: Channels) -> None:
    """Print all mappings as `import` reads them, every value as it was imported."""
    from orderbridge_cli.operating.mapping_csv import formulas_in, write_rows

    mappings = _mappings(_stack())
    rows = list(mappings.export(channel))
    if wants_json():
        found = mappings.found(channel)
        document = [
            {"kind": key.kind, "key": key.shown, "value": value, "source": "found" if key in found else "imported"}
            for key, value in rows
        ]
        answer(document, lambda: "")
    else:
        if formulas := formulas_in(rows):
            note(
                f"A spreadsheet would run {counted(len(formulas), 'cell')} of this as formulas, so load the file there "
                f"as text: {'; '.join(formulas[:_SHOWN])}{'' if len(formulas) <= _SHOWN else ' and more'}."
            )
        write_file(write_rows(rows))


@command(group, "missing")
def missing(
    channel: Annotated[
        str | None, typer.Argument(metavar="[CHANNEL]", help="A channel, or partner:CLIENT_ID; all if left out.")
    ] = None,
) -> None:
    """What waiting forwards still need."""
    needed = _mappings(_stack()).missing(channel)
    rows: list[dict[str, Any]] = [
        {
            "kind": each.key.kind,
            "key": each.key.shown,
            "channel": each.channel,
            "forwards": each.forwards,
            "since": each.since,
        }
        for each in needed
    ]
    columns = ("kind", "key", "channel", "forwards", "since")
    answer(
        rows,
        lambda: (
            table(None, columns, [[row[name] for name in columns] for row in rows]) if rows else "Nothing is missing."
        ),
    )


def import_file(stack: Operations, channel: str, file: Path, on_progress: Callable[[str], None]) -> ImportResult:
    """Import a file; raises `Failure` with the file's name and every line that is wrong."""
    from orderbridge_cli.operating.mapping_csv import UnreadableFile, read_rows
    from orderbridge_cli.operating.mappings import PARTNER_PREFIX, RowsRefused

    mappings = _mappings(stack)
    try:
        rows, bad = read_rows(file.read_bytes())
    except UnreadableFile as unreadable:
        raise Failure(f"{file}: {unreadable}.") from unreadable
    try:
        if channel.startswith(PARTNER_PREFIX):
            return mappings.import_routes(channel.removeprefix(PARTNER_PREFIX), rows, on_progress, bad)
        return mappings.import_values(channel, rows, value_check(stack, channel), on_progress, bad)
    except RowsRefused as refused:
        raise Failure(
            f"{file}: {refused}",
            {"rows": [{"line": row.line, "reason": row.reason} for row in refused.rows]},
            [f"line {row.line}: {row.reason}" for row in refused.rows],
        ) from refused


def value_check(stack: Operations, channel_name: str) -> ValueCheck:
    """What the platform of a channel says about a mapping value."""
    from orderbridge.channels.mapping import parse_value
    from orderbridge.platforms.registry import definition_of
    from orderbridge.platforms.values import InvalidValue
    from orderbridge_cli.operating.channels import known_channel

    channel: Channel = known_channel(stack.channels, channel_name)
    definition = definition_of(channel.platform)
    settings = definition.read_settings(channel.settings)

    def check(kind: MappingKind, value: str) -> str | None:
        try:
            definition.read_mapping(kind, parse_value(value), settings)
        except InvalidValue as invalid:
            return str(invalid)
        return None

    return check
