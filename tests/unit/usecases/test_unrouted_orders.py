"""An order that no channel takes is looked at again: intake may have remembered a partner without its newest route."""

from __future__ import annotations

from dataclasses import replace

from orderbridge.domain.forwards import PARKED_RECHECK_SECONDS, UNROUTED, UNROUTED_RECHECK_SECONDS
from tests.fakes.house import House
from tests.fakes.samples import order


def test_a_sweep_looks_for_the_route_of_an_unrouted_order_and_no_queue_hears_of_it() -> None:
    house = House()
    accepted = house.accept(replace(order(), channels=()))
    house.publish(accepted)
    house.deliver_events()
    house.clock.move(UNROUTED_RECHECK_SECONDS + 1)

    found = house.sweep()

    assert found["unrouted"] == 1
    assert [forward.channel for forward in house.looked_for_a_route] == [UNROUTED]
    assert not house.queues.sent


def test_a_route_that_has_not_come_is_looked_for_again_later_and_not_at_once() -> None:
    house = House()
    house.publish(house.accept(replace(order(), channels=())))
    house.clock.move(UNROUTED_RECHECK_SECONDS + 1)
    house.sweep()

    house.clock.move(PARKED_RECHECK_SECONDS - 1)
    assert not house.sweep()
    house.clock.move(2)
    assert house.sweep()["unrouted"] == 1
