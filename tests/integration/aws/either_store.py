"""The ports of the table, and the fakes that stand for them in unit tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orderbridge.channels.channel import Channel
from orderbridge.forwarding.table import TableDueIndex
from orderbridge.orders.order import Order
from orderbridge.orders.table import TableCodeCounter, TableOrderIntake
from orderbridge.reading.table import TableOrderReads
from orderbridge.values.ids import ChannelRef
from orderbridge_cli.operating.tables.orders import TableOperatorOrders
from tests.fakes import directories, store
from tests.integration.deployed import Deployed

SHOP = ChannelRef("sirclo-main", "sirclo")
SETTINGS = {"base_url": "https://sirclo.example"}


@dataclass
class Ports:
    """The ports under test, and a look at the timeline behind them."""

    intake: Any
    orders: Any
    due: Any
    counter: Any
    channels: Any
    timeline: Callable[[Order], list[str]]


def in_memory() -> Ports:
    fake = store.Store()
    channels = directories.Channels(None, Channel(SHOP.name, SHOP.platform, SETTINGS))
    return Ports(
        fake,
        fake,
        fake,
        store.Counter(),
        channels,
        lambda o: [e.event for e in fake.timeline.get(o.key, [])],
    )


def in_the_table(deployed: Deployed, dynamodb: Any) -> Ports:
    from orderbridge_cli.operating.tables.channels import TableChannelRegistry

    deployed.add_channel(Channel(SHOP.name, SHOP.platform, SETTINGS), {})

    def timeline(of: Order) -> list[str]:
        view = TableOrderReads(dynamodb, deployed.table).view(of.key)
        return [] if view is None else [line.event for line in view.timeline]

    return Ports(
        TableOrderIntake(dynamodb, deployed.table),
        TableOperatorOrders(dynamodb, deployed.table),
        TableDueIndex(dynamodb, deployed.table),
        TableCodeCounter(dynamodb, deployed.table),
        TableChannelRegistry(dynamodb, deployed.table),
        timeline,
    )
