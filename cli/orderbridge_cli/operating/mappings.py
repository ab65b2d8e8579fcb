"""Mappings as an operator imports them: every row checked before any is written, then what waited is let go."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from orderbridge.channels.lookups import FoundMappings
from orderbridge.channels.mapping import (
    KINDS,
    MAX_KEY_BYTES,
    MappingKey,
    MappingKind,
    Mappings,
    mapping_text,
    parse_value,
    value_of,
)
from orderbridge.channels.site_keys import AmbiguousKey, read_key
from orderbridge.forwarding.forward.states import Forward, ForwardState
from orderbridge.forwarding.releasing import ReleaseForwards, RouteOrders, route_of
from orderbridge.partners.partner import CLIENT_ID
from orderbridge.values.ids import ChannelRef
from orderbridge.values.text import UnseenCharacter, checked_code, trimmed
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import Clock, to_iso
from orderbridge_cli.operating.channels import known_channel
from orderbridge_cli.operating.csv_files import BadRow
from orderbridge_cli.operating.ports import ChannelRegistry, MappingTable, OperatorOrders, PartnerRegistry
from orderbridge_cli.operating.refusals import OperationRefused

MAX_VALUE_LENGTH = 8000
PARTNER_PREFIX = "partner:"
_SEPARATORS = re.compile(r"[|;,]")
_SPREADSHEET_ERROR = re.compile(r"#(?:N/A|DIV/0!|GETTING_DATA|[A-Z]{1,20}[!?])|Err:[0-9]{3}", re.IGNORECASE | re.ASCII)
_NOTHING = frozenset({"nan", "null", "<na>"})
"""What programs write where there is nothing. NONE is left out: partners send it as a code."""
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]{1,15})?E\+[0-9]{2,3}", re.IGNORECASE)
"""How a spreadsheet shows a number of more digits than it likes, such as a barcode."""

Progress = Callable[[str], None]
ValueCheck = Callable[[MappingKind, str], str | None]
"""What is wrong with a value of a kind, as text; None where the channel can use it."""

FindMappings = Callable[[Collection[MappingKey], Mappings], FoundMappings]
"""Asks a platform for keys that are missing, by those that are known."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is in a file, from which line on."""

    line: int
    kind: str
    key: str
    value: str
    channel: str = ""
    """Which channel a form says that it is of."""


class RowsRefused(OperationRefused):
    """Some rows cannot be imported, so none was."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        self.rows = tuple(sorted(rows, key=lambda row: row.line))
        many = "1 row is" if len(self.rows) == 1 else f"{len(self.rows)} rows are"
        super().__init__(f"{many} wrong, so nothing was imported.")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import came to: how many rows it wrote, which forwards it let go, and which rows are doubtful."""

    rows: int
    released: Sequence[Forward]
    warnings: Sequence[BadRow] = ()


@dataclass(frozen=True, slots=True)
class MissingMapping:
    """One key that forwards of a channel wait for; `channel` is ``partner:CLIENT_ID`` where it is a route."""

    channel: str
    key: MappingKey
    forwards: int
    since: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A missing key with the value that the platform has for it, as text to import; else None, and why."""

    missing: MissingMapping
    value: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class OperateMappings:
    """What an operator does with mappings. Methods raise `OperationRefused` where it cannot be done."""

    table: MappingTable
    channels: ChannelRegistry
    partners: PartnerRegistry
    orders: OperatorOrders
    releasing: ReleaseForwards
    routing: RouteOrders
    clock: Clock

    # --- importing ----------------------------------------------------------------------------------------------------

    def import_values(
        self, channel: str, rows: Sequence[Row], check: ValueCheck, on_progress: Progress, bad: Sequence[BadRow] = ()
    ) -> ImportResult:
        """Import a channel's mappings; `bad` are rows that could not even be read. Raises `RowsRefused`."""
        known = known_channel(self.channels, channel)

        def wrong(kind: MappingKind, value: str) -> str | None:
            if kind == "route":
                return f"a route belongs to a partner: import it into {PARTNER_PREFIX}CLIENT_ID"
            return _broken_json(value) or check(kind, value)

        checked = _checked(rows, wrong, bad)
        for written in self.table.write(known, list(checked.items())):
            on_progress(f"{written} of {len(checked)} rows written")
        return self._result(rows, self.releasing.after_import(known, checked.keys()), on_progress)

    def import_routes(
        self, client_id: str, rows: Sequence[Row], on_progress: Progress, bad: Sequence[BadRow] = ()
    ) -> ImportResult:
        """Import a partner's routes: per site the channels its orders go to. Raises `RowsRefused`."""
        self._require_partner(client_id)
        known = cache(self.channels.find_named)

        def wrong(kind: MappingKind, value: str) -> str | None:
            if kind != "route":
                return f"a partner has routes only; {kind} mappings belong to a channel"
            names = _route_channels(value)
            if not names:
                return "the route names no channel"
            unknown = [name for name in names if known(name) is None]
            return f"there is no channel {' and no channel '.join(unknown)}" if unknown else None

        checked = _checked(rows, wrong, bad)
        routes = {
            key.key: tuple(
                ChannelRef(channel.name, channel.platform)
                for channel in map(known, _route_channels(value))
                if channel is not None
            )
            for key, value in checked.items()
        }
        if routes:
            entry = TimelineEntry(to_iso(self.clock()), "RoutesImported", None, _few(routes))
            self.partners.save_routes(client_id, routes, entry)
            on_progress(f"{len(routes)} routes written")
        return self._result(rows, self.routing(client_id, checked.keys()), on_progress)

    def _result(self, rows: Sequence[Row], released: Iterator[Forward], on_progress: Progress) -> ImportResult:
        forwards: list[Forward] = []
        for forward in released:
            forwards.append(forward)
            on_progress(f"{len(forwards)} forwards released")
        return ImportResult(len(rows), forwards, tuple(_doubtful(rows)))

    def _require_partner(self, client_id: str) -> None:
        if not CLIENT_ID.fullmatch(client_id) or self.partners.find(client_id) is None:
            raise OperationRefused(f"There is no partner {client_id}.")

    # --- reading ------------------------------------------------------------------------------------------------------

    def found(self, channel: str) -> frozenset[MappingKey]:
        """Which of a channel's mappings the platform itself reported, so that nobody imported them."""
        if channel.startswith(PARTNER_PREFIX):
            return frozenset()
        return frozenset(self.table.found(known_channel(self.channels, channel)))

    def export(self, channel: str) -> Iterator[tuple[MappingKey, str]]:
        """Every mapping of a channel, its value exactly as it was imported; a partner's routes as JSON lists."""
        if not channel.startswith(PARTNER_PREFIX):
            return iter(self.table.rows(known_channel(self.channels, channel)))
        client_id = channel.removeprefix(PARTNER_PREFIX)
        partner = self.partners.find(client_id) if CLIENT_ID.fullmatch(client_id) else None
        if partner is None:
            raise OperationRefused(f"There is no partner {client_id}.")
        return (
            (MappingKey("route", site), json.dumps([ref.name for ref in refs], ensure_ascii=False))
            for site, refs in sorted(partner.routes.items())
        )

    def missing(self, channel: str | None, at_most: int | None = None) -> list[MissingMapping]:
        """What waiting forwards still need, of one channel (or ``partner:CLIENT_ID``) or of all.

        With `at_most` no further than so many keys of forwards are looked at.
        """
        waiting: dict[tuple[str, MappingKey], list[str]] = {}
        for name, key, at in itertools.islice(self._waiting(channel), at_most):
            waiting.setdefault((name, key), []).append(at)
        return [
            MissingMapping(name, key, len(since), min(since))
            for (name, key), since in sorted(
                waiting.items(), key=lambda item: (item[0][0], KINDS.index(item[0][1].kind), item[0][1].key)
            )
        ]

    def suggest(self, channel: str, find: FindMappings) -> list[Suggestion]:
        """What a channel's waiting forwards still need, with what its platform has exactly once under our code.

        `find` asks the platform; nothing is written.
        """
        known = known_channel(self.channels, channel)
        needed = self.missing(channel)
        if not needed:
            return []
        mapped = {key: value_of(text) for key, text in self.table.rows(known)}
        found = find([each.key for each in needed], mapped)
        return [self._suggestion(each, found) for each in needed]

    def _suggestion(self, missing: MissingMapping, found: FoundMappings) -> Suggestion:
        key = missing.key
        if key in found.values:
            return Suggestion(missing, mapping_text(found.values[key]), None)
        of_key = [text for text in found.trouble if text.startswith(f"{key.kind} {key.key}: ")]
        note = next(iter(of_key or found.trouble), "the platform has nothing under this code, or no list of such codes")
        return Suggestion(missing, None, note)

    def _waiting(self, wanted: str | None) -> Iterator[tuple[str, MappingKey, str]]:
        """Where which key is missing and since when, once for each forward and for each order without a channel."""
        if wanted is None or wanted.startswith(PARTNER_PREFIX):
            if wanted is not None:
                self._require_partner(wanted.removeprefix(PARTNER_PREFIX))
            for order in self.orders.unrouted():
                name = PARTNER_PREFIX + order.client_id
                if wanted in (None, name):
                    yield name, route_of(order), order.unrouted_since or order.created_at
        if wanted is None:
            channels = self.channels.list_channels()
        else:
            channels = [] if wanted.startswith(PARTNER_PREFIX) else [known_channel(self.channels, wanted)]
        for channel in channels:
            for forward in self.orders.waiting(channel, ForwardState.NEEDS_MAPPING):
                yield from ((channel.name, key, forward.updated_at) for key in forward.missing)


def _checked(
    rows: Sequence[Row], wrong: Callable[[MappingKind, str], str | None], bad: Sequence[BadRow]
) -> dict[MappingKey, str]:
    """The rows by key, in their order; raises `RowsRefused` with every bad row at once."""
    refused = list(bad)
    first_lines: dict[MappingKey, int] = {}
    checked: dict[MappingKey, str] = {}
    for row in rows:
        kind = next((known for known in KINDS if known == trimmed(row.kind)), None)
        if kind is None:
            refused.append(BadRow(row.line, f"{row.kind!r} is not a kind; there are {', '.join(KINDS)}"))
            continue
        try:
            key, value = read_key(kind, row.key), trimmed(row.value)
        except AmbiguousKey as ambiguous:
            refused.append(BadRow(row.line, str(ambiguous)))
            continue
        reason = _wrong_key(row.key, key.key) or _wrong_text(value) or wrong(kind, value)
        if reason is None and key in first_lines:
            reason = f"{kind} {key.key!r} stands on line {first_lines[key]} already"
        if reason is not None:
            refused.append(BadRow(row.line, reason))
        first_lines.setdefault(key, row.line)
        checked[key] = value
    if refused:
        raise RowsRefused(refused)
    return checked


def _doubtful(rows: Sequence[Row]) -> Iterator[BadRow]:
    """Rows that a spreadsheet has probably spoilt, although they can be imported."""
    for row in rows:
        for cell, text in (("key", trimmed(row.key)), ("value", trimmed(row.value))):
            if _SHORTENED.fullmatch(text):
                reason = f"the {cell} {text} looks like a longer number that a spreadsheet has shortened"
                yield BadRow(row.line, f"{reason}; format its column as text and write the digits anew")


def _wrong_key(written: str, key: str) -> str | None:
    try:
        code = checked_code(written)
    except UnseenCharacter as unseen:
        return f"the key {written.strip()!r}: {unseen}"
    if not key:
        return "the key is empty"
    if _says_nothing(code):
        return f"the key is {code}, which is no code but a spreadsheet's error or a database's word for nothing"
    if len(key.encode()) > MAX_KEY_BYTES:
        return f"the key is longer than {MAX_KEY_BYTES} bytes"
    return None


def _wrong_text(value: str) -> str | None:
    if not value:
        return "the value is empty"
    if len(value) > MAX_VALUE_LENGTH:
        return f"the value is longer than {MAX_VALUE_LENGTH} characters"
    if _says_nothing(value):
        return f"the value is {value}, which is no value but a spreadsheet's error or a database's word for nothing"
    return None


def _says_nothing(cell: str) -> bool:
    return cell.casefold() in _NOTHING or _SPREADSHEET_ERROR.fullmatch(cell) is not None


def _broken_json(value: str) -> str | None:
    """What is wrong with a value that begins as JSON does and is none; stored, it would be taken for a plain id."""
    try:
        parsed = parse_value(value)
    except ValueError as error:
        return f"the value is not JSON: {error}"
    return next(filter(None, map(_wrong_in_json, _texts_in(parsed))), None)


def _wrong_in_json(text: str) -> str | None:
    # A JSON text NULL was written on purpose, in quotes; nobody writes an error on purpose.
    if _SPREADSHEET_ERROR.fullmatch(text.strip()):
        return f"the value holds {text.strip()}, which is a spreadsheet's error"
    return "the value holds a NUL character" if "\0" in text else None


def _texts_in(value: Any) -> Iterator[str]:
    """Every text in a JSON value, however deep it lies."""
    left = [value]
    for each in left:
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            left += (*each, *each.values())
        elif isinstance(each, list):
            left += each


def _route_channels(value: str) -> list[str]:
    """The names in a route's value: a JSON list, or names parted by bars, semicolons or commas."""
    if value.startswith("["):
        try:
            listed = parse_value(value)
        except ValueError:
            listed = None
        names = listed if isinstance(listed, list) and all(isinstance(name, str) for name in listed) else [value]
    else:
        names = _SEPARATORS.split(value)
    return list(dict.fromkeys(trimmed(name) for name in names if trimmed(name)))


def _few(routes: Collection[str]) -> str:
    """Which sites, not all of a thousand."""
    sites = list(routes)
    shown = ", ".join(sites[:5])
    return shown if len(sites) <= 5 else f"{shown} and {len(sites) - 5} more"
