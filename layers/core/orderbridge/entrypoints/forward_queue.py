"""The queue of a platform's forwards to the use case that sends them."""

from __future__ import annotations

import json
from collections.abc import Callable

from orderbridge.entrypoints.log import log
from orderbridge.entrypoints.queue import QueueHandler, in_parts
from orderbridge.forwarding.events import ForwardMessage
from orderbridge.forwarding.forward.states import Forward


def queue_handler(forward: Callable[[ForwardMessage], Forward], seconds_per_message: float) -> QueueHandler:
    """The handler of a platform's queue of forwards."""

    def handle(body: str) -> None:
        result = forward(read_message(body))
        log(
            "forward_handled",
            code=result.code,
            channel=result.channel.name,
            platform=result.channel.platform,
            state=result.state.value,
            attempts=result.attempts,
        )

    return in_parts("forwarder", handle, seconds_per_message)


def read_message(body: str) -> ForwardMessage:
    """The message in a queue entry: a detail by itself, or a whole EventBridge event around it."""
    document = json.loads(body)
    return ForwardMessage.from_detail(document.get("detail", document))
