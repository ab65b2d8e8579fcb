"""Many messages into a queue in few calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


SEND_LIMIT = 10


class Message(TypedDict):
    """A message as SQS takes it, and in whose group it is."""

    MessageBody: str
    MessageGroupId: str


class MessageNotTaken(Exception):
    """SQS took others of the same call and not this one, or did not speak of it; its code is what is said."""


def send_messages(client: SQSClient, url: str, messages: Sequence[Message]) -> Sequence[Exception | None]:
    """Send them, ten in a call: for each in turn why it is not in the queue, or None where it is.

    A call that failed says so of all that were in it, and keeps no other from being made.
    """
    answers: list[Exception | None] = []
    for start in range(0, len(messages), SEND_LIMIT):
        answers += _send(client, url, messages[start : start + SEND_LIMIT])
    return answers


def _send(client: SQSClient, url: str, messages: Sequence[Message]) -> Sequence[Exception | None]:
    entries = [{"Id": str(number), **message} for number, message in enumerate(messages)]
    try:
        answer = client.send_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]
    except Exception as failure:  # noqa: BLE001 - each message's own error, whatever it is
        return [failure] * len(messages)
    taken = {each["Id"] for each in answer.get("Successful", ())}
    codes = {each["Id"]: each["Code"] for each in answer.get("Failed", ())}
    ids = [str(number) for number in range(len(messages))]
    return [None if each in taken else MessageNotTaken(codes.get(each, "no answer")) for each in ids]
