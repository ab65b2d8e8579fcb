"""What a platform did not process is sent again, later, and the same."""

from __future__ import annotations

import pytest

from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.values.times import from_iso
from tests.fakes.house import House
from tests.unit.forwarding.sending_cases import ORDER, in_turn

S = ForwardState


@pytest.mark.parametrize("answer", ["refused", "not sent"])
def test_what_was_not_processed_is_sent_again_later_with_the_same_bytes(answer: str) -> None:
    house = House()
    house.platform.answer = in_turn(answer, answer, "accepted")
    message = house.queue(ORDER)

    forward = house.forward_order(message)
    assert forward.state is S.QUEUED
    assert house.forward_order(message) == forward, "a message that comes too soon is not obeyed"
    house.map("product", "PROD-001", "another value by now")
    house.pass_time(60, step=1)

    assert house.state_of(ORDER) is S.SENT
    assert len(house.platform.calls) == 3
    assert len({body for _, body, _ in house.platform.calls}) == 1


def test_a_retry_comes_by_its_own_message_and_without_it_by_the_sweeper() -> None:
    house = House()
    house.platform.answer = in_turn("not sent", "accepted")
    house.forward_order(house.queue(ORDER))
    house.queues.sent.clear()

    house.clock.move(3)
    assert house.queues.visible() == []
    house.pass_time(120)

    assert house.state_of(ORDER) is S.SENT


def test_longer_than_a_message_can_be_delayed_the_sweeper_remembers() -> None:
    house = House()
    house.platform.answer = in_turn("refused for an hour", "accepted")
    forward = house.forward_order(house.queue(ORDER))
    house.queues.sent.clear()

    assert forward.not_before is not None
    assert (from_iso(forward.not_before) - house.clock()).total_seconds() == 3600
    house.pass_time(3500)
    assert len(house.platform.calls) == 1
    house.pass_time(700)
    assert house.state_of(ORDER) is S.SENT
