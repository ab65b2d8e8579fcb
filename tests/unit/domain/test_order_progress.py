"""What partners' systems are told of an order: each change once, numbered, with ids and statuses alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from orderbridge.aws import items
from orderbridge.domain.forwards import Forward, ForwardState, new_forward, new_unrouted_forward
from orderbridge.domain.order_progress import progress
from orderbridge.domain.orders import ChannelRef
from tests.fakes import samples

AT = "2025-01-01T03:00:00.000Z"


def forward(channel: ChannelRef = samples.SIRCLO, **changes: Any) -> Forward:
    order = samples.order()
    queued = new_forward(order.key, order.code, channel, samples.NOW, 60).forward
    values = {"state": ForwardState.SENT, "external_id": "1201", **changes}
    return replace(queued, **values)


def test_a_new_status_is_a_change_and_the_same_one_is_none() -> None:
    first = progress(samples.order(), [forward()], AT)
    assert first is not None
    assert (first.event, first.order.status, first.order.changes) == ("order.status_changed", "SUBMITTED", 1)
    assert progress(first.order, [forward()], AT) is None


def test_status_and_waybill_together_are_one_change() -> None:
    order = replace(samples.order(), status="SUBMITTED", changes=1)
    shipped = progress(order, [forward(platform_status="SHIPPED", awb_number="JP1")], AT)
    assert shipped is not None
    assert json.loads(shipped.body) == {
        "type": "order.status_changed",
        "timestamp": AT,
        "data": {
            "code": order.code,
            "purchase_order_no": order.content.purchase_order_no,
            "sequence": 2,
            "status": "SHIPPED",
            "previous_status": "SUBMITTED",
            "channels": [
                {
                    "channel": "sirclo-main",
                    "status": "SHIPPED",
                    "external_id": "1201",
                    "awb_number": "JP1",
                    "shipment_problem": None,
                }
            ],
        },
    }
    assert progress(shipped.order, [forward(platform_status="SHIPPED", awb_number="JP1")], AT) is None


def test_a_waybill_and_a_problem_that_come_later_are_changes_of_the_shipment() -> None:
    order = replace(samples.order(), status="SHIPPED", changes=3)
    for changes in ({"awb_number": "JP1"}, {"shipment_problem": "RETURNED"}):
        told = progress(order, [forward(platform_status="SHIPPED", **changes)], AT)
        assert told is not None
        assert (told.event, told.order.status, told.order.changes) == ("order.shipment_changed", "SHIPPED", 4)
        gone = progress(told.order, [forward(platform_status="SHIPPED")], AT)
        assert gone is not None
        assert gone.event == "order.shipment_changed"


def test_the_order_of_the_forwards_is_of_no_account() -> None:
    both = [forward(awb_number="A"), forward(samples.NGORDER, awb_number="B")]
    told = progress(samples.order(), both, AT)
    assert told is not None
    assert progress(told.order, both[::-1], AT) is None


def test_a_message_holds_no_personal_data_and_nothing_of_ours() -> None:
    order = samples.order()
    told = progress(order, [forward(error="inner words", platform_status_raw=(("status", "odd words"),))], AT)
    assert told is not None
    content = order.content
    for text in (content.address, content.sales_name, content.customer_code, content.site_code, "inner", "odd words"):
        assert text not in told.body


def test_an_order_that_found_no_channel_yet_shows_none() -> None:
    order = samples.order(channels=())
    unrouted = new_unrouted_forward(order.key, order.code, "SITE-1", samples.NOW).forward
    assert progress(order, [unrouted], AT) is None
    told = progress(order, [replace(unrouted, state=ForwardState.CANCELLED), forward()], AT)
    assert told is not None
    assert [each["channel"] for each in json.loads(told.body)["data"]["channels"]] == ["sirclo-main"]


def test_an_order_survives_the_table_with_what_was_told() -> None:
    told = progress(samples.order(), [forward(awb_number="JP1")], AT)
    assert told is not None
    assert items.read_order(items.order_item(told.order)) == told.order
    assert items.read_order(items.order_item(samples.order())) == samples.order()
    assert not {"changes", "shipments"} & set(items.order_item(samples.order()))
