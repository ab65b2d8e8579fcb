"""A mapping that is missing may stand at the platform itself, under exactly our code."""

from __future__ import annotations

from dataclasses import replace

from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.forward.states import ForwardState
from tests.fakes.house import House
from tests.fakes.samples import SIRCLO, order

PRODUCT = MappingKey.of("product", "PROD-001")
CUSTOMER = MappingKey.of("customer", "CUST-001")


def test_an_order_goes_on_by_itself_when_the_platform_tells_what_was_missing() -> None:
    house = House()
    house.unmap("product", "PROD-001")
    house.platform.tells[PRODUCT] = "product 1"
    accepted = order()
    message = house.queue(accepted)

    house.forward_order(message)

    assert house.state_of(accepted) is ForwardState.QUEUED
    assert "ForwardNeedsMapping" in house.events_of(accepted), "it was visible meanwhile"
    assert house.mappings.found == {(SIRCLO.name, PRODUCT): house.mappings.found[SIRCLO.name, PRODUCT]}
    house.forward_order(message)
    assert house.state_of(accepted) is ForwardState.SENT


def test_what_the_platform_does_not_tell_stays_missing_and_alone() -> None:
    house = House()
    house.unmap("product", "PROD-001")
    house.unmap("customer", "CUST-001")
    house.platform.tells[PRODUCT] = "product 1"
    accepted = order()

    house.forward_order(house.queue(accepted))

    assert house.state_of(accepted) is ForwardState.NEEDS_MAPPING
    assert house.forward_of(accepted).missing == (CUSTOMER,)


def test_a_customer_whose_address_was_imported_is_asked_for_at_once_and_not_in_half_an_hour() -> None:
    house = House()
    house.unmap("customer", "CUST-001")
    first, second = order(), order("SO-20250101-00002")
    house.forward_order(house.queue(first))
    assert house.platform.asked_for == [(CUSTOMER,)]
    house.queues.sent.clear()

    house.platform.tells[CUSTOMER] = "customer 1"
    house.import_mapping("address", "CUST-001", "Jl. Braga 1")
    house.run_queue()
    assert house.state_of(first) is ForwardState.SENT

    del house.mappings.values[SIRCLO.name, CUSTOMER]
    house.import_mapping("address", "CUST-001", "Jl. Asia Afrika 2")
    message = house.queue(second)
    house.forward_order(message)
    house.forward_order(message)
    assert house.state_of(second) is ForwardState.SENT
    assert house.platform.asked_for == [(CUSTOMER,)] * 3


def test_a_row_that_somebody_imported_is_not_replaced_by_what_is_found() -> None:
    house = House()
    house.mappings.keep_found(SIRCLO.name, {PRODUCT: "another"}, "2025-01-01T00:00:00.000Z")

    assert house.mappings.values[SIRCLO.name, PRODUCT] == "product 1"


def test_a_channel_may_take_mappings_from_its_operator_alone() -> None:
    house = House()
    channel = house.channel()
    house.channels.by_name[SIRCLO.name] = replace(channel, settings={**channel.settings, "look_up_mappings": False})
    house.unmap("product", "PROD-001")
    house.platform.tells[PRODUCT] = "product 1"
    accepted = order()

    house.forward_order(house.queue(accepted))

    assert house.state_of(accepted) is ForwardState.NEEDS_MAPPING


def test_a_platform_is_not_searched_again_for_every_order_that_waits_for_the_same_code() -> None:
    house = House()
    house.unmap("product", "PROD-001")
    orders = [order(f"SO-20250101-{number:05d}") for number in range(1, 21)]
    for each in orders:
        house.forward_order(house.queue(each))
    assert house.platform.asked_for == [(PRODUCT,)]

    house.pass_time(2 * 3600, step=60)
    assert len(house.platform.asked_for) <= 5, "every half hour at most"

    house.platform.tells[PRODUCT] = "product 1"
    house.pass_time(3600, step=60)
    assert {house.state_of(each) for each in orders} == {ForwardState.SENT}
