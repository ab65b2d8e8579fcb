"""The queue of each platform."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from orderbridge.forwarding.events import ForwardMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def forward_queue_name(stack: str, platform: str) -> str:
    """The queue of a platform's forwards, by the name that the template gives it."""
    return f"{stack}-forward-{platform}"


class PlatformQueues:
    """`ForwardQueues` on SQS: one queue per platform, found by its name. `known` are URLs that need no looking up."""

    def __init__(self, client: SQSClient, stack: str, known: Mapping[str, str] | None = None) -> None:
        self._client = client
        self._stack = stack
        self._urls = dict(known or {})

    def url(self, platform: str) -> str:
        """A queue's URL, asked for once."""
        if platform not in self._urls:
            name = forward_queue_name(self._stack, platform)
            self._urls[platform] = self._client.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[platform]

    def send(self, message: ForwardMessage, delay_seconds: float = 0) -> None:
        self._client.send_message(
            QueueUrl=self.url(message.channel.platform),
            MessageBody=json.dumps(message.detail(), separators=(",", ":")),
            DelaySeconds=int(delay_seconds),
        )
