"""What partners' systems hear of an order: each change once, numbered, with ids and statuses alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.forwarding.order_status import channel_status, progress
from orderbridge.orders import table as order_table
from orderbridge.values.ids import ChannelRef
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
    known = progress(replace(samples.order(), changes=2), [forward(platform_status="SHIPPED")], AT)
    assert known is not None
    for changes in ({"awb_number": "JP1"}, {"shipment_problem": "RETURNED"}):
        said = progress(known.order, [forward(platform_status="SHIPPED", **changes)], AT)
        assert said is not None
        assert (said.event, said.order.status, said.order.changes) == ("order.shipment_changed", "SHIPPED", 4)
        gone = progress(said.order, [forward(platform_status="SHIPPED")], AT)
        assert gone is not None
        assert gone.event == "order.shipment_changed"


def test_a_rejection_at_one_of_two_channels_is_one_message() -> None:
    going = [forward(platform_status="ACCEPTED"), forward(samples.NGORDER, state=ForwardState.QUEUED)]
    first = progress(samples.order(), going, AT)
    assert first is not None
    refused = [going[0], forward(samples.NGORDER, state=ForwardState.REJECTED)]
    said = progress(replace(first.order, status="ACCEPTED"), refused, AT)
    assert said is not None
    assert (said.event, said.order.status) == ("order.status_changed", "ACCEPTED")
    data = json.loads(said.body)["data"]
    assert [(each["channel"], each["status"]) for each in data["channels"]] == [
        ("ngorder-main", "REJECTED"),
        ("sirclo-main", "ACCEPTED"),
    ]
    assert (data["status"], data["previous_status"]) == ("ACCEPTED", "ACCEPTED")
    assert progress(said.order, refused, AT) is None


at_channel = st.one_of(
    st.sampled_from([ForwardState.QUEUED, ForwardState.PAUSED, ForwardState.REJECTED, ForwardState.CANCELLED]).map(
        lambda state: {"state": state, "external_id": None}
    ),
    st.builds(
        lambda status, awb, problem: {"platform_status": status, "awb_number": awb, "shipment_problem": problem},
        st.sampled_from([None, "SUBMITTED", "ACCEPTED", "SHIPPED", "COMPLETED", "CANCELLED", "REJECTED"]),
        st.sampled_from([None, "JP1", "JP2"]),
        st.sampled_from([None, "RETURNED"]),
    ),
)


@given(st.lists(st.tuples(at_channel, at_channel), max_size=12))
def test_what_differs_from_the_last_message_is_reported_and_nothing_else(
    looks: list[tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    order, shown, sequence = samples.order(), {"SIRCLO": ("DRAFT", None, None), "NGORDER": ("DRAFT", None, None)}, 0
    for at_sirclo, at_ngorder in looks:
        forwards = [forward(**at_sirclo), forward(samples.NGORDER, **at_ngorder)]
        now = {
            each.channel.platform.upper(): (channel_status(each), each.awb_number, each.shipment_problem)
            for each in forwards
        }
        said = progress(order, forwards, AT)
        assert (said is None) == (now == shown)
        if said is None:
            continue
        sequence += 1
        data = json.loads(said.body)["data"]
        assert data["sequence"] == sequence
        assert [(each["status"], each["awb_number"], each["shipment_problem"]) for each in data["channels"]] == [
            now["NGORDER"],
            now["SIRCLO"],
        ]
        has_moved = any(now[name][0] != shown[name][0] for name in now)
        assert said.event == ("order.status_changed" if has_moved else "order.shipment_changed")
        order, shown = said.order, now


def test_the_order_of_the_forwards_is_of_no_account() -> None:
    both = [forward(awb_number="A"), forward(samples.NGORDER, awb_number="B")]
    said = progress(samples.order(), both, AT)
    assert said is not None
    assert progress(said.order, both[::-1], AT) is None


def test_a_message_holds_no_personal_data_and_nothing_of_ours() -> None:
    order = samples.order()
    said = progress(order, [forward(error="inner words", platform_status_raw=(("status", "odd words"),))], AT)
    assert said is not None
    content = order.content
    for text in (content.address, content.sales_name, content.customer_code, content.site_code, "inner", "odd words"):
        assert text not in said.body


def test_an_order_that_found_no_channel_yet_shows_none() -> None:
    order = samples.order(channels=(), unrouted_since=AT)
    assert progress(order, [], AT) is None
    said = progress(replace(order, cancel_requested_at=AT), [], AT)
    assert said is not None
    assert (said.order.status, json.loads(said.body)["data"]["channels"]) == ("CANCELLED", [])


def test_an_order_survives_the_table_with_what_was_reported() -> None:
    said = progress(samples.order(), [forward(awb_number="JP1")], AT)
    assert said is not None
    assert order_table.read_order(order_table.order_item(said.order)) == said.order
    assert order_table.read_order(order_table.order_item(samples.order())) == samples.order()
    assert not {"changes", "told"} & set(order_table.order_item(samples.order()))
