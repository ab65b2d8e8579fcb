"""What should not have happened: the forward says so, once, and is tried again; somebody is told each time."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.channels.outcomes import Accepted
from orderbridge.forwarding.forward.attempts import LONGEST_QUESTION_SECONDS, LONGEST_RETRY_SECONDS
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.values.times import from_iso
from tests.fakes.house import FUNCTION_TIMEOUT_SECONDS, House
from tests.fakes.samples import SIRCLO
from tests.fakes.steps import PortFailed, fail
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn, steps_until

S = ForwardState
PERSONAL = "Jl. Sudirman No. 1"


class Defect(Exception):
    """One of our own."""


def seconds_until(house: House, text: str | None) -> float:
    assert text is not None
    return (from_iso(text) - house.clock()).total_seconds()


# --- before a byte has left -------------------------------------------------------------------------------------------


def test_a_request_that_cannot_be_built_is_put_off_with_the_reason() -> None:
    house = House()
    house.platform.defect = Defect(PERSONAL)

    forward = house.forward_order(house.queue(ORDER))

    assert (forward.state, forward.attempts) == (S.QUEUED, 0)
    assert forward.error is not None
    assert "Defect" in forward.error
    assert PERSONAL not in forward.error, "the message of an exception may quote an order"
    assert 0 < seconds_until(house, forward.not_before) <= 2
    assert house.failures == [house.platform.defect]
    assert house.events_of(ORDER) == ["ForwardQueued", "ForwardPutOff"]
    assert house.platform.calls == []


def test_it_is_tried_ever_more_rarely_and_said_once() -> None:
    house = House()
    house.platform.defect = Defect()
    house.queue(ORDER)

    house.pass_time(24 * 3600, step=60)

    assert house.events_of(ORDER) == ["ForwardQueued", "ForwardPutOff"]
    assert house.forward_of(ORDER).put_offs == len(house.failures)
    assert 24 * 3600 / LONGEST_RETRY_SECONDS <= len(house.failures) <= 150
    assert house.queues.visible() == [], "and messages do not pile up"


def test_once_it_is_mended_the_order_goes_by_itself() -> None:
    house = House()
    house.platform.defect = Defect()
    house.queue(ORDER)
    house.pass_time(3600)

    house.platform.defect = None
    house.pass_time(1200)

    forward = house.forward_of(ORDER)
    assert (forward.state, forward.error, forward.put_offs) == (S.SENT, None, 0)


def test_it_comes_again_by_its_own_message() -> None:
    house = House()
    house.platform.defect = Defect()
    message = house.queue(ORDER)
    house.forward_order(message)
    house.queues.remove(message)

    assert house.queues.visible() == []
    house.clock.move(2)
    assert house.queues.visible() == [message]


def test_another_reason_is_another_line() -> None:
    house = House()
    for defect in (Defect(), Defect(), KeyError(), Defect()):
        house.platform.defect = defect
        house.queues.sent.clear()
        house.clock.move(LONGEST_RETRY_SECONDS)
        house.forward_order(house.queue(ORDER) if not house.store.orders else house.message_of(ORDER))

    assert house.events_of(ORDER).count("ForwardPutOff") == 3


def test_a_message_that_comes_too_soon_is_not_obeyed() -> None:
    house = House()
    house.platform.defect = Defect()
    message = house.queue(ORDER)
    forward = house.forward_order(message)

    assert [house.forward_order(message) for _ in range(3)] == [forward] * 3
    assert len(house.failures) == 1


def test_an_order_that_waits_for_a_mapping_says_both() -> None:
    house = House()
    house.unmap("product", "PROD-001")
    message = house.queue(ORDER)
    waiting = house.forward_order(message)
    house.platform.defect = Defect()

    forward = house.forward_order(message)
    assert (forward.state, forward.missing) == (S.NEEDS_MAPPING, waiting.missing)
    assert "Defect" in (forward.error or "")

    house.platform.defect = None
    house.clock.move(5)
    assert house.forward_order(message).error is None
    house.import_mapping("product", "PROD-001", "product 1")
    house.run_queue()
    assert house.state_of(ORDER) is S.SENT


def test_a_look_up_that_fails_leaves_the_order_waiting_for_its_mapping() -> None:
    house = House()
    house.unmap("product", "PROD-001")
    defect = Defect()

    def find_mappings(*_: Any) -> Any:
        raise defect

    house.platform.find_mappings = find_mappings  # type: ignore[method-assign]

    assert house.forward_order(house.queue(ORDER)).state is S.NEEDS_MAPPING
    assert house.failures == [defect]


@pytest.mark.parametrize("step", range(2, 16))
def test_whatever_fails_before_the_lease_is_written_the_order_arrives_once(step: int) -> None:
    house = House()
    message = house.queue(ORDER)
    assert steps_until(house, "before create order") < 16
    house.steps.at(step, fail)

    try:
        forward = house.forward_order(message)
    except PortFailed:
        house.steps.clear()  # the message comes back
    else:
        house.queues.remove(message)
        if house.failures:
            assert forward.error is not None
    house.steps.clear()
    house.pass_time(300)

    assert house.state_of(ORDER) is S.SENT
    assert len(house.platform.calls) == 1


def test_where_not_even_the_reason_can_be_written_the_message_comes_back() -> None:
    house = House()
    house.platform.defect = Defect()
    message = house.queue(ORDER)
    before = house.forward_of(ORDER)

    def save(*_: Any, **__: Any) -> Any:
        raise PortFailed

    house.store.save = save  # type: ignore[method-assign]
    with pytest.raises(Defect):
        house.forward_order(message)
    assert house.forward_of(ORDER) == before


# --- after it ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("can_look", [True, False])
def test_a_failure_with_the_attempt_under_way_leaves_it_unknown_and_says_so(can_look: bool) -> None:
    house = House(can_look=can_look)
    create = house.platform.create_order

    def create_order(request: FrozenRequest, *rest: Any) -> Any:
        create(request, *rest)
        raise Defect(PERSONAL)

    house.platform.create_order = create_order  # type: ignore[method-assign]
    forward = house.forward_order(house.queue(ORDER))
    assert forward.state is (S.SENDING if can_look else S.IN_DOUBT)
    assert "an unexpected Defect" in (forward.error or "")
    assert PERSONAL not in (forward.error or "")
    assert [type(failure) for failure in house.failures] == [Defect], "and somebody is told"

    house.pass_time(FUNCTION_TIMEOUT_SECONDS + 600)

    assert house.state_of(ORDER) is (S.SENT if can_look else S.IN_DOUBT)
    assert len(house.platform.calls) == 1


def lost() -> House:
    """An order that the platform holds and has not answered for."""
    house = House()
    house.platform.answer = in_turn("lost after", "accepted")
    house.forward_order(house.queue(ORDER))
    return house


def test_a_look_that_cannot_be_made_says_why_and_counts_as_none() -> None:
    house = lost()
    house.platform.defect = Defect(PERSONAL)

    house.pass_time(3600)

    forward = house.forward_of(ORDER)
    assert (forward.state, forward.negative_looks) == (S.SENDING, 0)
    assert "Defect" in (forward.error or "")
    assert PERSONAL not in (forward.error or "")
    assert house.failures

    house.platform.defect = None
    house.pass_time(2000)
    assert house.state_of(ORDER) is S.SENT
    assert len(house.platform.calls) == 1


def test_where_the_channel_is_gone_a_person_is_asked_after_a_day() -> None:
    house = lost()
    del house.channels.by_name[SIRCLO.name]

    house.pass_time(3600)
    forward = house.forward_of(ORDER)
    assert (forward.state, forward.error) == (S.SENDING, "there is no channel sirclo-main on sirclo")

    house.pass_time(LONGEST_QUESTION_SECONDS, step=120)
    forward = house.forward_of(ORDER)
    assert (forward.state, forward.due_at) == (S.IN_DOUBT, None)
    assert "there is no channel" in (forward.error or "")


def test_a_cancel_that_cannot_be_asked_for_is_one_without_an_answer() -> None:
    house = House(can_cancel=True)
    message = house.queue(ORDER)
    house.forward_order(message)
    house.store.request_cancel(ORDER.key, "now")
    house.platform.defect = Defect(PERSONAL)

    forward = house.forward_order(message)
    assert (forward.state, forward.cancel_answer) == (S.SENT, None)
    assert "Defect" in (forward.error or "")
    assert PERSONAL not in (forward.error or "")

    house.platform.defect = None
    house.platform.cancel_answer = always(Accepted(None))
    house.pass_time(120)
    assert house.state_of(ORDER) is S.CANCELLED
