"""A partner finds and lists its own orders, whatever it asks and however late an index is."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge.entrypoints.answers.orders import SalesOrderFound, SalesOrdersFound
from orderbridge.entrypoints.problems import Problem
from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.orders.order import Order
from orderbridge.partners.partner import Partner
from orderbridge.reading.orders import (
    DAYS_PER_PAGE,
    MAX_LIMIT,
    ORDERS_READ_PER_PAGE,
    FindOrder,
    ListOrders,
    OrderFilter,
    OrderPage,
)
from orderbridge.values.ids import OrderKey
from orderbridge.values.refusals import InvalidFields, NotFound
from orderbridge.values.timeline import TimelineEntry
from orderbridge.values.times import business_date, to_iso
from tests.fakes import samples
from tests.fakes.reads import Reads
from tests.fakes.steps import Clock
from tests.fakes.store import Store

ZONE = "Asia/Jakarta"
START = datetime(2025, 1, 1, tzinfo=UTC)


def stored(store: Store, number: int, at: datetime, client_id: str = samples.CLIENT_ID, **changes: Any) -> Order:
    day = business_date(at, ZONE)
    content = samples.order().content.model_copy(update={"purchase_order_no": f"{client_id}-{number}"})
    order = samples.order(
        f"SO-{day:%Y%m%d}-{number:05d}",
        key=OrderKey.of(client_id, f"po:{client_id}-{number}"),
        created_at=to_iso(at),
        order_date=day.isoformat(),
        **{"content": content, **changes},
    )
    store.orders[order.key] = order
    return order


class Book:
    """A store with a partner's list of it."""

    def __init__(self, now: datetime = START + timedelta(days=200)) -> None:
        self.store = Store()
        self.reads = Reads(self.store)
        self.clock = Clock(now)
        self.listing = ListOrders(self.reads, self.clock, ZONE)
        self.partner = samples.partner()

    def pages(self, query: dict[str, str], partner: Partner | None = None) -> Iterator[OrderPage]:
        cursor: str | None = None
        while True:
            asked = {**query, **({"cursor": cursor} if cursor else {})}
            page = self.listing(partner or self.partner, OrderFilter.from_query(asked))
            yield page
            cursor = SalesOrdersFound.of(page).body()["next_cursor"]
            if cursor is None:
                return

    def codes(self, query: dict[str, str]) -> list[str]:
        return [order.code for page in self.pages(query) for order in page.orders]


# --- one order --------------------------------------------------------------------------------------------------------


def test_an_order_is_found_by_its_code() -> None:
    book = Book()
    order = stored(book.store, 1, START)
    assert FindOrder(book.reads, book.clock)(samples.CLIENT_ID, order.code).order == order


def test_another_partners_order_and_an_unknown_one_are_answered_alike() -> None:
    book = Book()
    order = stored(book.store, 1, START, client_id="somebody-else")
    refusals = []
    for code in (order.code, "SO-20250101-00002"):
        with pytest.raises(NotFound) as refused:
            FindOrder(book.reads, book.clock, sleep=lambda _: None)(samples.CLIENT_ID, code)
        refusals.append(Problem.of(refused.value, "1"))
    assert refusals[0] == refusals[1]


def test_an_index_that_is_late_is_asked_again() -> None:
    slept: list[float] = []
    book = Book()
    order = stored(book.store, 1, START)
    book.reads.late_polls = 3
    assert FindOrder(book.reads, Clock(START), slept.append)(samples.CLIENT_ID, order.code).order == order
    assert len(slept) == 3


def test_an_unknown_code_is_given_up_after_a_second() -> None:
    slept: list[float] = []
    with pytest.raises(NotFound):
        FindOrder(Reads(Store()), Clock(START), slept.append)(samples.CLIENT_ID, "SO-20250101-00001")
    assert 0.9 <= sum(slept) <= 1.1


@pytest.mark.parametrize(("days", "waits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_an_index_is_waited_for_only_where_the_order_may_be_new(days: int, waits: bool) -> None:
    slept: list[float] = []
    with pytest.raises(NotFound):
        FindOrder(Reads(Store()), Clock(START + timedelta(days=days)), slept.append)(
            samples.CLIENT_ID, "SO-20250101-00001"
        )
    assert bool(slept) == waits


@pytest.mark.parametrize(
    "code",
    [
        "", " ", "SO-1", "so-20250101-00001", "SO-20250101-00001 ", "SO-20250101-00001\n", "SO-2025010-00001",
        "SO-20250101-" + "9" * 3000, "SO-20250101-٠٠٠٠١", "../health", "%00", "\x00",
        "ORDER#a#po:1", "' OR 1=1 --", "🧾",
    ],
)  # fmt: skip
def test_what_cannot_be_a_code_is_not_even_looked_for(code: str) -> None:
    reads = Reads(Store(), late_polls=100)
    with pytest.raises(NotFound):
        FindOrder(reads, Clock(START), sleep=lambda _: pytest.fail("waited for an index"))(samples.CLIENT_ID, code)
    assert reads.late_polls == 100


def sent(order: Order, channel: Any, **changes: Any) -> Forward:
    forward = new_forward(order.key, order.code, channel, START, 60).forward
    return Forward(**{**{name: getattr(forward, name) for name in forward.__slots__}, **changes})


def test_the_answer_has_exactly_the_fields_of_the_interface_and_no_internals() -> None:
    book = Book()
    order = stored(book.store, 1, START, channels=(samples.SIRCLO, samples.NGORDER))
    for forward in (
        sent(order, samples.SIRCLO, state=ForwardState.SENT, external_id="1201", awb_number="JNE-1", error="inner"),
        sent(order, samples.NGORDER, state=ForwardState.IN_DOUBT, error="timeout after 10 s", attempts=3),
    ):
        book.store.forwards[order.key, forward.channel.name] = forward
    book.store.timeline[order.key] = [
        TimelineEntry("2025-01-01T00:00:01.000Z", "AttemptStarted", "sirclo-main", "attempt 1"),
        TimelineEntry("2025-01-01T00:00:02.000Z", "ForwardSent", "sirclo-main", "external id 1201"),
        TimelineEntry("2025-01-01T00:00:03.000Z", "ForwardInDoubt", "ngorder-main", "timeout after 10 s"),
    ]

    body = SalesOrderFound.of(FindOrder(book.reads, book.clock)(samples.CLIENT_ID, order.code)).body()

    assert set(body) == {"message", "data"}
    assert body["data"] == {
        "code": order.code,
        "status": "DRAFT",
        "created_at": "2025-01-01T00:00:00.000Z",
        "purchase_order_no": order.content.purchase_order_no,
        "customer_code": "CUST-001",
        "site_code": "SITE-001",
        "sales_name": "John Doe",
        "address": "Jl. Sudirman No. 1, Jakarta",
        "products": [{"product_code": "PROD-001", "quantity": 10}],
        "channels": [
            {"channel": "sirclo-main", "status": "SUBMITTED", "external_id": "1201", "awb_number": "JNE-1"},
            {"channel": "ngorder-main", "status": "DRAFT", "external_id": None, "awb_number": None},
        ],
        "timeline": [
            {"at": "2025-01-01T00:00:00.000Z", "event": "OrderAccepted"},
            {"at": "2025-01-01T00:00:02.000Z", "event": "OrderForwarded"},
        ],
    }
    assert "timeout" not in json.dumps(body)


def test_an_order_that_no_channel_takes_shows_no_channel() -> None:
    book = Book()
    order = stored(book.store, 1, START, channels=(), unrouted_since=to_iso(START))
    data = SalesOrderFound.of(FindOrder(book.reads, book.clock)(samples.CLIENT_ID, order.code)).body()["data"]
    assert (data["channels"], data["status"]) == ([], "DRAFT")


# --- the list ---------------------------------------------------------------------------------------------------------


def test_every_order_is_listed_once_newest_first_whatever_the_size_of_a_page() -> None:
    book = Book()
    moments = [START + timedelta(hours=7 * number) for number in range(60)]
    expected = [stored(book.store, number, at).code for number, at in enumerate(moments)][::-1]
    stored(book.store, 999, START, client_id="somebody-else")
    for limit in (1, 2, 7, 59, 60, 200):
        assert book.codes({"limit": str(limit)}) == expected, limit


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(min_value=0, max_value=400 * 24 * 60), max_size=40, unique=True),
    st.integers(min_value=1, max_value=12),
    st.integers(min_value=0, max_value=400 * 24 * 60),
    st.integers(min_value=0, max_value=400 * 24 * 60),
)
def test_pages_with_a_span_of_time_hold_exactly_the_orders_of_that_span(
    minutes: list[int], limit: int, first: int, last: int
) -> None:
    book = Book(now=START + timedelta(days=401))
    placed = [(minute, stored(book.store, n, START + timedelta(minutes=minute))) for n, minute in enumerate(minutes)]
    since, until = START + timedelta(minutes=first), START + timedelta(minutes=last)
    listed = book.codes({"limit": str(limit), "from": to_iso(since), "to": to_iso(until)})
    assert listed == [
        order.code for minute, order in sorted(placed, reverse=True, key=lambda p: p[0]) if first <= minute < last
    ]


EDGES = st.lists(
    # Within two milliseconds around midnight in Jakarta, or anywhere in two days; zones with odd offsets too.
    st.tuples(
        st.integers(-2000, 2000) | st.integers(-86_400_000_000, 86_400_000_000),
        st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
        st.sampled_from(["auto", "microseconds"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(-3, 3) | st.integers(-86_400_000, 86_400_000), max_size=12), EDGES, st.integers(1, 4))
def test_consecutive_windows_hold_every_order_exactly_once_wherever_their_edges_lie(
    milliseconds: list[int], edges: list[tuple[int, timezone, str]], limit: int
) -> None:
    midnight = datetime(2025, 1, 1, 17, tzinfo=UTC)
    book = Book(now=midnight + timedelta(days=3))
    placed = {
        stored(book.store, number, midnight + timedelta(milliseconds=at)).code: at * 1000
        for number, at in enumerate(milliseconds)
    }
    written = {
        at: (midnight + timedelta(microseconds=at)).astimezone(zone).isoformat(timespec=precision)
        for at, zone, precision in edges
    }
    moments = [None, *sorted(written), None]
    for first, last in itertools.pairwise(moments):
        query = {"limit": str(limit)}
        query |= {"from": written[first]} if first is not None else {}
        query |= {"to": written[last]} if last is not None else {}
        assert sorted(book.codes(query)) == sorted(
            code for code, at in placed.items() if (first is None or first <= at) and (last is None or at < last)
        ), query


def test_a_status_filters_the_list() -> None:
    book = Book()
    for number in range(20):
        status = "REJECTED" if number % 5 == 0 else "SUBMITTED"
        stored(book.store, number, START + timedelta(hours=number), status=status)
    assert len(book.codes({"status": "REJECTED", "limit": "3"})) == 4
    assert book.codes({"status": "COMPLETED"}) == []


def test_a_page_reads_a_bounded_number_of_orders_and_goes_on_behind_them() -> None:
    book = Book(now=START + timedelta(hours=10))
    many = ORDERS_READ_PER_PAGE * 2 + 5
    for number in range(many):
        stored(book.store, number, START + timedelta(seconds=number), status="SUBMITTED")
    first = stored(book.store, many, START - timedelta(hours=1), status="REJECTED")
    pages = list(book.pages({"status": "REJECTED"}))
    assert [order.code for page in pages for order in page.orders] == [first.code]
    assert len(pages) == 3
    assert not pages[0].orders
    assert book.reads.orders_read <= many + 1 + len(pages)


def test_a_page_looks_at_a_bounded_number_of_days_and_may_be_empty() -> None:
    book = Book(now=START + timedelta(days=DAYS_PER_PAGE * 2 + 10))
    first = stored(book.store, 1, START)
    pages = list(book.pages({"from": "2025-01-01T00:00:00Z"}))
    assert [len(page.orders) for page in pages] == [0, 0, 1]
    assert pages[-1].orders[0] == first


def test_nothing_is_looked_for_before_the_partner_was_registered() -> None:
    book = Book(now=START + timedelta(days=1000))
    days: list[object] = []
    read = book.reads.of_day

    def counted(client_id: str, day: Any, after: str | None) -> Iterator[Order]:
        days.append(day)
        return read(client_id, day, after)

    book.reads.of_day = counted
    list(book.pages({}))
    assert len(days) == 1001


def test_an_order_is_found_by_the_partners_own_number_and_only_by_its_partner() -> None:
    book = Book()
    mine = stored(book.store, 7, START)
    theirs = stored(book.store, 8, START, client_id="somebody-else")
    assert book.codes({"purchase_order_no": mine.content.purchase_order_no}) == [mine.code]
    assert book.codes({"purchase_order_no": theirs.content.purchase_order_no}) == []
    assert book.codes({"purchase_order_no": mine.content.purchase_order_no, "status": "SHIPPED"}) == []


def test_another_partners_cursor_leads_through_ones_own_orders_only() -> None:
    book = Book()
    for number in range(10):
        stored(book.store, number, START + timedelta(hours=number), client_id="somebody-else")
    mine = [stored(book.store, 100 + number, START + timedelta(hours=number)).code for number in range(5)]
    other = next(book.pages({"limit": "3"}, samples.partner(client_id="somebody-else")))
    cursor = SalesOrdersFound.of(other).body()["next_cursor"]
    page = book.listing(book.partner, OrderFilter.from_query({"cursor": cursor}))
    assert {order.code for order in page.orders} <= set(mine)


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ({"limit": "0"}, ["/limit"]),
        ({"limit": str(MAX_LIMIT + 1)}, ["/limit"]),
        ({"limit": "٣"}, ["/limit"]),
        ({"limit": "9" * 5000}, ["/limit"]),
        ({"limit": "-1"}, ["/limit"]),
        ({"limit": "1.0"}, ["/limit"]),
        ({"status": "draft"}, ["/status"]),
        ({"from": "yesterday"}, ["/from"]),
        ({"from": "2025-01-01"}, ["/from"]),
        ({"from": "2025-01-01T00:00:00"}, ["/from"]),
        ({"from": "0001-01-01T00:00:00+14:00"}, ["/from"]),
        ({"to": "9999-12-31T23:59:59-14:00"}, ["/to"]),
        ({"cursor": "!"}, ["/cursor"]),
        ({"purchase_order_no": "x" * 129}, ["/purchase_order_no"]),
        ({"Limit": "1"}, ["/Limit"]),
        ({"a": "1", "status": "x", "to": "x", "limit": "x"}, ["/a", "/to", "/status", "/limit"]),
    ],
)
def test_every_wrong_parameter_is_named_at_once(query: dict[str, str], pointers: list[str]) -> None:
    with pytest.raises(InvalidFields) as refused:
        OrderFilter.from_query(query)
    assert [error.pointer for error in refused.value.errors] == pointers


@pytest.mark.parametrize("blank", ["", " ", "\t \u3000"])
@pytest.mark.parametrize("name", ["purchase_order_no", "from", "to", "status", "limit", "cursor"])
def test_a_blank_parameter_is_refused_and_asks_for_nothing(name: str, blank: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        OrderFilter.from_query({name: blank, "a": ""})
    assert [error.pointer for error in refused.value.errors] == ["/a", f"/{name}"]


QUERIES = st.dictionaries(
    st.sampled_from(["purchase_order_no", "from", "to", "status", "limit", "cursor"]) | st.text(max_size=5),
    st.text(max_size=40)
    | st.sampled_from(
        ["2025-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00Z", "DRAFT", "1", "200"]
    )
    | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
)


@settings(max_examples=300, deadline=None)
@given(QUERIES)
def test_any_query_is_a_list_or_a_problem_with_its_fields(query: dict[str, str]) -> None:
    book = Book()
    stored(book.store, 1, START)
    try:
        wanted = OrderFilter.from_query(query)
    except InvalidFields:
        return
    page = book.listing(book.partner, wanted)
    assert len(page.orders) <= wanted.limit
    json.dumps(SalesOrdersFound.of(page).body())
