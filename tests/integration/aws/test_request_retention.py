"""A frozen request is given its end in the table, under the attribute that the template names."""

from __future__ import annotations

from dataclasses import replace

from orderbridge.aws import clients
from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.forward.states import new_forward
from orderbridge.forwarding.ports import FrozenRequest
from orderbridge.forwarding.table import TableOrders
from orderbridge.values.times import utc_now
from tests.contract.template import template
from tests.fakes import samples
from tests.integration.deployed import Deployed


def test_a_frozen_request_gets_its_end_and_one_that_is_not_there_is_not_made(deployed: Deployed) -> None:
    order, now = samples.order(), utc_now()
    orders = TableOrders(clients.dynamodb(), deployed.table)
    frozen, unfrozen = (
        new_forward(order.key, order.code, channel, now, 60).forward for channel in (samples.SIRCLO, samples.NGORDER)
    )
    request = FrozenRequest("POST", "/orders", b"{}")
    frozen, unfrozen = (replace(each, body_hash=request.body_hash) for each in (frozen, unfrozen))
    orders.freeze(frozen, request)
    (item,) = deployed.items("FORWARD#")
    days = (int(item["expires_at"]["N"]) - now.timestamp()) / 86_400
    assert 399 < days < 401, "even of a forward that never comes to an end"

    for forward in (frozen, unfrozen):
        orders.let_request_expire(forward, now)

    ttl = template().of_type("AWS::DynamoDB::Table")["Table"]["TimeToLiveSpecification"]
    (item,) = deployed.items("FORWARD#")
    assert ttl == {"AttributeName": "expires_at", "Enabled": True}
    assert item[ttl["AttributeName"]] == {"N": str(int(now.timestamp()))}
    assert forward_items.read_request(item) == FrozenRequest("POST", "/orders", b"{}"), "until then it is as it was"
