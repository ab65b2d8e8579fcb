"""An order of which its platform says nothing new costs no read, and nothing that is new is passed over for it."""

from __future__ import annotations

from contextlib import suppress

import pytest

from orderbridge.status.changes import StatusReading
from orderbridge.status.seen import SeenReadings
from orderbridge.values.conflicts import LostRace
from tests.fakes.status_shop import CHANNEL, EXPECTED, Shop, a_shop
from tests.fakes.statuses import sent_forward
from tests.fakes.steps import Died, die


def said(shop: Shop, word: str) -> None:
    shop.lists.rows.clear()
    shop.lists.note("orders", "1", order="ACCEPTED", progress=word, payment="PAID")


def keys_read(shop: Shop) -> int:
    count = len(shop.open.keys_read)
    shop.open.keys_read.clear()
    return count


def test_a_round_in_which_nothing_is_new_reads_no_order() -> None:
    shop = a_shop()
    shop.run()
    assert keys_read(shop) == 12, "each row about an order of ours, the first time"
    assert shop.run().matched == 11
    assert keys_read(shop) == 0


def test_an_environment_that_remembers_nothing_reads_every_order_that_is_on_a_list() -> None:
    shop = a_shop()
    shop.run()
    keys_read(shop)
    again = a_shop()
    again.store.forwards = shop.store.forwards
    assert again.run().changed == 0
    assert keys_read(again) == 11
    assert again.statuses() == EXPECTED


def test_words_that_go_back_to_what_they_were_are_new_again() -> None:
    shop = Shop()
    sent_forward(shop.store, 1)
    for word in ("ON PROCESS", "UNPAID", "ON PROCESS"):
        said(shop, word)
        shop.run()
        assert keys_read(shop) == 1, word
    assert ("SO-20250101-00001", "StatusKept") in shop.events(), "the step back stands on the timeline"


@pytest.mark.parametrize("step", range(12))
def test_what_could_not_be_written_is_looked_at_again(step: int) -> None:
    shop = Shop()
    sent_forward(shop.store, 1)
    said(shop, "ON PROCESS")
    shop.steps.at(step, die)
    with suppress(Died):
        shop.run()
    shop.steps.clear()
    shop.clock.move(3600)
    shop.run()
    shop.run()
    assert shop.statuses() == {1: "SHIPPED"}


def test_what_somebody_else_kept_winning_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    sent_forward(shop.store, 1)
    said(shop, "ON PROCESS")

    def lost(*_: object) -> None:
        raise LostRace

    with monkeypatch.context() as racing:
        racing.setattr(shop.store, "save", lost)
        assert shop.run().changed == 0
    assert shop.run().changed == 1


def test_the_oldest_are_forgotten_first() -> None:
    seen = SeenReadings(most=2)
    readings = [StatusReading(str(number), {"order": "ACCEPTED"}) for number in range(3)]
    for reading in readings:
        seen.note(CHANNEL, "orders", reading)
    assert [seen.has(CHANNEL, "orders", reading) for reading in readings] == [False, True, True]
    assert not seen.has(CHANNEL, "cancelled", readings[2]), "another list has said nothing yet"
    assert not seen.has("another", "orders", readings[2])
