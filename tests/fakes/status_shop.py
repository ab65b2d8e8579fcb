"""A channel whose platform has news of some of its orders, and the status sync that is to bring them back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from orderbridge.channels.channel import Channel
from orderbridge.forwarding.forward.states import Forward
from orderbridge.forwarding.order_status import channel_status
from orderbridge.status.ports import StatusPage
from orderbridge.status.sync import SyncStatuses
from tests.fakes.directories import Channels
from tests.fakes.statuses import Lists, OpenForwards, StatusRuns, days_ago, sent_forward
from tests.fakes.steps import Clock, Steps
from tests.fakes.store import Store

CHANNEL = "ngorder-main"


class Shop:
    """One channel with its orders, its platform's lists, and the sync between them; all on one count of steps."""

    def __init__(self, **sync: Any) -> None:
        self.steps = Steps()
        self.clock = Clock()
        self.store = Store(self.steps)
        self.channels = Channels(self.steps, Channel(CHANNEL, "ngorder", {"base_url": "https://shop.example.id"}))
        self.runs = StatusRuns(self.steps)
        self.lists = Lists(self.steps)
        self.open = OpenForwards(self.store)
        self.run_ids: Iterator[str] = (f"run-{number}" for number in range(10_000))
        self.sync = SyncStatuses(
            open_forwards=self.open,
            orders=self.store,
            channels=self.channels,
            runs=self.runs,
            clock=self.clock,
            new_run_id=lambda: next(self.run_ids),
            **sync,
        )

    def run(self, seconds_left: Callable[[], float] = lambda: 60.0, **wanted: bool) -> Any:
        return self.sync(self.channels.by_name[CHANNEL], self.lists, seconds_left, **wanted)

    def forward(self, number: int) -> Forward:
        return next(each for each in self.store.forwards.values() if each.external_id == str(number))

    def statuses(self) -> dict[int, str]:
        return {int(f.external_id or 0): channel_status(f) for f in self.store.forwards.values()}

    def events(self) -> list[tuple[str, str]]:
        """(order code, event) of every line on every timeline."""
        codes = {forward.key: forward.code for forward in self.store.forwards.values()}
        return sorted((codes[key], entry.event) for key, entries in self.store.timeline.items() for entry in entries)


def a_shop(**sync: Any) -> Shop:
    """Ten orders over ten days, of which the platform has news of four."""
    shop = Shop(**sync)
    for number in range(1, 11):
        sent_forward(shop.store, number, at=days_ago(10 - number))
    for number in range(1, 11):
        if number not in (4, 9):
            shop.lists.note("orders", str(number), order="ACCEPTED", progress="UNPAID", payment="UNPAID")
    shop.lists.note("orders", "9", "JP9", order="ACCEPTED", progress="ON PROCESS", payment="PAID")
    shop.lists.note("orders", "777", order="ACCEPTED", progress="ON PROCESS", payment="PAID")
    shop.lists.note("cancelled/CANCEL", "4", order="CANCELED")
    shop.lists.note("shipping/RETURNED", "9", "JP9", shipping="RETURNED")
    shop.lists.note("shipping/RETURNED", "2", shipping="RETURNED")
    return shop


EXPECTED = dict.fromkeys(range(1, 11), "SUBMITTED") | {4: "CANCELLED", 9: "SHIPPED"}


def assert_all_is_told(shop: Shop) -> None:
    """Exactly what the platform said, once."""
    assert shop.statuses() == EXPECTED
    assert (shop.forward(9).awb_number, shop.forward(9).shipment_problem) == ("JP9", "RETURNED")
    assert shop.forward(2).shipment_problem == "RETURNED"
    assert shop.events() == [
        ("SO-20241224-00002", "ShipmentChanged"),
        ("SO-20241226-00004", "StatusChanged"),
        ("SO-20241231-00009", "ShipmentChanged"),
        ("SO-20241231-00009", "StatusChanged"),
    ]


def seconds_for(pages: int, shop: Shop) -> Callable[[], float]:
    """Time for so many pages more."""
    end = len(shop.lists.asked) + pages
    return lambda: float(end - len(shop.lists.asked))


def failing_at(where: tuple[str, int], times: int, failure: Exception) -> Callable[[str, int], StatusPage | None]:
    """A fault that raises `failure` at a page of a list, so many times."""
    left = [times]

    def fault(list_name: str, page: int) -> None:
        if (list_name, page) == where and left[0]:
            left[0] -= 1
            raise failure

    return fault
