"""Which forwards are asked about, how they are in the table, and what the bus hears of their status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orderbridge.forwarding import items as forward_items
from orderbridge.forwarding.events import forward_changed
from orderbridge.forwarding.forward.states import ForwardState
from orderbridge.forwarding.order_status import FINAL_STATUSES, is_open, open_since
from orderbridge.orders.order import OrderStatus
from orderbridge.values.ids import OrderKey
from tests.fakes import samples
from tests.unit.status.status_cases import PLATFORM_STATUSES, after, reading, sent


def place_of(item: dict[str, Any]) -> str | None:
    """Where in the waiting index an item is, without its shard."""
    return item["waiting"]["S"].rpartition("#")[0] if "waiting" in item else None


@pytest.mark.parametrize("status", [None, *PLATFORM_STATUSES])
def test_a_sent_forward_is_open_until_its_platform_has_said_the_last_word_and_a_completed_one_has_its_own_place(
    status: OrderStatus | None,
) -> None:
    assert is_open(sent(status)) == (status not in FINAL_STATUSES)
    item = forward_items.forward_item(sent(status))
    place = "OPEN" if is_open(sent(status)) else "COMPLETED" if status == "COMPLETED" else None
    assert place_of(item) == (None if place is None else f"sirclo#sirclo-main#{place}")


def test_a_forward_without_an_id_at_its_platform_cannot_be_asked_about() -> None:
    assert not is_open(sent(external_id=None))
    assert "waiting" not in forward_items.forward_item(sent(external_id=None))


def test_an_open_forward_is_in_the_waiting_index_by_its_orders_business_date() -> None:
    item = forward_items.forward_item(sent("SHIPPED"))
    assert place_of(item) == "sirclo#sirclo-main#OPEN"
    assert item["waiting_since"] == {"S": "2025-01-01#SO-20250101-00001"}
    assert open_since(sent()) == "2025-01-01#SO-20250101-00001"


def test_a_forward_that_waits_for_somebody_is_where_it_did() -> None:
    doubtful = replace(sent(external_id=None), state=ForwardState.IN_DOUBT)
    item = forward_items.forward_item(doubtful)
    assert (place_of(item), item["waiting_since"]) == ("sirclo#sirclo-main#IN_DOUBT", {"S": doubtful.updated_at})


def test_what_waits_is_spread_over_all_shards_of_its_place() -> None:
    found = set()
    for number in range(100):
        forward = replace(sent(), key=OrderKey.of("acme", f"po:{number}"))
        found.add(forward_items.forward_item(forward)["waiting"]["S"])
    assert found == set(forward_items.waiting_places(samples.SIRCLO, "OPEN"))
    assert len(found) == forward_items.WAITING_SHARDS


def test_everything_that_a_platform_said_survives_the_table() -> None:
    said = reading("JP123", order="ACCEPTED", progress="ON PROCESS", payment="PAID", shipping="RETURNED")
    forward = after(sent(), said)
    assert forward.shipment_problem == "RETURNED"
    assert forward_items.read_forward(forward_items.forward_item(forward)) == forward


def test_a_forward_with_everything_on_it_still_costs_one_write_unit() -> None:
    said = reading(
        "JP" + "9" * 20, order="ACCEPTED", progress="ON PROCESS", payment="INSTALLMENT", shipping="SHIPMENT_PROBLEM"
    )
    forward = replace(
        after(sent(), said),
        body_hash="0" * 64,
        attempts=3,
        external_id="34481623",
        revision=12,
        platform_status="COMPLETED",
        completed_at=samples.NOW.isoformat(),
    )
    item = forward_items.forward_item(forward)
    assert sum(len(name) + _size(value) for name, value in item.items()) < 1024


def _size(attribute: dict[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    if kind == "M":
        return 3 + sum(1 + len(name) + _size(inner) for name, inner in value.items())
    return len(str(value).encode())


def test_the_bus_hears_of_the_status_by_ids_alone() -> None:
    before = forward_changed(sent())
    assert before is not None
    assert before.detail_type == "OrderForwarded"
    event = forward_changed(after(sent(), reading("JP123", progress="ON PROCESS", payment="odd words")))
    assert event is not None
    assert event.detail_type == "OrderStatusChanged"
    assert dict(event.detail) == {
        "code": "SO-20250101-00001",
        "client_id": samples.CLIENT_ID,
        "reference_hash": samples.order().key.reference_hash,
        "channel": "sirclo-main",
        "platform": "sirclo",
        "state": "SENT",
        "external_id": "1201",
        "status": "SHIPPED",
    }
