"""The due index is read fairly: whoever stops early has come as far in every shard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Protocol

import pytest

from orderbridge.aws.items import DUE_SHARDS
from orderbridge.forwarding.table import TableDueIndex
from orderbridge.values.ids import ForwardKey
from orderbridge.values.sweeps import WHOLE, CarriedOn, Part, sweep_each
from orderbridge.values.times import after
from orderbridge.webhooks.delivery import DeliveryRef
from orderbridge.webhooks.table import TableDueDeliveries
from tests.fakes.samples import NOW
from tests.fakes.steps import Clock

KEYS = {
    "": ("FORWARD#sirclo#shop#{shard}#{number}", "FORWARD"),
    "W": ("DELIVERY#artia#{shard}#00", "{number}"),
}


class Index:
    """The client of a table whose due shards are all full; what is in a key says where it was."""

    def __init__(self, in_each: int) -> None:
        self.in_each = in_each
        self.pages: Counter[str] = Counter()
        self.exceptions = self
        self.ConditionalCheckFailedException = self.TransactionConflictException = RuntimeError

    def get_paginator(self, _name: str) -> Index:
        return self

    def paginate(self, *, ExpressionAttributeValues: Any, Limit: int, **_: Any) -> Iterator[Any]:  # noqa: N803
        shard = ExpressionAttributeValues[":shard"]["S"]
        pk, sk = KEYS[shard.rstrip("0123456789")]
        for page in range(0, self.in_each, Limit):
            self.pages[shard] += 1
            numbers = range(page, min(page + Limit, self.in_each))
            named = [tuple(part.format(shard=shard, number=f"{number:04}") for part in (pk, sk)) for number in numbers]
            yield {"Items": [{"PK": {"S": p}, "SK": {"S": s}, "due_at": {"S": "2025"}} for p, s in named]}


class Read(Protocol):
    def __call__(self, client: Any, now: str, limit: int, part: Part = WHOLE) -> Iterable[Any]: ...


READS: dict[str, Read] = {
    "orders": lambda client, now, limit, part=WHOLE: TableDueIndex(client, "t").due(now, limit, part),
    "webhooks": lambda client, now, limit, part=WHOLE: TableDueDeliveries(client, "t").due(now, limit, part),
}


def shard_of(item: DeliveryRef | ForwardKey) -> str:
    if isinstance(item, DeliveryRef):
        return item.webhook_id
    return item.order.client_id


def number_in(item: DeliveryRef | ForwardKey) -> str:
    return item.message_id if isinstance(item, DeliveryRef) else item.order.reference_hash


@pytest.fixture(params=list(READS))
def read(request: pytest.FixtureRequest) -> Read:
    return READS[request.param]


def test_a_sweep_whose_time_is_over_has_come_as_far_in_every_shard(read: Read) -> None:
    clock = Clock(NOW)
    reached: list[Any] = []

    def carry_on(item: Any) -> CarriedOn[Any]:
        clock.move(0.06)
        reached.append(item)
        yield ()
        return "done"

    sweep_each(read(Index(1000), after(NOW, 0), 2000), carry_on, lambda _: (), clock, 40)

    per_shard = Counter(shard_of(item) for item in reached)
    assert len(per_shard) == DUE_SHARDS
    assert max(per_shard.values()) - min(per_shard.values()) <= 1
    assert len(reached) > 600
    for shard in per_shard:
        numbers = [number_in(item) for item in reached if shard_of(item) == shard]
        assert numbers == sorted(numbers), "the longest due first"


def test_even_a_sweep_of_one_item_comes_to_every_shard_in_its_time(read: Read) -> None:
    firsts = set()
    for minute in range(DUE_SHARDS):
        now = after(NOW + timedelta(minutes=minute), 0)
        firsts.update(shard_of(item) for item in read(Index(5), now, 1))
    assert len(firsts) == DUE_SHARDS


@pytest.mark.parametrize("of", [1, 3, 8, DUE_SHARDS])
def test_every_shard_is_in_one_of_the_parts_and_no_two_share_one(read: Read, of: int) -> None:
    parts = [{shard_of(item) for item in read(Index(5), after(NOW, 0), 2000, Part(each, of))} for each in range(of)]

    assert sum(len(part) for part in parts) == len(set().union(*parts)) == DUE_SHARDS


def test_no_more_pages_are_read_than_are_needed(read: Read) -> None:
    client = Index(1000)
    assert len(list(read(client, after(NOW, 0), 2 * DUE_SHARDS))) == 2 * DUE_SHARDS
    assert set(client.pages.values()) == {1}


def test_shards_of_different_lengths_are_read_to_their_end(read: Read) -> None:
    class Uneven(Index):
        def paginate(self, *, ExpressionAttributeValues: Any, **rest: Any) -> Iterator[Any]:  # noqa: N803
            self.in_each = {"3": 120, "7": 1}.get(ExpressionAttributeValues[":shard"]["S"][-1], 0)
            return super().paginate(ExpressionAttributeValues=ExpressionAttributeValues, **rest)

    found = Counter(shard_of(item)[-2:] for item in read(Uneven(0), after(NOW, 0), 2000))
    assert found == {"03": 120, "13": 120, "07": 1}
