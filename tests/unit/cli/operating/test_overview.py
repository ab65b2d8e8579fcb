"""What an overview counts as waiting and as somebody's work, on the forwards and channels themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from orderbridge.channels.breaker import Breaker
from orderbridge.channels.channel import CREDENTIALS_REFUSED, Channel
from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.forward.states import LISTED_STATES, Forward, ForwardState
from orderbridge.orders.order import Order, OrderStatus
from orderbridge.values.ids import ChannelRef, ForwardKey, OrderKey
from orderbridge.values.times import after, to_iso
from orderbridge.webhooks.webhook import Webhook
from orderbridge_cli.operating.mappings import MissingMapping
from orderbridge_cli.operating.overview import Count, Need, Overview, TakeOverview
from tests.fakes.samples import NOW
from tests.fakes.samples import order as order_of

SHOP = Channel("shop", "sirclo", {})
OTHER = Channel("other", "ngorder", {})
_numbers = iter(range(1, 10**9))


@dataclass
class Table:
    """`OverviewReads` on lists, as the indexes hold what they hold."""

    held: list[Forward] = field(default_factory=list)
    of_today: list[Order] = field(default_factory=list)
    read: list[ForwardKey] = field(default_factory=list)

    def waiting(
        self, channel: Channel, state: ForwardState, *, newest_first: bool = False
    ) -> Iterable[tuple[ForwardKey, str]]:
        assert state in LISTED_STATES
        there = [each for each in self.held if each.channel.name == channel.name and each.state is state]
        there.sort(key=lambda each: each.updated_at, reverse=newest_first)
        return [(each.forward_key, each.updated_at) for each in there]

    def due(self) -> Iterable[OrderKey | ForwardKey]:
        return [each.forward_key for each in self.held if each.sweep_at is not None]

    def forwards(self, keys: Iterable[ForwardKey]) -> Iterator[Forward]:
        by_key = {each.forward_key: each for each in self.held}
        for key in keys:
            self.read.append(key)
            yield by_key[key]

    def of_day(self, client_id: str, day: date) -> Iterable[OrderKey]:
        return [each.key for each in self.of_today if each.key.client_id == client_id]

    def orders(self, keys: Iterable[OrderKey]) -> Iterator[Order]:
        by_key = {each.key: each for each in self.of_today}
        return (by_key[key] for key in keys)


def a_forward(state: ForwardState, channel: Channel = SHOP, minutes_ago: float = 1, **more: object) -> Forward:
    at = to_iso(NOW - timedelta(minutes=minutes_ago))
    number = next(_numbers)
    due = None if state in (ForwardState.IN_DOUBT, ForwardState.REJECTED, ForwardState.SENT) else after(NOW, 60)
    made = Forward(
        OrderKey("artia", f"{number:08d}"), f"SO-20250101-{number:05d}", ChannelRef(channel.name, channel.platform),
        state, at, at, due_at=due,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def look(
    *held: Forward,
    channels: Sequence[Channel] = (SHOP,),
    webhooks: Sequence[Webhook] = (),
    missing: Sequence[MissingMapping] = (),
    dead_letters: Mapping[str, int] | None = None,
    orders: Sequence[Order] = (),
    unusable: str | None = None,
    table: Table | None = None,
    limit: int = 10,
) -> Overview:
    table = table or Table()
    table.held += held
    table.of_today += orders
    return TakeOverview(
        reads=table,
        list_channels=lambda: channels,
        list_webhooks=lambda: webhooks,
        given_up=lambda _webhook, at_most: min(3, at_most),
        missing=lambda _: missing,
        unusable=lambda _: unusable,
        dead_letters=lambda: dead_letters or {},
        client_ids=lambda: ["artia", "budi"],
        clock=lambda: NOW,
        business_time_zone="Asia/Jakarta",
        limit=limit,
    )()


def test_a_stack_of_which_nothing_waits_is_well() -> None:
    overview = look(a_forward(ForwardState.SENT))

    (channel,) = overview.channels
    assert (channel.state, channel.waiting, channel.oldest) == ("ok", Count(0), None)
    assert overview.is_well


@pytest.mark.parametrize(
    "waits",
    [
        a_forward(ForwardState.PAUSED),
        a_forward(ForwardState.NEEDS_MAPPING),
        a_forward(ForwardState.IN_DOUBT),
        a_forward(ForwardState.QUEUED),
        a_forward(ForwardState.QUEUED, attempts=3, not_before=after(NOW, 60)),
        a_forward(ForwardState.SENDING, attempts=2),
        a_forward(ForwardState.SENDING, attempts=1, in_question_since=to_iso(NOW)),
    ],
    ids=lambda each: f"{each.state}-{each.attempts}",
)
def test_a_forward_that_is_neither_final_nor_sent_for_the_first_time_waits(waits: Forward) -> None:
    (channel,) = look(waits).channels

    assert (channel.waiting, channel.oldest) == (Count(1), waits.created_at)


@pytest.mark.parametrize(
    "does_not",
    [
        a_forward(ForwardState.SENDING, attempts=1),
        a_forward(ForwardState.REJECTED),
        a_forward(ForwardState.SENT, news_due_at=after(NOW, 60)),
        a_forward(ForwardState.CANCELLED, news_due_at=after(NOW, 60)),
    ],
    ids=lambda each: each.state,
)
def test_a_forward_that_is_final_or_sent_for_the_first_time_does_not_wait(does_not: Forward) -> None:
    (channel,) = look(does_not).channels

    assert channel.waiting == Count(0)


def test_what_waits_is_counted_by_channel_in_whatever_state_and_the_oldest_is_named() -> None:
    oldest = a_forward(ForwardState.QUEUED, minutes_ago=90, attempts=1)
    shop, other = look(
        a_forward(ForwardState.PAUSED, minutes_ago=30),
        oldest,
        a_forward(ForwardState.NEEDS_MAPPING, minutes_ago=60),
        a_forward(ForwardState.PAUSED, OTHER, minutes_ago=500),
        channels=(replace(SHOP, state="paused", paused_reason="closed", since=to_iso(NOW)), OTHER),
    ).channels

    assert (shop.waiting, shop.oldest) == (Count(3), oldest.created_at)
    assert other.waiting == Count(1)


def test_what_only_waits_is_counted_without_reading_it() -> None:
    table = Table()
    paused = replace(SHOP, state="paused", paused_reason="closed")

    look(*(a_forward(ForwardState.PAUSED) for _ in range(5)), channels=(paused,), table=table)

    assert table.read == []


def test_above_the_limit_it_says_so_and_reads_no_further() -> None:
    table = Table()
    forwards = [a_forward(ForwardState.QUEUED) for _ in range(25)]

    (channel,) = look(*forwards, table=table).channels

    assert channel.waiting.shown == "10+"
    assert len(table.read) == 10


@pytest.mark.parametrize("paused", [10, 11])
def test_what_waits_in_several_states_is_above_the_limit_together(paused: int) -> None:
    closed = replace(SHOP, state="paused", paused_reason="closed")
    held = [a_forward(ForwardState.PAUSED) for _ in range(paused)]

    (channel,) = look(*held, a_forward(ForwardState.NEEDS_MAPPING), channels=(closed,)).channels

    assert channel.waiting.shown == "10+"


# --- channels ---------------------------------------------------------------------------------------------------------


def test_a_channel_whose_breaker_is_open_is_down_since_then_and_is_tried_again() -> None:
    breaker = Breaker(10, to_iso(NOW - timedelta(hours=1)), after(NOW, 30), "503")

    (channel,) = look(channels=(replace(SHOP, breaker=breaker),)).channels

    assert (channel.state, channel.reason, channel.remedy) == ("down", "503", "resume")
    assert (channel.since, channel.next_try) == (breaker.open_since, breaker.open_until)


@pytest.mark.parametrize(
    ("reason", "remedy"), [("holiday", "resume"), (f"{CREDENTIALS_REFUSED}: 401 no such key", "credentials")]
)
def test_a_paused_channel_says_why_and_what_lets_it_go_on(reason: str, remedy: str) -> None:
    paused = replace(SHOP, state="paused", paused_reason=reason, since=to_iso(NOW))

    overview = look(channels=(paused,))

    (channel,) = overview.channels
    assert (channel.state, channel.reason, channel.since, channel.remedy) == ("paused", reason, to_iso(NOW), remedy)
    assert not overview.is_well


def test_a_channel_that_nobody_paused_and_whose_orders_wait_for_its_credentials_is_not_ok() -> None:
    waits = a_forward(ForwardState.PAUSED)

    (channel,) = look(waits, unusable="it has no credentials").channels

    assert (channel.state, channel.reason, channel.remedy) == ("paused", "it has no credentials", "check")
    assert channel.since == waits.updated_at


def test_a_channel_that_lets_go_in_batches_what_waited_is_ok() -> None:
    (channel,) = look(a_forward(ForwardState.PAUSED, error="the channel failed 10 times in a row")).channels

    assert (channel.state, channel.waiting) == ("ok", Count(1))


# --- what needs a person ----------------------------------------------------------------------------------------------


def needs(overview: Overview, kind: str) -> list[Need]:
    return [each for each in overview.needs if each.kind == kind]


def test_rejected_orders_are_counted_by_reason_without_what_belongs_to_one_order() -> None:
    rejected = [a_forward(ForwardState.REJECTED, error=f"product {number} is not active") for number in range(4)]

    overview = look(*rejected, a_forward(ForwardState.REJECTED, OTHER, error="no stock"), channels=(SHOP, OTHER))

    assert [(need.channel, need.reason, need.count) for need in needs(overview, "REJECTED")] == [
        ("shop", "product # is not active", Count(4)),
        ("other", "no stock", Count(1)),
    ]
    assert not overview.is_well


def test_a_rejected_order_is_somebodys_work_for_a_week() -> None:
    week = 7 * 24 * 60
    overview = look(
        a_forward(ForwardState.REJECTED, minutes_ago=week - 1, error="new"),
        a_forward(ForwardState.REJECTED, minutes_ago=week + 1, error="old"),
    )

    assert [need.reason for need in needs(overview, "REJECTED")] == ["new"]


def test_orders_in_doubt_are_named() -> None:
    doubtful = [a_forward(ForwardState.IN_DOUBT, minutes_ago=age, error="no answer") for age in (5, 50)]

    (need,) = needs(look(*doubtful), "IN_DOUBT")

    assert (need.count, need.oldest) == (Count(2), doubtful[1].updated_at)
    assert need.codes == tuple(sorted(each.code for each in doubtful))


def test_a_missing_key_is_one_need_however_many_orders_wait_for_it() -> None:
    missing = [
        MissingMapping("shop", MappingKey("product", "P-1"), 5, to_iso(NOW)),
        MissingMapping("partner:artia", MappingKey("route", "SITE-9"), 11, to_iso(NOW)),
    ]

    found = [(need.channel, need.reason, need.count.shown) for need in look(missing=missing).needs]

    assert found == [("shop", "product:P-1", 5), ("partner:artia", "route:SITE-9", "10+")]


def test_dead_letters_need_somebody_and_empty_queues_do_not() -> None:
    (need,) = look(dead_letters={"stream": 0, "forward-sirclo": 2}).needs

    assert (need.kind, need.queue, need.count) == ("DEAD_LETTER", "forward-sirclo", Count(2))


def test_webhooks_that_are_disabled_fail_or_lost_messages_need_somebody_and_others_do_not() -> None:
    webhook = Webhook("artia", "wh_1", "https://a.example", ("order.status_changed",), to_iso(NOW))
    failing = [
        replace(webhook, state="disabled", reason="410"),
        replace(webhook, failures=3),
        replace(webhook, failed_at=to_iso(NOW)),
    ]

    overview = look(webhooks=[webhook, replace(webhook, failures=2), *failing])

    assert [(need.count, need.webhook) for need in overview.needs] == [
        (Count(0), failing[0]),
        (Count(3), failing[1]),
        (Count(3), failing[2]),
    ]


# --- today ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "delivered"),
    [("DRAFT", 0), ("SUBMITTED", 1), ("SHIPPED", 1), ("COMPLETED", 1), ("REJECTED", 0), ("CANCELLED", 0)],
)
def test_an_order_is_delivered_once_every_living_channel_has_it(status: OrderStatus, delivered: int) -> None:
    order = replace(order_of(), key=OrderKey("budi", "hash"), status=status)

    today = look(orders=[order]).today

    assert (today.accepted, today.delivered) == (Count(1), Count(delivered))


def test_more_orders_than_are_counted_are_said_to_be_more() -> None:
    orders = [replace(order_of(), key=OrderKey("artia", f"{n:08d}"), status="SUBMITTED") for n in range(12)]

    today = look(orders=orders).today

    assert (today.accepted.shown, today.delivered.shown) == ("10+", "10+")
