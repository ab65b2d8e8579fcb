"""Carrying an order to its platform at most once: the plain way, and what an operator does."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from orderbridge.forwarding.forward.interventions import resolve_absent, retry
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.sending import UnknownForward
from orderbridge.values.times import from_iso
from tests.fakes.house import FUNCTION_TIMEOUT_SECONDS, House
from tests.fakes.samples import SIRCLO
from tests.unit.forwarding.sending_cases import ORDER, always, in_turn

S = ForwardState


def test_a_queued_forward_is_sent_and_keeps_the_platforms_id() -> None:
    house = House()

    forward = house.forward_order(house.queue(ORDER))

    assert (forward.state, forward.external_id, forward.attempts) == (S.SENT, f"id of {ORDER.code}", 1)
    assert house.forward_of(ORDER) == forward
    assert house.events_of(ORDER) == ["ForwardQueued", "AttemptStarted", "ForwardSent"]


def test_sending_its_lease_and_the_frozen_bytes_are_written_before_the_first_byte_leaves() -> None:
    house = House()
    message = house.queue(ORDER)
    seen: list[Any] = []
    create = house.platform.create_order

    def watching(request: Any, *rest: Any) -> Any:
        key = (ORDER.key, SIRCLO.name)
        seen.append((house.store.forwards[key], house.store.requests[key], request))
        return create(request, *rest)

    house.platform.create_order = watching  # type: ignore[method-assign]
    house.forward_order(message)

    ((forward, frozen, request),) = seen
    assert (forward.state, forward.attempt_id) == (S.SENDING, "attempt-1")
    assert frozen == request
    assert forward.body_hash == hashlib.sha256(request.body).hexdigest()
    lease = (from_iso(forward.lease_until) - house.clock()).total_seconds()
    assert lease > FUNCTION_TIMEOUT_SECONDS


def test_a_message_that_comes_again_changes_nothing() -> None:
    house = House()
    message = house.queue(ORDER)
    first = house.forward_order(message)

    assert [house.forward_order(message) for _ in range(3)] == [first] * 3
    assert len(house.platform.calls) == 1


def test_a_rejected_order_is_over_in_the_platforms_words() -> None:
    house = House()
    house.platform.answer = always("rejected")

    forward = house.forward_order(house.queue(ORDER))
    house.pass_time(3600)

    assert (forward.state, forward.error) == (S.REJECTED, "400: no such customer")
    assert len(house.platform.calls) == 1


def test_a_message_for_a_forward_that_does_not_exist_is_an_error_that_a_person_sees() -> None:
    house = House()
    with pytest.raises(UnknownForward):
        house.forward_order(house.message_of(ORDER))


# --- operators --------------------------------------------------------------------------------------------------------


def test_after_a_person_has_made_sure_the_same_bytes_are_sent_again() -> None:
    house = House(can_look=False)
    house.platform.answer = in_turn("lost", "accepted")
    house.forward_order(house.queue(ORDER))
    house.map("product", "PROD-001", "another value by now")
    house.store.save(resolve_absent(house.forward_of(ORDER), house.clock(), 60))

    house.pass_time(120)

    assert house.state_of(ORDER) is S.SENT
    assert len({body for _, body, _ in house.platform.calls}) == 1


def test_a_rejected_order_that_is_tried_again_is_mapped_anew() -> None:
    house = House()
    house.platform.answer = in_turn("rejected", "accepted")
    house.forward_order(house.queue(ORDER))
    house.map("customer", "CUST-001", "the right customer")
    house.store.save_unfrozen(retry(house.forward_of(ORDER), house.clock(), 60, can_look=True))

    house.pass_time(120)

    assert house.state_of(ORDER) is S.SENT
    assert b"the right customer" in house.platform.calls[-1][1]


def test_an_order_of_several_channels_is_looked_up_by_its_own() -> None:
    house = House()
    message = house.queue(ORDER)

    with pytest.raises(UnknownForward):
        house.forward_order(replace(message, channel=replace(SIRCLO, name="another")))
