"""What came of one order in a batch of the stream is handled together."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from orderbridge.entrypoints.invocation import HandlerFailed
from orderbridge.entrypoints.stream import stream_handler
from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.forwarding.items import forward_item
from orderbridge.orders.order import Order
from orderbridge.orders.table import order_item
from tests.fakes.samples import NGORDER, NOW, SIRCLO, order
from tests.fakes.steps import PortFailed

CONTEXT = SimpleNamespace(aws_request_id="request")
ONE, OTHER = (order(f"SO-20250101-0000{number}", channels=(SIRCLO, NGORDER)) for number in (1, 2))


def accepted(which: Order) -> dict[str, Any]:
    return {"eventName": "INSERT", "dynamodb": {"NewImage": order_item(which)}}


def sent(which: Order, channel: Any = SIRCLO, revision: int = 3) -> Forward:
    forward = new_forward(which.key, which.code, channel, NOW, 60).forward
    return replace(forward, state=ForwardState.SENT, due_at=None, news_due_at="2025", revision=revision)


def changed(forward: Forward) -> dict[str, Any]:
    return {"eventName": "MODIFY", "dynamodb": {"NewImage": forward_item(forward)}}


def handled(*records: dict[str, Any], failing: Order | None = None) -> list[Any]:
    """What the publisher does about these records: an order's code, or the changes that it was given together."""
    done: list[Any] = []

    def changes(*together: Forward) -> None:
        if failing is not None and together[0].key == failing.key:
            raise PortFailed
        done.append([(each.code, each.channel.name, each.revision) for each in together])

    stream_handler(lambda which: done.append(which.code), changes, done.append)({"Records": records}, CONTEXT)
    return done


def test_the_changes_of_one_order_are_handled_together_and_in_their_order() -> None:
    records = [
        changed(sent(ONE)),
        changed(sent(OTHER)),
        changed(sent(ONE, NGORDER)),
        changed(sent(ONE, revision=4)),
    ]

    assert handled(*records) == [
        [(ONE.code, SIRCLO.name, 3), (ONE.code, NGORDER.name, 3), (ONE.code, SIRCLO.name, 4)],
        [(OTHER.code, SIRCLO.name, 3)],
    ]


def test_an_order_is_published_before_what_became_of_it() -> None:
    assert handled(accepted(ONE), changed(sent(ONE)), accepted(OTHER)) == [
        ONE.code,
        OTHER.code,
        [(ONE.code, SIRCLO.name, 3)],
    ]


def test_an_order_that_fails_fails_the_batch_so_that_all_of_it_is_repeated() -> None:
    with pytest.raises(HandlerFailed):
        handled(changed(sent(OTHER)), changed(sent(ONE)), failing=ONE)
