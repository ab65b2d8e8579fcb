"""Writes that meet another transaction on the same items: DynamoDB refuses one of the two, and it is tried again.

moto and the local engine never refuse so, hence the refusals here are made up in the client.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orderbridge.aws.writes import CONFLICT_TRIES
from orderbridge.channels.outcomes import Accepted
from orderbridge.forwarding.forward.attempts import begin_attempt, settle_attempt
from orderbridge.forwarding.forward.states import new_forward
from orderbridge.forwarding.table import TableOrders
from orderbridge.orders.table import order_pk
from orderbridge.values.conflicts import LostRace
from tests.fakes.samples import NOW, SIRCLO, order
from tests.integration.deployed import Deployed

ORDER = order()
QUEUED = new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60)


class Refusals:
    """Refuses the next writes of a client as DynamoDB does where another transaction is at the item."""

    def __init__(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self._exceptions = client.exceptions
        self.left = 0
        for name in ("transact_write_items", "put_item", "update_item"):
            monkeypatch.setattr(client, name, partial(self._write, name, getattr(client, name)))

    def _write(self, name: str, write: Callable[..., Any], **asked: Any) -> Any:
        if not self.left:
            return write(**asked)
        self.left -= 1
        if name != "transact_write_items":
            response = {"Error": {"Code": "TransactionConflictException", "Message": "conflict"}}
            raise self._exceptions.TransactionConflictException(response, name)
        reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
        response = {"Error": {"Code": "TransactionCanceledException", "Message": "conflict"}}
        raise self._exceptions.TransactionCanceledException(
            {**response, "CancellationReasons": reasons}, "TransactWriteItems"
        )


@pytest.fixture
def refusals(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Refusals:
    monkeypatch.setattr("orderbridge.aws.writes.CONFLICT_PAUSE_SECONDS", (0, 0))
    return Refusals(dynamodb, monkeypatch)


@pytest.fixture
def orders(deployed: Deployed, dynamodb: Any) -> TableOrders:
    return TableOrders(dynamodb, deployed.table)


def test_a_forward_is_created_though_its_first_write_met_another(orders: TableOrders, refusals: Refusals) -> None:
    refusals.left = 1
    assert orders.create_forward(QUEUED) is True
    assert orders.list_forwards(ORDER) == [QUEUED.to_store()]
    refusals.left = 1
    assert orders.create_forward(QUEUED) is False


def test_what_the_platform_said_is_stored_though_its_write_met_another(orders: TableOrders, refusals: Refusals) -> None:
    orders.create_forward(QUEUED)
    sending = orders.save(begin_attempt(QUEUED.forward, "attempt", "hash", NOW, 70))
    refusals.left = CONFLICT_TRIES - 1
    sent = orders.save(settle_attempt(sending, Accepted("external"), NOW, 0.5, 60, None))
    assert orders.list_forwards(ORDER) == [sent]


def test_a_lost_race_is_reported_as_one_after_a_conflict(orders: TableOrders, refusals: Refusals) -> None:
    orders.create_forward(QUEUED)
    orders.save(begin_attempt(QUEUED.forward, "attempt", "hash", NOW, 70))
    refusals.left = 1
    with pytest.raises(LostRace):
        orders.save(begin_attempt(QUEUED.forward, "another", "hash", NOW, 70))


def test_conflicts_without_end_are_a_failure_and_never_an_answer(orders: TableOrders, refusals: Refusals) -> None:
    refusals.left = CONFLICT_TRIES
    with pytest.raises(ClientError, match="put_item"):
        orders.create_forward(QUEUED)
    assert orders.list_forwards(ORDER) == []


def test_an_order_is_marked_as_published_though_a_transaction_was_at_it(
    orders: TableOrders, refusals: Refusals, deployed: Deployed, dynamodb: Any
) -> None:
    key = {"PK": {"S": order_pk(ORDER.key)}, "SK": {"S": "ORDER"}}
    dynamodb.put_item(TableName=deployed.table, Item={**key, "due_at": {"S": "x"}, "due_shard": {"S": "00"}})
    refusals.left = 2
    orders.mark_published(ORDER)
    assert dynamodb.get_item(TableName=deployed.table, Key=key)["Item"] == key
