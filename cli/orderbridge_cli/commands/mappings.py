"""`orderbridge mappings`: what a partner's codes mean at a channel, and where its sites' orders go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.lists import listing, print_csv, wants_file, warn_of_formulas
from orderbridge_cli.output import (
    Failure,
    answer,
    command,
    counted,
    new_group,
    note,
    progress,
    wants_json,
    write_file,
)

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel
    from orderbridge.channels.mapping import MappingKind
    from orderbridge_cli.operating.csv_files import BadRow
    from orderbridge_cli.operating.mappings import ImportResult, MissingMapping, OperateMappings, ValueCheck
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
            metavar="FILE.csv",
            exists=True,
            dir_okay=False,
            readable=True,
            help="CSV with the columns kind,key,value, or the form that `missing --csv` or `suggest` has printed.",
        ),
    ],
) -> None:
    """Import mappings and let go the forwards that waited for them. One bad row, and nothing is imported.

    Of a form, what nobody has filled in yet and what is another channel's is left out, counted and named.
    """
    stack = _stack()
    with progress("checking") as say:
        result, left_out = import_file(stack, channel, file, say)
    document: dict[str, Any] = {
        "channel": channel,
        "imported": result.rows,
        "released": [{"code": each.code, "channel": each.channel.name} for each in result.released],
    }
    if left_out:
        document["skipped"] = len(left_out)
    if result.warnings:
        document["warnings"] = [{"line": row.line, "reason": row.reason} for row in result.warnings]
    for row in result.warnings:
        note(f"{file}, line {row.line}: {row.reason}.")
    for row in left_out[:_SHOWN]:
        note(f"{file}, line {row.line} is left out: {row.reason}.")
    if len(left_out) > _SHOWN:
        note(f"{len(left_out) - _SHOWN} more are left out.")
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
        warn_of_formulas(formulas_in(rows))
        write_file(write_rows(rows))


@command(group, "missing", lists=True)
def missing(
    channel: Annotated[
        str | None, typer.Argument(metavar="CHANNEL", help="A channel, or partner:CLIENT_ID; all if left out.")
    ] = None,
) -> None:
    """What waiting forwards still need; with --csv or --xlsx a form to fill in. `import` reads it as CSV."""
    from orderbridge_cli.operating.mapping_csv import FORM

    needed = _mappings(_stack()).missing(channel)
    rows = [_missing_described(each) for each in needed]
    if not rows and not wants_file() and not wants_json():
        answer(rows, lambda: "Nothing is missing.")
        return
    in_form = [{"value": None, "note": None, **row} for row in rows] if wants_file() else rows
    listing(in_form, ("kind", "key", "channel", "forwards", "since"), "key", in_files=FORM)


@command(group, "suggest")
def suggest(
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="A channel.")],
) -> None:
    """Ask the platform for what is missing, and print the form with what it has exactly once under our code.

    Nothing is imported: look it through, then `mappings import` it.
    """
    from orderbridge_cli.operating.mapping_csv import FORM
    from orderbridge_cli.platform_calls import find_mappings

    stack = _stack()
    found = _mappings(stack).suggest(channel, lambda wanted, known: find_mappings(stack, channel, wanted, known))
    rows = [{**_missing_described(each.missing), "value": each.value, "note": each.note} for each in found]
    if not wants_json():
        with_value = sum(each.value is not None for each in found)
        note(f"{counted(len(found), 'key')} missing, {with_value} found at the platform.")
        print_csv(FORM, rows)
        return
    answer(rows, lambda: "")


def _missing_described(each: MissingMapping) -> dict[str, Any]:
    return {
        "kind": each.key.kind,
        "key": each.key.shown,
        "channel": each.channel,
        "forwards": each.forwards,
        "since": each.since,
    }


def import_file(
    stack: Operations, channel: str, file: Path, on_progress: Callable[[str], None]
) -> tuple[ImportResult, Sequence[BadRow]]:
    """Import a file: what it came to, and what was left out of a form.

    Raises `Failure` with the file's name and every line that is wrong, or where nothing is left to import.
    """
    from orderbridge_cli.operating.csv_files import UnreadableFile
    from orderbridge_cli.operating.mapping_csv import for_channel, read_rows
    from orderbridge_cli.operating.mappings import PARTNER_PREFIX, RowsRefused

    mappings = _mappings(stack)
    try:
        found, bad = read_rows(file.read_bytes())
    except UnreadableFile as unreadable:
        raise Failure(f"{file}: {unreadable}.") from unreadable
    rows, left_out = for_channel(found, channel)
    if left_out and not rows and not bad:
        lines = [f"line {row.line}: {row.reason}" for row in left_out]
        raise Failure(f"{file}: nothing in this form is filled in for {channel}.", {"skipped": len(lines)}, lines)
    try:
        if channel.startswith(PARTNER_PREFIX):
            client_id = channel.removeprefix(PARTNER_PREFIX)
            return mappings.import_routes(client_id, rows, on_progress, bad), left_out
        return mappings.import_values(channel, rows, value_check(stack, channel), on_progress, bad), left_out
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
