"""Numbers and channels under the same conditions in the table and in the fakes."""

from __future__ import annotations

from datetime import date

import pytest

from orderbridge.channels.breaker import Breaker
from orderbridge.values.conflicts import LostRace
from orderbridge.values.ids import ChannelRef
from orderbridge.values.times import after, to_iso
from tests.fakes.samples import NOW
from tests.integration.aws.either_store import SHOP, Ports

LATER = after(NOW, 600)


def test_numbers_go_on_where_the_last_reservation_ended_and_begin_again_each_day(ports: Ports) -> None:
    day, next_day = date(2025, 1, 1), date(2025, 1, 2)

    assert [ports.counter.reserve(day, count) for count in (1, 10, 1)] == [1, 11, 12]
    assert ports.counter.reserve(next_day, 5) == 5


def test_a_channel_is_paused_once(ports: Ports) -> None:
    assert ports.channels.pause(SHOP, "because", to_iso(NOW))
    assert not ports.channels.pause(SHOP, "another reason", LATER)

    found = ports.channels.find(SHOP)
    assert (found.state, found.paused_reason, found.since) == ("paused", "because", to_iso(NOW))


def test_a_channel_is_resumed_once_and_may_be_paused_again(ports: Ports) -> None:
    assert not ports.channels.resume(SHOP, to_iso(NOW))
    ports.channels.pause(SHOP, "because", to_iso(NOW))
    assert ports.channels.resume(SHOP, LATER)
    assert not ports.channels.resume(SHOP, LATER)

    found = ports.channels.find(SHOP)
    assert (found.state, found.paused_reason, found.since) == ("active", None, LATER)
    assert ports.channels.pause(SHOP, "because", LATER)


def test_of_two_breakers_one_wins(ports: Ports) -> None:
    channel = ports.channels.find(SHOP)
    assert channel.breaker == Breaker()
    saved = ports.channels.save_breaker(channel, Breaker(failures=1, reason="500"))

    with pytest.raises(LostRace):
        ports.channels.save_breaker(channel, Breaker(failures=1))
    assert ports.channels.find(SHOP) == saved
    again = ports.channels.save_breaker(saved, Breaker(failures=2, open_until=LATER, reason="500"))
    assert ports.channels.find(SHOP).breaker == again.breaker
    closed = ports.channels.save_breaker(again, Breaker())
    assert ports.channels.find(SHOP).breaker == closed.breaker == Breaker(revision=3)


def test_a_pause_and_a_breaker_that_are_written_at_the_same_time_are_both_there(ports: Ports) -> None:
    """Each was read before the other was written."""
    channel = ports.channels.find(SHOP)
    assert ports.channels.pause(channel, "because", LATER)
    saved = ports.channels.save_breaker(channel, Breaker(failures=1, reason="500"))

    found = ports.channels.find(SHOP)
    assert (found.state, found.paused_reason, found.since) == ("paused", "because", LATER)
    assert found.breaker == saved.breaker

    assert ports.channels.resume(channel, LATER)
    assert ports.channels.find(SHOP).breaker == saved.breaker
    assert ports.channels.pause(channel, "again", LATER)
    assert ports.channels.find(SHOP).breaker == saved.breaker


def test_a_channel_that_is_not_there_is_none(ports: Ports) -> None:
    assert ports.channels.find(ChannelRef("another", "sirclo")) is None
    assert ports.channels.find_named("another") is None


def test_a_channel_is_found_on_its_own_platform_only(ports: Ports) -> None:
    assert ports.channels.find_named(SHOP.name) == ports.channels.find(SHOP)
    assert ports.channels.find(ChannelRef(SHOP.name, "ngorder")) is None
