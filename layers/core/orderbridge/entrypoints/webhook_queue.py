"""The queues of webhooks to the sender's use case."""

from __future__ import annotations

import json
from collections.abc import Callable

from orderbridge.entrypoints.log import log
from orderbridge.entrypoints.queue import QueueHandler, in_parts
from orderbridge.webhooks.delivery import Delivery, DeliveryRef
from orderbridge.webhooks.webhook import Lane


def delivery_handler(send: Callable[[DeliveryRef, Lane], Delivery], seconds_per_message: float) -> QueueHandler:
    """A handler that sends each message it is given once, or leaves it for later."""

    def handle(body: str) -> None:
        detail = json.loads(body)
        lane: Lane = "slow" if detail.get("lane") == "slow" else "quick"
        result = send(DeliveryRef.from_detail(detail), lane)
        log(
            "delivery_handled",
            client_id=result.ref.client_id,
            message_id=result.ref.message_id,
            code=result.code,
            state=result.state,
            attempts=result.attempts,
        )

    return in_parts("webhook_sender", handle, seconds_per_message)
