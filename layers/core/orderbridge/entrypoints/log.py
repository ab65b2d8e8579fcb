"""The log: a JSON object on each line, and by allow-list. What is not named here cannot be logged (invariant 8)."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any, Literal

from orderbridge.values.times import to_iso, utc_now

ALLOWED = frozenset(
    {
        "attempts",
        "channel",
        "client_id",
        "code",
        "count",
        "error_at",
        "error_type",
        "found",
        "function",
        "message_id",
        "outcome",
        "platform",
        "problem",
        "replayed",
        "request_id",
        "route",
        "state",
        "status",
    }
)

_invocation: dict[str, Any] = {}
"""What stands on every line of the invocation that runs; an environment has one at a time."""
_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


def begin_invocation(**context: Any) -> None:
    """Forget everything of the last invocation and stamp this one's lines with `context`."""
    _invocation.clear()
    _invocation.update(_allowed(context))


def log(event: str, **fields: Any) -> None:
    """One line for something that happened."""
    _write("INFO", event, _allowed(fields))


def log_failure(event: str, failure: BaseException, **fields: Any) -> None:
    """One line for what should not have happened: its type and place, not its message, which may quote data."""
    frames = traceback.extract_tb(failure.__traceback__)
    place = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
    _write("ERROR", event, _allowed({**fields, "error_type": type(failure).__name__, "error_at": place}))


def _allowed(fields: dict[str, Any]) -> dict[str, Any]:
    refused = fields.keys() - ALLOWED
    if refused:
        raise KeyError(f"not on the log's allow-list: {', '.join(sorted(refused))}")
    return {name: value for name, value in fields.items() if value is not None}


def _write(level: Literal["INFO", "ERROR"], event: str, fields: dict[str, Any]) -> None:
    about = {"level": level, "message": event, "timestamp": to_iso(utc_now()), "service": "orderbridge"}
    # In one piece, since each write may be a log event of its own; and to standard error, because the local engine
    # answers at once for a function that writes there, and late for others.
    sys.stderr.write(_encode({**about, **_invocation, **fields}) + "\n")
    sys.stderr.flush()
