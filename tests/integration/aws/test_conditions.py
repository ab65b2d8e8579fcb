"""The same conditions in the table and in the fakes: what a unit test shows on the one is true of the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted, Rejected
from orderbridge.forwarding.forward.attempts import begin_attempt, settle_attempt
from orderbridge.forwarding.forward.interventions import retry
from orderbridge.forwarding.forward.states import (
    Forward,
    ForwardState,
    Transition,
    new_forward,
)
from orderbridge.forwarding.forward.waiting import park_for_mappings
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.orders.order import Order
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ForwardKey
from orderbridge.values.times import after, to_iso
from tests.fakes.samples import NGORDER, NOW, SIRCLO, order
from tests.integration.aws.either_store import Ports

REQUEST = FrozenRequest("POST", "/orders", '{"note": "é"}'.encode())
LATER = after(NOW, 600)


ORDER = order()


def queued(ports: Ports) -> Forward:
    ports.intake.put_if_absent(ORDER)
    created = new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60)
    assert ports.orders.create_forward(created)
    return read(ports, created.forward).forward


def begun(ports: Ports, forward: Forward, attempt_id: str = "a") -> Forward:
    """The forward as it is sent, with its request frozen."""
    ports.orders.freeze(forward, REQUEST)
    return ports.orders.save(begin_attempt(forward, attempt_id, REQUEST.body_hash, NOW, 90))


def read(ports: Ports, forward: Forward) -> Any:
    return ports.orders.read_forward(forward.forward_key)


# --- orders -----------------------------------------------------------------------------------------------------------


def test_the_first_order_under_a_reference_stays(ports: Ports) -> None:
    assert ports.intake.put_if_absent(ORDER) is None
    assert ports.intake.put_if_absent(replace(ORDER, code="SO-20250101-00002")) == ORDER
    assert ports.orders.read_order(ORDER.key) == ORDER


def test_an_order_that_is_not_there_is_none(ports: Ports) -> None:
    assert ports.orders.read_order(ORDER.key) is None
    forward = new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60).forward
    assert read(ports, forward) is None
    ports.intake.put_if_absent(ORDER)
    assert read(ports, forward) is None


def test_a_published_order_is_not_due_and_the_first_wish_and_the_first_reason_to_cancel_count(ports: Ports) -> None:
    ports.intake.put_if_absent(ORDER)
    ports.orders.mark_published(ORDER)
    ports.orders.mark_published(ORDER)
    ports.orders.request_cancel(ORDER, to_iso(NOW), None, LATER)
    for reason in (None, "ordered twice", "another", None):
        ports.orders.request_cancel(ports.orders.read_order(ORDER.key), LATER, reason, LATER)

    wanted = {"cancel_requested_at": to_iso(NOW), "cancel_reason": "ordered twice"}
    assert ports.orders.read_order(ORDER.key) == replace(ORDER, due_at=None, **wanted)
    assert ports.timeline(ORDER) == ["CancelRequested", "CancelRequested"]


# --- forwards ---------------------------------------------------------------------------------------------------------


def test_a_forward_is_created_once_with_one_line(ports: Ports) -> None:
    forward = queued(ports)

    assert not ports.orders.create_forward(new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 999))
    record = read(ports, forward)
    assert (record.order, record.forward, record.request) == (ORDER, forward, None)
    assert ports.timeline(ORDER) == ["ForwardQueued"]


def test_a_forward_is_saved_at_the_revision_that_was_read_and_no_other(ports: Ports) -> None:
    forward = queued(ports)
    sending = begun(ports, forward)
    assert sending.revision == 1

    with pytest.raises(LostRace):
        begun(ports, forward, "b")

    record = read(ports, forward)
    assert (record.forward, record.request) == (sending, REQUEST)
    assert ports.timeline(ORDER).count("AttemptStarted") == 1, "nothing of the lost one was written"


def test_a_request_is_kept_under_its_own_bytes_so_that_no_other_takes_its_place(ports: Ports) -> None:
    forward = queued(ports)
    sending = begun(ports, forward)
    ports.orders.freeze(forward, replace(REQUEST, body=b"of a worker that read before"))
    ports.orders.freeze(forward, replace(REQUEST, path="/elsewhere"))

    record = read(ports, forward)
    assert (record.request, record.forward) == (REQUEST, sending)


def test_a_request_that_no_attempt_names_is_nobodys(ports: Ports) -> None:
    forward = queued(ports)
    ports.orders.freeze(forward, REQUEST)

    assert read(ports, forward).request is None


def test_what_is_at_its_end_is_read_without_its_request(ports: Ports) -> None:
    sending = begun(ports, queued(ports))
    sent = ports.orders.save(settle_attempt(sending, Accepted("7"), NOW, 0, 60, None))

    assert read(ports, sent).request is None


def test_unfreezing_drops_the_request(ports: Ports) -> None:
    forward = queued(ports)
    rejected = ports.orders.save(settle_attempt(begun(ports, forward), Rejected("no"), NOW, 0, 60, None))
    again = retry(rejected, NOW, 60, can_look=False)
    retried = ports.orders.save_unfrozen(again)

    ports.orders.save(begin_attempt(retried, "b", REQUEST.body_hash, NOW, 90))
    assert read(ports, forward).request is None
    with pytest.raises(LostRace):
        ports.orders.save_unfrozen(again)


def test_what_is_said_of_an_order_that_is_gone_makes_none(ports: Ports) -> None:
    gone = order("SO-20250101-00009")
    ports.orders.mark_published(gone)
    for changes in (1, 2):
        with pytest.raises(LostRace):
            ports.orders.save_progress(replace(gone, status="SUBMITTED", changes=changes))

    assert ports.orders.read_order(gone.key) is None


def test_a_change_without_a_line_leaves_none(ports: Ports) -> None:
    forward = queued(ports)
    saved = ports.orders.save(Transition(replace(forward, due_at=after(NOW, 999)), None, forward))

    assert read(ports, forward).forward == saved
    assert ports.timeline(ORDER) == ["ForwardQueued"]


def test_an_orders_forwards_are_its_own(ports: Ports) -> None:
    forward = queued(ports)
    other = order("SO-20250101-00002")
    ports.intake.put_if_absent(other)
    ports.orders.create_forward(new_forward(other.key, other.code, SIRCLO, NOW, 60))
    second = new_forward(ORDER.key, ORDER.code, NGORDER, NOW, 60)
    ports.orders.create_forward(second)

    both = replace(ORDER, channels=(SIRCLO, NGORDER))
    assert sorted(f.channel.name for f in ports.orders.list_forwards(both)) == [NGORDER.name, SIRCLO.name]
    assert [f.code for f in ports.orders.list_forwards(other)] == [other.code]
    assert read(ports, forward).forward == forward


def test_what_waits_is_found_by_its_channel_and_state(ports: Ports) -> None:
    forward = queued(ports)
    assert list(ports.orders.waiting(SIRCLO, ForwardState.NEEDS_MAPPING)) == []
    parked = ports.orders.save(park_for_mappings(forward, [MappingKey("product", "A")], NOW))

    assert list(ports.orders.waiting(SIRCLO, ForwardState.NEEDS_MAPPING)) == [parked]
    assert list(ports.orders.waiting(SIRCLO, ForwardState.PAUSED)) == []
    assert list(ports.orders.waiting(NGORDER, ForwardState.NEEDS_MAPPING)) == []


def test_what_was_rejected_is_found_too_until_somebody_retries_it(ports: Ports) -> None:
    rejected = []
    for number in (1, 2):
        each = order(f"SO-20250101-{number:05}")
        ports.intake.put_if_absent(each)
        transition = new_forward(each.key, each.code, SIRCLO, NOW, 60)
        ports.orders.create_forward(transition)
        later = NOW + timedelta(seconds=number)
        sending = ports.orders.save(begin_attempt(transition.forward, "a", "hash", later, 70))
        rejected.append(ports.orders.save(settle_attempt(sending, Rejected("no"), later, 0.5, 60, None)))

    assert list(ports.orders.waiting(SIRCLO, ForwardState.REJECTED)) == rejected
    assert list(ports.orders.waiting(SIRCLO, ForwardState.REJECTED, newest_first=True)) == rejected[::-1]
    ports.orders.save_unfrozen(retry(rejected[0], NOW, 60, can_look=False))
    assert list(ports.orders.waiting(SIRCLO, ForwardState.REJECTED)) == rejected[1:]


def test_the_forwards_of_several_orders_are_read_together(ports: Ports) -> None:
    forward = queued(ports)
    other = order("SO-20250101-00002", channels=(SIRCLO, NGORDER))
    ports.intake.put_if_absent(other)
    for channel in (SIRCLO, NGORDER):
        ports.orders.create_forward(new_forward(other.key, other.code, channel, NOW, 60))

    def found(*channels: str) -> list[tuple[str, str]]:
        forwards = ports.orders.forwards_of([ORDER, other], channels)
        return sorted((each.code, each.channel.name) for each in forwards)

    assert found(NGORDER.name) == [(other.code, NGORDER.name)]
    assert found(SIRCLO.name, "elsewhere") == [(ORDER.code, SIRCLO.name), (other.code, SIRCLO.name)]
    assert len(found(SIRCLO.name, NGORDER.name)) == 3
    assert {each.code for each in ports.orders.on_their_way()} == {forward.code, other.code}


def waiting_for_a_route(ports: Ports) -> Order:
    nowhere = replace(ORDER, channels=())
    ports.intake.put_if_absent(nowhere)
    ports.orders.await_route(nowhere, to_iso(NOW), LATER)
    waiting: Order = ports.orders.read_order(ORDER.key)
    return waiting


ROUTED = [new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60)]


def test_an_order_that_no_channel_takes_waits_for_a_route_and_is_due_until_it_has_one(ports: Ports) -> None:
    waiting = waiting_for_a_route(ports)
    assert (waiting.unrouted_since, waiting.due_at) == (to_iso(NOW), LATER)
    assert list(ports.orders.unrouted()) == [waiting]
    ports.orders.await_route(waiting, LATER, after(NOW, 900))
    assert list(ports.orders.unrouted()) == [waiting], "it is there already"

    ports.orders.route(ORDER, LATER, ROUTED)
    assert list(ports.orders.unrouted()) == []
    ports.orders.await_route(waiting, LATER, LATER)
    assert ports.orders.read_order(ORDER.key) == replace(ORDER, due_at=None)


def test_an_order_is_routed_once(ports: Ports) -> None:
    waiting_for_a_route(ports)

    ports.orders.route(ORDER, LATER, ROUTED)

    assert ports.orders.read_order(ORDER.key).channels == (SIRCLO,)
    assert [f.state for f in ports.orders.list_forwards(ORDER)] == [ForwardState.QUEUED]
    with pytest.raises(LostRace):
        ports.orders.route(ORDER, LATER, ROUTED)


def test_an_order_that_nobody_has_published_is_not_routed(ports: Ports) -> None:
    ports.intake.put_if_absent(replace(ORDER, channels=()))
    with pytest.raises(LostRace):
        ports.orders.route(ORDER, LATER, ROUTED)


def test_an_order_that_was_taken_back_is_not_routed_and_is_news(ports: Ports) -> None:
    waiting = waiting_for_a_route(ports)
    ports.orders.request_cancel(waiting, LATER, "why", after(NOW, 900))

    with pytest.raises(LostRace):
        ports.orders.route(ORDER, LATER, ROUTED)
    cancelled = ports.orders.read_order(ORDER.key)
    assert (cancelled.channels, cancelled.unrouted_since) == ((), None)
    assert (cancelled.has_news, cancelled.due_at) == (True, after(NOW, 900))
    assert list(ports.orders.unrouted()) == []
    ports.orders.mark_published(cancelled)
    assert ports.orders.read_order(ORDER.key) == replace(cancelled, has_news=False, due_at=None)


def test_a_wish_to_cancel_that_does_not_know_of_the_route_is_lost(ports: Ports) -> None:
    waiting = waiting_for_a_route(ports)
    ports.orders.route(ORDER, LATER, ROUTED)
    with pytest.raises(LostRace):
        ports.orders.request_cancel(waiting, LATER, None, LATER)
    assert ports.orders.read_order(ORDER.key).cancel_requested_at is None


# --- due --------------------------------------------------------------------------------------------------------------


def test_due_is_what_has_a_due_time_that_is_over(ports: Ports) -> None:
    forward = queued(ports)
    assert list(ports.due.due(to_iso(NOW), 100)) == []

    assert sorted(ports.due.due(after(NOW, 60), 100), key=str) == [
        ForwardKey(ORDER.key, SIRCLO),
        ORDER.key,
    ]
    ports.orders.mark_published(ORDER)
    sending = ports.orders.save(begin_attempt(forward, "a", "h", NOW, 90))
    ports.orders.relayed(ports.orders.save(settle_attempt(sending, Accepted("7"), NOW, 0, 60, None)))
    assert list(ports.due.due(LATER, 100)) == [], "the index is sparse"


def test_of_two_claims_on_an_order_one_wins(ports: Ports) -> None:
    ports.intake.put_if_absent(ORDER)
    ports.due.claim_order(ORDER, LATER)

    with pytest.raises(LostRace):
        ports.due.claim_order(ORDER, LATER)
    assert ports.orders.read_order(ORDER.key).due_at == LATER
    assert list(ports.due.due(after(NOW, 60), 100)) == []


def test_a_claim_on_an_order_that_was_published_meanwhile_is_lost(ports: Ports) -> None:
    ports.intake.put_if_absent(ORDER)
    ports.orders.mark_published(ORDER)

    with pytest.raises(LostRace):
        ports.due.claim_order(ORDER, LATER)
    assert ports.orders.read_order(ORDER.key).due_at is None
