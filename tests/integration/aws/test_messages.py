"""Several messages in one call to SQS: each has its own answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from orderbridge.aws.messages import SEND_LIMIT, Message, MessageNotTaken, send_messages
from orderbridge.forwarding.events import ForwardMessage
from orderbridge.forwarding.queues import PlatformQueues
from tests.fakes.samples import NGORDER, SIRCLO, order


class Client:
    """A client of SQS that refuses some messages, by their bodies, and says nothing of others."""

    def __init__(self, refused: Sequence[str] = (), unanswered: Sequence[str] = (), down: Sequence[str] = ()) -> None:
        self.refused, self.unanswered, self.down = refused, unanswered, down
        self.calls: list[tuple[str, list[str]]] = []

    def get_queue_url(self, *, QueueName: str) -> Mapping[str, str]:  # noqa: N803
        if QueueName in self.down:
            raise KeyError(QueueName)
        return {"QueueUrl": QueueName}

    def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> Any:  # noqa: N803
        bodies = {each["Id"]: each["MessageBody"] for each in Entries}
        self.calls.append((QueueUrl, list(bodies.values())))
        if QueueUrl in self.down:
            raise KeyError(QueueUrl)
        failed = [each for each, body in bodies.items() if body in self.refused]
        taken = [each for each, body in bodies.items() if body not in (*self.refused, *self.unanswered)]
        # SQS promises no order.
        return {
            "Successful": [{"Id": each} for each in reversed(taken)],
            "Failed": [{"Id": each, "Code": "InternalError"} for each in failed],
        }


def messages(*bodies: str) -> list[Message]:
    return [{"MessageBody": body, "MessageGroupId": "group"} for body in bodies]


def sent(client: Any, *bodies: str) -> Sequence[Exception | None]:
    return send_messages(client, "queue", messages(*bodies))


def test_each_message_has_its_own_answer_in_the_order_of_the_messages() -> None:
    a, b, c, d = sent(Client(refused=["b"], unanswered=["d"]), "a", "b", "c", "d")

    assert a is None
    assert c is None
    assert isinstance(b, MessageNotTaken)
    assert b.args == ("InternalError",)
    assert isinstance(d, MessageNotTaken), "what SQS does not speak of is not taken for sent"


def test_ten_are_sent_in_one_call_and_a_call_that_fails_keeps_no_other_from_being_made() -> None:
    bodies = [str(number) for number in range(2 * SEND_LIMIT + 1)]

    class Flaky(Client):
        def send_message_batch(self, **asked: Any) -> Any:
            answer = super().send_message_batch(**asked)
            if len(self.calls) == 2:
                raise KeyError("no answer")
            return answer

    client = Flaky()
    answers = sent(client, *bodies)

    assert [len(call) for _, call in client.calls] == [SEND_LIMIT, SEND_LIMIT, 1]
    assert [isinstance(each, KeyError) for each in answers] == [
        SEND_LIMIT <= number < 2 * SEND_LIMIT for number in range(len(bodies))
    ]


@pytest.mark.parametrize("when", ["sending", "looking up"])
def test_a_platforms_queue_that_does_not_answer_keeps_no_other_platforms_messages(when: str) -> None:
    there = ForwardMessage(order().key, order().code, SIRCLO)
    down = ForwardMessage(order().key, order().code, NGORDER)
    client: Any = Client(down=["stack-forward-ngorder"])
    queues = PlatformQueues(client, "stack", {"ngorder": "stack-forward-ngorder"} if when == "sending" else {})

    answers = queues.send_together([down, there, down])

    assert [each is None for each in answers] == [False, True, False]
    assert [url for url, _ in client.calls if url not in client.down] == ["stack-forward-sirclo"]
