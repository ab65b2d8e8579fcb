"""Rounds of stock and statuses asked for by a person: the schedule's own function, for one channel at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orderbridge_cli.target import Operations

SECONDS_PER_STEP = 45
"""How long one invocation works before the next is asked for; a connection that is idle for long is cut."""

BUSY_PAUSE_SECONDS = 3.0


class BrokeOff(Exception):
    """An invocation ended without an answer; its text is the reason that the function gave."""


def invoke_round(stack: Operations, function: str, request: dict[str, Any]) -> dict[str, Any]:
    """The entry of the channel that `request` names, from the function of this logical id; raises `BrokeOff`."""
    name = stack.clients.physical_id(stack.target.stack, function)
    payload = json.dumps({**request, "seconds": SECONDS_PER_STEP}).encode()
    answered = stack.clients.functions.invoke(FunctionName=name, Payload=payload)
    document = json.loads(answered["Payload"].read())
    if answered.get("FunctionError"):
        raise BrokeOff(document.get("errorMessage", "no reason was given"))
    (entry,) = document["channels"]
    return dict(entry)
