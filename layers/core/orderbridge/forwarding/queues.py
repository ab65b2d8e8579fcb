"""The queue of each platform."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from orderbridge.aws.messages import Message, send_messages
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
            QueueUrl=self.url(message.channel.platform), DelaySeconds=int(delay_seconds), **_entry(message)
        )

    def send_together(self, messages: Sequence[ForwardMessage]) -> Sequence[Exception | None]:
        answers: dict[int, Exception | None] = {}
        by_platform: dict[str, list[int]] = {}
        for number, message in enumerate(messages):
            by_platform.setdefault(message.channel.platform, []).append(number)
        for platform, numbers in by_platform.items():
            answers |= zip(numbers, self._sent(platform, [messages[number] for number in numbers]), strict=True)
        return [answers[number] for number in range(len(messages))]

    def _sent(self, platform: str, messages: Sequence[ForwardMessage]) -> Sequence[Exception | None]:
        try:
            url = self.url(platform)
        except Exception as failure:  # noqa: BLE001 - of this platform's messages alone
            return [failure] * len(messages)
        return send_messages(self._client, url, [_entry(message) for message in messages])


def _entry(message: ForwardMessage) -> Message:
    """A message in the group of its channel: SQS knows by it whose messages take up the workers (fair queues)."""
    body = json.dumps(message.detail(), separators=(",", ":"))
    return {"MessageBody": body, "MessageGroupId": message.channel.name}
