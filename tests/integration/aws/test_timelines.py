"""A forward's timeline in the table: in its item as long as there is room, and apart what there is none for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orderbridge.aws import clients
from orderbridge.aws.items import item_bytes
from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import Forward, new_forward
from orderbridge.forwarding.forward.waiting import park_for_mappings, pause, release
from orderbridge.forwarding.table import TableOrders
from orderbridge.orders.table import TableOrderIntake
from orderbridge.reading.table import TableOrderReads
from tests.fakes.samples import NOW, SIRCLO, order
from tests.integration.deployed import Deployed

ORDER = order()


class Timeline:
    """One order's forward in a table, its writes and what is read of them."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        client = clients.dynamodb()
        self.orders = TableOrders(client, deployed.table)
        self.reads = TableOrderReads(client, deployed.table)
        TableOrderIntake(client, deployed.table).put_if_absent(ORDER)
        self.orders.create_forward(new_forward(ORDER.key, ORDER.code, SIRCLO, NOW, 60))

    @property
    def forward(self) -> Forward:
        (forward,) = self.orders.list_forwards(ORDER)
        return forward

    def waits(self, minute: int, why: str = "the channel is closed") -> None:
        now = NOW + timedelta(minutes=minute)
        self.orders.save(pause(self.forward, why, now, 600))
        self.orders.save(release(self.forward, "the channel takes orders again", now, 60))

    def apart(self) -> list[Any]:
        return [item for item in self.deployed.items("FORWARD#") if item["SK"]["S"].startswith("EVENT#")]

    def lines(self) -> list[str]:
        view = self.reads.view(ORDER.key)
        assert view is not None
        assert [line.at for line in view.timeline] == sorted(line.at for line in view.timeline)
        return [f"{line.event}: {line.detail}" for line in view.timeline]


@pytest.fixture(params=["moto", "simulated"])
def timeline(request: pytest.FixtureRequest) -> Timeline:
    return Timeline(request.getfixturevalue(request.param))


@pytest.mark.parametrize("timeline", ["moto"], indirect=True)
def test_a_short_timeline_is_in_the_forwards_item_and_a_change_is_one_write(timeline: Timeline) -> None:
    called: list[str] = []
    clients.dynamodb().meta.events.register(
        "before-call.dynamodb", lambda model, **_: called.append(model.name), unique_id="test"
    )
    timeline.waits(1)
    clients.dynamodb().meta.events.unregister("before-call.dynamodb", unique_id="test")

    assert [call for call in called if call != "BatchGetItem"] == ["PutItem", "PutItem"]
    assert timeline.apart() == []
    assert len(timeline.lines()) == 3


def test_a_long_timeline_goes_apart_and_nothing_of_it_is_lost(timeline: Timeline) -> None:
    for minute in range(1, 31):
        timeline.waits(minute)
        size = item_bytes(forward_items.forward_item(timeline.forward))
        assert size <= 1024, "one write unit"

    assert 2 <= len(timeline.apart()) <= 30
    expected = ["ForwardPaused: the channel is closed", "ForwardReleased: the channel takes orders again"] * 30
    assert timeline.lines() == ["ForwardQueued: None", *expected]


def test_a_long_detail_is_kept_whole(timeline: Timeline) -> None:
    why = "é" * 200
    timeline.waits(1, why)

    assert len(timeline.apart()) == 1
    assert timeline.lines()[1] == f"ForwardPaused: {why}"
    assert [line.event for line in timeline.forward.log] == ["ForwardQueued", "ForwardReleased"]


def test_what_an_order_waits_for_is_kept_whole_though_it_exceeds_a_unit(timeline: Timeline) -> None:
    missing = tuple(MappingKey.of("product", f"PRODUCT-{number:04}") for number in range(200))
    timeline.orders.save(park_for_mappings(timeline.forward, missing, NOW))
    for minute in range(1, 8):
        timeline.orders.save(park_for_mappings(timeline.forward, missing[minute:], NOW + timedelta(minutes=minute)))

    assert timeline.forward.missing == missing[7:]
    assert len(timeline.lines()) == 9
