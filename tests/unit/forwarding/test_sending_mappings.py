"""An order that cannot be expressed at a platform waits for exactly what is missing."""

from __future__ import annotations

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.forward.states import ForwardState
from tests.fakes.house import House
from tests.fakes.samples import SIRCLO
from tests.unit.forwarding.sending_cases import ORDER

S = ForwardState


def unmapped() -> House:
    house = House()
    house.unmap("customer", "CUST-001")
    house.unmap("product", "PROD-001")
    return house


def test_an_order_that_cannot_be_expressed_goes_nowhere_and_lists_everything_that_is_missing() -> None:
    house = unmapped()

    forward = house.forward_order(house.queue(ORDER))
    house.pass_time(7200)

    assert forward.state is S.NEEDS_MAPPING
    assert forward.missing == (MappingKey("product", "PROD-001"), MappingKey("customer", "CUST-001"))
    assert house.platform.calls == []
    assert house.events_of(ORDER).count("ForwardNeedsMapping") == 1, "waiting is no news"


def test_an_import_lets_it_go_once_everything_is_there() -> None:
    house = unmapped()
    house.forward_order(house.queue(ORDER))
    house.queues.sent.clear()

    house.import_mapping("customer", "CUST-001", "customer 1")
    house.run_queue()
    assert (house.state_of(ORDER), house.forward_of(ORDER).missing) == (
        S.NEEDS_MAPPING,
        (MappingKey("product", "PROD-001"),),
    )
    house.import_mapping("product", "PROD-001", "product 1")
    house.run_queue()

    assert house.state_of(ORDER) is S.SENT
    assert len(house.platform.calls) == 1


def test_an_import_lets_exactly_those_go_that_waited_for_it() -> None:
    house = unmapped()
    house.forward_order(house.queue(ORDER))
    before = house.forward_of(ORDER)
    house.queues.sent.clear()

    house.import_mapping("product", "PROD-999", "another")

    assert house.forward_of(ORDER) == before
    assert house.queues.sent == []


@pytest.mark.parametrize("step", range(12))
def test_an_import_in_between_is_never_missed(step: int) -> None:
    """At whatever step of the forwarder the import comes: the order is on its way at once, not at the next recheck."""
    house = unmapped()
    message = house.queue(ORDER)

    def import_both() -> None:
        house.import_mapping("customer", "CUST-001", "customer 1")
        house.import_mapping("product", "PROD-001", "product 1")

    house.steps.at(step, import_both)
    house.forward_order(message)
    house.steps.clear()
    house.queues.remove(message)
    house.run_queue()

    if (SIRCLO.name, MappingKey("product", "PROD-001")) in house.mappings.values:
        assert house.state_of(ORDER) is S.SENT
        assert len(house.platform.calls) == 1
