"""Changes that nobody has published: the same in the table and in the fakes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from orderbridge.aws import clients
from orderbridge.channels.outcomes import Accepted
from orderbridge.forwarding.forward.attempts import begin_attempt, settle_attempt
from orderbridge.forwarding.forward.states import Forward, Transition, new_forward, postpone
from orderbridge.forwarding.ports import OutboxEntry
from orderbridge.forwarding.table import TableDueIndex, TableOrders, TableOutbox
from orderbridge.orders.table import TableOrderIntake
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ForwardKey
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import after, to_iso
from tests.fakes import store
from tests.fakes.samples import NOW, SIRCLO, order
from tests.integration.deployed import Deployed

LATER = after(NOW, 600)
ORDER = order()


@dataclass
class Ports:
    intake: Any
    orders: Any
    due: Any
    outbox: Any


@pytest.fixture(params=["memory", "moto", "simulated"])
def ports(request: pytest.FixtureRequest) -> Ports:
    if request.param == "memory":
        fake = store.Store()
        return Ports(fake, fake, fake, store.MemoryOutbox(fake))
    deployed: Deployed = request.getfixturevalue(request.param)
    client = clients.dynamodb()
    return Ports(
        TableOrderIntake(client, deployed.table),
        TableOrders(client, deployed.table),
        TableDueIndex(client, deployed.table),
        TableOutbox(client, deployed.table, lambda: NOW),
    )


def queued(ports: Ports) -> Forward:
    ports.intake.put_if_absent(ORDER)
    created = new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60)
    assert ports.orders.create_forward(created)
    return created.forward


def sent(ports: Ports) -> Forward:
    sending = ports.orders.save(begin_attempt(queued(ports), "a", "hash", NOW, 70))
    accepted: Forward = ports.orders.save(settle_attempt(sending, Accepted("1201"), NOW, 0.5, 60, None))
    return accepted


def test_a_change_to_an_end_is_unpublished_until_somebody_has_reported_it(ports: Ports) -> None:
    forward = queued(ports)
    assert list(ports.outbox.due(LATER, 100)) == [], "on its way: there is nothing to tell"
    sending = ports.orders.save(begin_attempt(forward, "a", "hash", NOW, 70))
    assert list(ports.outbox.due(LATER, 100)) == []
    accepted = ports.orders.save(settle_attempt(sending, Accepted("1201"), NOW, 0.5, 60, None))

    assert list(ports.outbox.due(LATER, 100)) == [OutboxEntry(ForwardKey(ORDER.key, SIRCLO.name), to_iso(NOW))]
    assert list(ports.outbox.due(after(NOW, -1), 100)) == [], "the stream has its time first"
    assert list(ports.due.due(LATER, 100)) == [ORDER.key], "it stands in nobody's way"
    for _ in range(2):
        ports.outbox.published(accepted)
        assert list(ports.outbox.due(LATER, 100)) == []


def test_what_happened_since_stays_unpublished(ports: Ports) -> None:
    before = sent(ports)
    shipped = replace(before, platform_status="SHIPPED", updated_at=after(NOW, 30))
    after_it = ports.orders.save(Transition(shipped, TimelineEntry(after(NOW, 30), "StatusChanged")))
    ports.outbox.published(before)
    assert list(ports.outbox.due(LATER, 100)) == [OutboxEntry(ForwardKey(ORDER.key, SIRCLO.name), after(NOW, 30))]
    ports.outbox.published(after_it)
    assert list(ports.outbox.due(LATER, 100)) == []
    ports.orders.save(Transition(after_it, TimelineEntry(LATER, "ShipmentChanged")))
    assert len(list(ports.outbox.due(LATER, 100))) == 1, "told once before, and there is more to tell"


def test_a_write_that_is_no_news_is_nobodys_to_hear(ports: Ports) -> None:
    forward = sent(ports)
    ports.outbox.published(forward)
    ports.orders.save(Transition(replace(forward, due_at=LATER, updated_at=after(NOW, 5)), None, forward))
    assert list(ports.outbox.due(after(NOW, 900), 100)) == []


def test_of_two_claims_on_an_unpublished_change_one_wins(ports: Ports) -> None:
    sent(ports)
    (found,) = ports.outbox.due(LATER, 100)
    ports.outbox.claim(found, after(NOW, 300))
    with pytest.raises(LostRace):
        ports.outbox.claim(found, after(NOW, 301))
    assert list(ports.outbox.due(LATER, 100)) == [replace(found, due_at=after(NOW, 300))]


def test_telling_of_a_forward_without_an_unpublished_change_leaves_nothing(ports: Ports) -> None:
    ports.outbox.published(queued(ports))
    assert list(ports.outbox.due(LATER, 100)) == []


@pytest.mark.parametrize("error", ["ConditionalCheckFailedException", "TransactionConflictException"])
def test_an_unpublished_change_that_somebody_is_just_writing_is_left_to_them(error: str) -> None:
    client = boto3.client("dynamodb", region_name="ap-southeast-3")
    outbox = TableOutbox(client, "table", lambda: NOW)
    forward = new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60).forward
    with Stubber(client) as stubbed:
        for _ in range(2):
            stubbed.add_client_error("update_item", error)
        outbox.published(forward)
        with pytest.raises(LostRace):
            outbox.claim(OutboxEntry(ForwardKey(ORDER.key, SIRCLO.name), LATER), LATER)


@pytest.mark.parametrize("error", ["ConditionalCheckFailedException", "TransactionConflictException"])
def test_what_is_due_and_somebody_is_just_writing_is_not_claimed(error: str) -> None:
    client = boto3.client("dynamodb", region_name="ap-southeast-3")
    due = TableDueIndex(client, "table")
    forward = new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60).forward
    with Stubber(client) as stubbed:
        stubbed.add_client_error("update_item", error)
        with pytest.raises(LostRace):
            due.claim_order(ORDER, LATER)
        stubbed.add_client_error("put_item", error)
        with pytest.raises(LostRace):
            due.claim_forward(postpone(forward, NOW, 300))
