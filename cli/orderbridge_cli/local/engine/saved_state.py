"""The engine's state files between a stop and a start."""

from __future__ import annotations

import json
from pathlib import Path

from orderbridge_cli.local.machine.files import write_atomically


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
