"""A mapping that is missing may be at the platform itself, under exactly our code."""

from __future__ import annotations

from dataclasses import replace

from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.forward.states import ForwardState
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import SIRCLO, order

PRODUCT = MappingKey.of("product", "PROD-001")
CUSTOMER = MappingKey.of("customer", "CUST-001")


def test_an_order_goes_on_by_itself_when_the_platform_tells_what_was_missing() -> None:
    pipeline = Pipeline()
    pipeline.unmap("product", "PROD-001")
    pipeline.platform.tells[PRODUCT] = "product 1"
    accepted = order()
    message = pipeline.queue(accepted)

    pipeline.forward_order(message)

    assert pipeline.state_of(accepted) is ForwardState.QUEUED
    assert "ForwardNeedsMapping" in pipeline.events_of(accepted), "it was visible meanwhile"
    assert pipeline.mappings.found == {(SIRCLO.name, PRODUCT): pipeline.mappings.found[SIRCLO.name, PRODUCT]}
    pipeline.forward_order(message)
    assert pipeline.state_of(accepted) is ForwardState.SENT


def test_what_the_platform_does_not_tell_stays_missing_and_alone() -> None:
    pipeline = Pipeline()
    pipeline.unmap("product", "PROD-001")
    pipeline.unmap("customer", "CUST-001")
    pipeline.platform.tells[PRODUCT] = "product 1"
    accepted = order()

    pipeline.forward_order(pipeline.queue(accepted))

    assert pipeline.state_of(accepted) is ForwardState.NEEDS_MAPPING
    assert pipeline.forward_of(accepted).missing == (CUSTOMER,)


def test_a_customer_whose_address_was_imported_is_asked_for_at_once_and_not_in_half_an_hour() -> None:
    pipeline = Pipeline()
    pipeline.unmap("customer", "CUST-001")
    first, second = order(), order("SO-20250101-00002")
    pipeline.forward_order(pipeline.queue(first))
    assert pipeline.platform.asked_for == [(CUSTOMER,)]
    pipeline.queues.sent.clear()

    pipeline.platform.tells[CUSTOMER] = "customer 1"
    pipeline.import_mapping("address", "CUST-001", "Jl. Braga 1")
    pipeline.run_queue()
    assert pipeline.state_of(first) is ForwardState.SENT

    del pipeline.mappings.values[SIRCLO.name, CUSTOMER]
    pipeline.import_mapping("address", "CUST-001", "Jl. Asia Afrika 2")
    message = pipeline.queue(second)
    pipeline.forward_order(message)
    pipeline.forward_order(message)
    assert pipeline.state_of(second) is ForwardState.SENT
    assert pipeline.platform.asked_for == [(CUSTOMER,)] * 3


def test_a_row_that_somebody_imported_is_not_replaced_by_what_is_found() -> None:
    pipeline = Pipeline()
    pipeline.mappings.keep_found(SIRCLO, {PRODUCT: "another"}, "2025-01-01T00:00:00.000Z")

    assert pipeline.mappings.values[SIRCLO.name, PRODUCT] == "product 1"


def test_a_channel_may_take_mappings_from_its_operator_alone() -> None:
    pipeline = Pipeline()
    channel = pipeline.channel()
    pipeline.channels.by_name[SIRCLO.name] = replace(channel, settings={**channel.settings, "look_up_mappings": False})
    pipeline.unmap("product", "PROD-001")
    pipeline.platform.tells[PRODUCT] = "product 1"
    accepted = order()

    pipeline.forward_order(pipeline.queue(accepted))

    assert pipeline.state_of(accepted) is ForwardState.NEEDS_MAPPING


def test_a_platform_is_not_searched_again_for_every_order_that_waits_for_the_same_code() -> None:
    pipeline = Pipeline()
    pipeline.unmap("product", "PROD-001")
    orders = [order(f"SO-20250101-{number:05d}") for number in range(1, 21)]
    for each in orders:
        pipeline.forward_order(pipeline.queue(each))
    assert pipeline.platform.asked_for == [(PRODUCT,)]

    pipeline.pass_time(2 * 3600, step=60)
    assert len(pipeline.platform.asked_for) <= 5, "every half hour at most"

    pipeline.platform.tells[PRODUCT] = "product 1"
    pipeline.pass_time(3600, step=60)
    assert {pipeline.state_of(each) for each in orders} == {ForwardState.SENT}
