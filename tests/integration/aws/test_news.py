"""News of a forward that nobody has relayed: the same in the table and in the fakes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from orderbridge.aws import clients
from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted
from orderbridge.forwarding.forward.attempts import begin_attempt, settle_attempt
from orderbridge.forwarding.forward.cancelling import await_platform_cancel
from orderbridge.forwarding.forward.states import RELAY_SECONDS, Forward, Transition, new_forward
from orderbridge.forwarding.forward.waiting import park_for_mappings, pause, release
from orderbridge.forwarding.table import TableDueIndex, TableOrders
from orderbridge.orders.table import TableOrderIntake
from orderbridge.values.conflicts import LostRace
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import after
from tests.fakes import store
from tests.fakes.samples import NOW, SIRCLO, order
from tests.integration.deployed import Deployed

LATER = after(NOW, 3600)
ORDER = order()


@dataclass
class Ports:
    intake: Any
    orders: Any
    due: Any

    def is_due(self, at: str = LATER) -> bool:
        return any(key != ORDER.key for key in self.due.due(at, 100))

    def read(self) -> Forward:
        (forward,) = self.orders.list_forwards(ORDER)
        return forward  # type: ignore[no-any-return]


@pytest.fixture(params=["memory", "moto", "simulated"])
def ports(request: pytest.FixtureRequest) -> Ports:
    if request.param == "memory":
        fake = store.Store()
        return Ports(fake, fake, fake)
    deployed: Deployed = request.getfixturevalue(request.param)
    client = clients.dynamodb()
    return Ports(
        TableOrderIntake(client, deployed.table),
        TableOrders(client, deployed.table),
        TableDueIndex(client, deployed.table),
    )


def queued(ports: Ports) -> Forward:
    ports.intake.put_if_absent(ORDER)
    assert ports.orders.create_forward(new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60))
    return ports.read()


def sent(ports: Ports) -> Forward:
    sending = ports.orders.save(begin_attempt(queued(ports), "a", "hash", NOW, 70))
    accepted: Forward = ports.orders.save(settle_attempt(sending, Accepted("1201"), NOW, 0.5, 60, None))
    return accepted


def test_a_forward_on_its_way_has_no_news_and_one_at_its_end_is_due_until_they_are_relayed(ports: Ports) -> None:
    forward = queued(ports)
    assert forward.news_due_at is None
    sending = ports.orders.save(begin_attempt(forward, "a", "hash", NOW, 70))
    assert sending.news_due_at is None
    accepted = ports.orders.save(settle_attempt(sending, Accepted("1201"), NOW, 0.5, 60, None))

    assert (accepted.due_at, accepted.news_due_at) == (None, forward.due_at), "the entry of the index has not moved"
    assert not ports.is_due(after(NOW, RELAY_SECONDS - 1)), "the stream has its time first"
    assert ports.is_due(after(NOW, RELAY_SECONDS))
    for _ in range(2):
        ports.orders.relayed(accepted)
        assert not ports.is_due()
        assert ports.read() == replace(accepted, news_due_at=None)


@pytest.mark.parametrize("state", ["PAUSED", "NEEDS_MAPPING"])
def test_what_is_due_for_its_next_action_too_stays_due_when_its_news_are_relayed(ports: Ports, state: str) -> None:
    forward = queued(ports)
    waiting = {
        "PAUSED": pause(forward, "closed", NOW, 600),
        "NEEDS_MAPPING": park_for_mappings(forward, [MappingKey.of("product", "A")], NOW),
    }
    parked = ports.orders.save(waiting[state])
    assert parked.due_at == parked.news_due_at == after(NOW, 60), "whichever comes first"
    ports.orders.relayed(parked)
    assert ports.is_due()
    assert ports.read() == replace(parked, news_due_at=None)


def test_a_cancel_that_is_awaited_stays_due_when_the_news_are_relayed(ports: Ports) -> None:
    awaited = ports.orders.save(await_platform_cancel(sent(ports), NOW, 60))
    ports.orders.relayed(awaited)
    assert ports.is_due()


def test_a_write_that_is_no_news_keeps_news_that_are_not_relayed_with_their_due_time(ports: Ports) -> None:
    parked = ports.orders.save(pause(queued(ports), "closed", NOW, 600))
    released = ports.orders.save(release(parked, "open", NOW, 900))
    assert released.news_due_at == parked.news_due_at
    assert ports.is_due(after(NOW, 60))
    ports.orders.relayed(released)
    assert ports.read().news_due_at is None
    assert ports.is_due(), "it is to be sent"


def test_news_that_came_since_stay_due(ports: Ports) -> None:
    before = sent(ports)
    shipped = replace(before, platform_status="SHIPPED", updated_at=after(NOW, 30))
    line = TimelineEntry(after(NOW, 30), "StatusChanged", SIRCLO.name)
    shipped = ports.orders.save(Transition(shipped, line, before))
    ports.orders.relayed(before)
    assert ports.is_due()
    ports.orders.relayed(shipped)
    assert not ports.is_due()
    awb = replace(shipped, awb_number="JP1", news_due_at=None, updated_at=LATER)
    ports.orders.save(Transition(awb, TimelineEntry(LATER, "ShipmentChanged", SIRCLO.name), shipped))
    assert ports.is_due(after(NOW, 3660)), "told once before, and there is more to tell"


def test_a_payment_that_comes_before_the_news_are_relayed_does_not_hide_them(ports: Ports) -> None:
    before = sent(ports)
    paid = ports.orders.save(Transition(replace(before, payment_status="PAID"), None, before))
    assert paid.news_due_at is not None
    ports.orders.relayed(before)
    assert ports.is_due()


def test_relaying_what_has_no_news_changes_nothing(ports: Ports) -> None:
    forward = queued(ports)
    ports.orders.relayed(forward)
    assert ports.read() == forward
    assert ports.is_due()


def test_of_two_claims_one_wins_and_whoever_works_on_the_forward_notices_neither(ports: Ports) -> None:
    forward = queued(ports)
    ports.due.claim_forward(forward, after(NOW, 999))
    assert ports.read() == replace(forward, due_at=after(NOW, 999))
    with pytest.raises(LostRace):
        ports.due.claim_forward(forward, after(NOW, 999))
    ports.orders.save(begin_attempt(forward, "a", "h", NOW, 90))


def test_a_claim_on_a_forward_that_has_changed_is_lost(ports: Ports) -> None:
    forward = queued(ports)
    ports.orders.save(begin_attempt(forward, "a", "h", NOW, 90))
    with pytest.raises(LostRace):
        ports.due.claim_forward(forward, LATER)


@pytest.mark.parametrize("error", ["ConditionalCheckFailedException", "TransactionConflictException"])
def test_what_somebody_is_just_writing_is_left_to_them(error: str) -> None:
    client = boto3.client("dynamodb", region_name="ap-southeast-3")
    forward = new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60).forward
    with Stubber(client) as stubbed:
        for _ in range(3):
            stubbed.add_client_error("update_item", error)
        TableOrders(client, "table").relayed(forward)
        with pytest.raises(LostRace):
            TableDueIndex(client, "table").claim_order(ORDER, LATER)
        with pytest.raises(LostRace):
            TableDueIndex(client, "table").claim_forward(forward, LATER)


@pytest.mark.parametrize("ports", ["moto", "simulated"], indirect=True)
def test_a_write_whose_answer_was_lost_and_that_meets_itself_has_been_made(ports: Ports) -> None:
    begun = begin_attempt(queued(ports), "a", "h", NOW, 90)
    first, second = ports.orders.save(begun), ports.orders.save(begun)
    assert first == second
    with pytest.raises(LostRace):
        ports.orders.save(begin_attempt(queued_as(first), "another", "h", NOW, 90))


def queued_as(sending: Forward) -> Forward:
    """What another worker had read before."""
    return replace(new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60).to_store(), revision=sending.revision - 1)
