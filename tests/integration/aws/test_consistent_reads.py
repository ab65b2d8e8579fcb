"""What a decision rests on is read strongly consistent; moto is never late, so each read's parameter is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.site_keys import any_site
from orderbridge.channels.table import TableChannels, TableMappings
from orderbridge.forwarding.table import TableOrders
from orderbridge.partners.table import TableCurrentPartners, TablePartnerProfiles
from orderbridge.status.table import TableStatusRuns
from orderbridge.stock.runs_table import TableStockRuns
from orderbridge.stock.table import TableStockLevels
from orderbridge.values.ids import ForwardKey
from orderbridge.webhooks.delivery import DeliveryRef
from orderbridge.webhooks.table import TableDeliveries
from tests.fakes.samples import CLIENT_ID, SIRCLO, order
from tests.integration.deployed import Deployed

KEY = order().key
ANY_SITE = any_site("customer", "C")

READS: dict[str, Callable[[Any, str], object]] = {
    "an order": lambda client, table: TableOrders(client, table).read_order(KEY),
    "a forward": lambda client, table: TableOrders(client, table).read_forward(ForwardKey(KEY, SIRCLO)),
    "an order's forwards": lambda client, table: TableOrders(client, table).list_forwards(order()),
    "a channel and its breaker": lambda client, table: TableChannels(client, table).find(SIRCLO),
    "mappings": lambda client, table: TableMappings(client, table).read(SIRCLO, [MappingKey("product", "P")]),
    "whether a customer has sites": lambda client, table: TableMappings(client, table).read(
        SIRCLO, [any_site("customer", "C")]
    ),
    "a partner who logs in": lambda client, table: TablePartnerProfiles(client, table).find(CLIENT_ID),
    "a partner as it is now": lambda client, table: TableCurrentPartners(client, table).find(CLIENT_ID),
    "a message": lambda client, table: TableDeliveries(client, table).read(DeliveryRef(CLIENT_ID, "wh", "msg")),
    "a run of statuses": lambda client, table: TableStatusRuns(client, table).read("c"),
    "a run of the stock sync": lambda client, table: TableStockRuns(client, table).read(["c"]),
    "the levels of a channel": lambda client, table: list(TableStockLevels(client, table).levels("c")),
    "levels of products": lambda client, table: TableStockLevels(client, table).find("c", ["P"]),
}


@pytest.mark.parametrize("deployed", ["moto"], indirect=True)  # botocore's client, whose events are listened to
@pytest.mark.parametrize("what", READS)
def test_what_a_decision_rests_on_is_read_as_it_is_now(deployed: Deployed, dynamodb: Any, what: str) -> None:
    reads: list[bool] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        asked = params.get("RequestItems", {deployed.table: params}).values()
        reads.extend(read.get("ConsistentRead", False) for read in asked)

    dynamodb.meta.events.register("before-parameter-build.dynamodb", note)
    READS[what](dynamodb, deployed.table)
    dynamodb.meta.events.unregister("before-parameter-build.dynamodb", note)

    assert reads
    assert all(reads)
