"""The log: structured, and by allow-list. What is not named here cannot be logged (invariant 8)."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from aws_lambda_powertools.logging import Logger

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


# Standard error, because the local engine answers at once for a function that writes there, and late for others.
_logger = Logger(service="orderbridge", stream=sys.stderr)


def begin_invocation(**context: Any) -> None:
    """Forget everything of the last invocation and stamp this one's lines with `context`."""
    _logger.clear_state()
    _logger.append_keys(**_allowed(context))


def log(event: str, **fields: Any) -> None:
    """One line for something that happened."""
    _logger.info(event, extra=_allowed(fields))


def log_failure(event: str, failure: BaseException, **fields: Any) -> None:
    """One line for what should not have happened: its type and place, not its message, which may quote data."""
    frames = traceback.extract_tb(failure.__traceback__)
    place = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
    _logger.error(event, extra=_allowed({**fields, "error_type": type(failure).__name__, "error_at": place}))


def _allowed(fields: dict[str, Any]) -> dict[str, Any]:
    refused = fields.keys() - ALLOWED
    if refused:
        raise KeyError(f"not on the log's allow-list: {', '.join(sorted(refused))}")
    return {name: value for name, value in fields.items() if value is not None}
