"""A file of decisions about orders in doubt: for each whether its platform holds it, and under which id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orderbridge.orders.codes import ORDER_CODE
from orderbridge.values.text import trimmed
from orderbridge_cli.operating.csv_files import BadRow, Columns, read_table

COLUMNS = Columns(("code", "channel", "sent_as"), is_open=True)
ABSENT = "absent"
_SPOILT = re.compile(r"#\S+[!?A]|Err:[0-9]{3}|[0-9](?:[.,][0-9]+)?E[+-]?[0-9]+", re.IGNORECASE | re.ASCII)
"""A spreadsheet's error, or how it shows a number of more digits than it likes."""
_NOTHING = frozenset({"nan", "null", "none", "n/a", "-", "?"})
MAX_ID_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """About one order at one channel: the platform holds it as `sent_as`, or not at all (None)."""

    line: int
    code: str
    channel: str
    sent_as: str | None


def read_decisions(content: bytes) -> tuple[Sequence[Decision], int, Sequence[BadRow]]:
    """The decisions of a file, how many rows are undecided, and the rows that are wrong, which decide nothing.

    An empty `sent_as` is undecided. Raises `UnreadableFile`.
    """
    found, bad = read_table(content, COLUMNS)
    decisions: dict[tuple[str, str], Decision] = {}
    undecided = 0
    for line, cells in found:
        code, channel, sent_as = (trimmed(cells[name]) for name in COLUMNS.required)
        reason = _wrong(code, channel, sent_as)
        if reason is not None:
            bad.append(BadRow(line, reason))
        elif not sent_as:
            undecided += 1
        else:
            decision = Decision(line, code, channel, None if sent_as.casefold() == ABSENT else sent_as)
            first = decisions.setdefault((code, channel), decision)
            if first.sent_as != decision.sent_as:
                bad.append(BadRow(line, f"{code} at {channel} is decided otherwise on line {first.line}"))
    return tuple(decisions.values()), undecided, sorted(bad, key=lambda row: row.line)


def _wrong(code: str, channel: str, sent_as: str) -> str | None:
    if not ORDER_CODE.fullmatch(code):
        return f"{code[:80]!r} is not an order code such as SO-20250101-00001"
    if not channel:
        return "it names no channel"
    if _SPOILT.fullmatch(sent_as) or sent_as.casefold() in _NOTHING:
        return f"{sent_as[:80]} is no id: write the platform's id, {ABSENT}, or nothing where it is undecided"
    if len(sent_as) > MAX_ID_LENGTH:
        return f"the id is longer than {MAX_ID_LENGTH} characters"
    return None
