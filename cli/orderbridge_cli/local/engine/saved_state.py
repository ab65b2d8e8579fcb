"""The engine's state files between a stop and a start."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from orderbridge_cli.local.engine.engine_process import NOT_SAVED, RECEIPT
from orderbridge_cli.local.machine.files import write_atomically

_TABLES = "dynamodb.json"


def doubt_of_saving(engine_state: Path, pid: int, exit_code: int | None) -> str | None:
    """Why it is not proven that this engine process has saved its state; None where it is.

    Proof is the receipt of this very process, and each file that it names, read back: of that size, and JSON.
    """
    try:
        receipt = json.loads((engine_state / RECEIPT).read_text())
        if receipt["pid"] == pid:
            for name, size in receipt["files"].items():
                content = (engine_state / name).read_bytes()
                if len(content) != size:
                    return f"{name} has {len(content)} bytes instead of {size}"
                json.loads(content)
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if not isinstance(error, FileNotFoundError):
            return f"what was saved cannot be read back: {error}"
    if exit_code is not None and exit_code > NOT_SAVED:
        return os.strerror(exit_code - NOT_SAVED)
    return f"the engine left no proof of it, exit code {exit_code}"


def void_receipt(engine_state: Path) -> None:
    """Says that the engine, which serves from now on, knows more than its files."""
    (engine_state / RECEIPT).unlink(missing_ok=True)


def last_saved(engine_state: Path) -> str | None:
    """When the state that is on the disk was saved, to the second, UTC; None where there is none."""
    try:
        saved = (engine_state / _TABLES).stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(saved, UTC).isoformat(timespec="seconds")


def is_behind(engine_state: Path) -> bool:
    """Whether the state on the disk is older than what the last engine knew when it ended."""
    return (engine_state / _TABLES).exists() and not (engine_state / RECEIPT).exists()


def forget_stream_positions(engine_state: Path) -> None:
    """Lets stream readers begin again with the records of the next run.

    The engine keeps each reader's position over a restart, but not the records: new ones are numbered from zero
    again, and the stream would stay dark for as many records as were ever written. What was not published before
    the stop is found by the sweeper.
    """
    file = engine_state / "lambda.json"
    if not file.exists():
        return
    saved = json.loads(file.read_text())
    positions = saved.get("payload", {}).get("dynamodb_stream_positions", {})
    if positions.get("data"):
        positions["data"] = {}
        write_atomically(file, json.dumps(saved))
